"""A cluster of the test's own: one Kafka broker, one Redis (appendfsync always), any number of nodes; all on the
loopback, in directories of their own, stopped with it."""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "kafka"), str(ROOT / "tests" / "e2e")]
import broker  # noqa: E402
import metrics_guide  # noqa: E402
from server_process import ServerProcess, free_port  # noqa: E402

BINARIES = pathlib.Path(os.environ.get("STEPSTREAM_BINARY_DIR", ROOT / "build"))
REDIS_SECONDS = 20


def missing():
    """What this machine lacks, or an empty text."""
    lacking = [broker.missing(), "" if shutil.which("redis-server") else "redis-server"]
    return " and ".join(part for part in lacking if part)


def wait_until(what, condition, seconds, every=0.01):
    until = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > until:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(every)  # asks again


class Redis:
    def __init__(self, fsync="always"):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="stepstream-redis-"))
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.fsync = fsync
        self.process = None

    def __enter__(self):
        return self.start()

    def start(self):
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory),
                 "--appendonly", "yes", "--appendfsync", self.fsync, "--save", "", "--maxmemory-policy", "noeviction"],
                stdout=log, stderr=log)
        wait_until("redis-server answers", lambda: self.ask("PING") == "PONG", REDIS_SECONDS)
        return self

    def ask(self, *arguments):
        done = subprocess.run(["redis-cli", "-p", str(self.port), *arguments], capture_output=True, text=True, timeout=10)
        return done.stdout.strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Node(ServerProcess):
    def __init__(self, kafka, redis, number, *arguments, partitions=8):
        super().__init__(BINARIES / "stepstream", ["--backend", "cluster", "--kafka", kafka, "--redis", redis, "--node-id",
                                                   str(number), "--partitions", str(partitions), *arguments])
        self.number = number

    def call(self, method, path, body=None, timeout=60):
        """Status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text

    def must(self, method, path, body=None, timeout=60):
        status, answer = self.call(method, path, body, timeout)
        if status >= 300:
            raise RuntimeError(f"{method} {path} of node {self.number}: {status} {answer}")
        return answer

    def metric(self, name):
        text = self.call("GET", "/metrics")[1].decode()
        metrics_guide.must_tell(text)
        for line in text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return 0.0


def check_replay(kafka, redis_port, name, partitions):
    """The last line of cluster_replay_check: every record of the log, applied to empty tables, gives what Redis has. No node
    may run."""
    done = subprocess.run([BINARIES / "cluster_replay_check", kafka, str(redis_port), name, str(partitions)], capture_output=True,
                          text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stdout[-3000:]}{done.stderr[-1000:]}")
    return done.stdout.splitlines()[-1]


class Cluster:
    """`with Cluster(2) as cluster: cluster.nodes[0].call(...)`. `beside`: a cluster whose broker and Redis this one shares,
    under another name."""

    def __init__(self, nodes=2, partitions=8, arguments=(), name="stepstream", beside=None):
        self.count, self.partitions, self.arguments = nodes, partitions, ["--cluster-name", name, *arguments]
        self.name, self.beside = name, beside
        self.nodes = []

    def __enter__(self):
        self.kafka = self.beside.kafka if self.beside else broker.Broker()
        self.redis = self.beside.redis if self.beside else Redis()
        try:
            if not self.beside:
                self.kafka.__enter__()
                self.redis.start()
            for number in range(1, self.count + 1):
                self.add_node(number)
            self.wait_until_shared()
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def add_node(self, number):
        node = Node(self.kafka.address, self.redis.address, number, *self.arguments, partitions=self.partitions)
        node.start()
        self.nodes.append(node)
        return node

    def wait_until_shared(self, seconds=30):
        """Every partition runs on one node, and every node knows of all."""
        def shared():
            living = [node for node in self.nodes if node.process.poll() is None]
            held = sum(node.metric("stepstream_partitions_held") for node in living)
            return held == self.partitions and all(
                node.metric("stepstream_cluster_nodes") == len(living) and
                node.metric("stepstream_partitions_replaying") == 0 for node in living)
        wait_until("all partitions are held", shared, seconds)

    def __exit__(self, failed=None, *_):
        for node in self.nodes:
            try:
                node.stop()
            except RuntimeError as error:
                print(error)
            if failed:
                print(f"---- node {node.number}\n{node.log_tail()}")
            node.clean()
        if not self.beside:
            self.redis.__exit__()
            self.kafka.__exit__()
