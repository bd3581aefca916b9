"""The faults: each strikes, is healed again, and says in one line what it did."""
import pathlib
import random
import shutil
import signal
import subprocess
import time

import cluster
import python_sdk
from tcp_proxy import Proxy

PARTITIONS = 8
ASLEEP_S = (4.0, 7.0)   # longer than a node's session of 2.5 s
AWAY_S = (0.0, 3.0)
CUT_S = (1.0, 6.0)
BACK_S = 120            # within that a node is back
ROLLBACK_COMMITS = 20   # so many are taken back, if they are made in time
ROLLBACK_WAIT_S = 20
STEP_TOPIC = "stepstream.task.chaos-step"


class Worker:
    """`program`: chaos_ledger_worker, or its twin of the Python SDK with its interpreter."""

    def __init__(self, program, url, ledger, *queues):
        self.command = [*map(str, program), url, str(ledger), *queues]
        self.ledger = ledger
        self.process = None

    def start(self):
        with open(str(self.ledger) + ".log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Place:
    """A broker, a Redis, nodes that reach both through proxies of their own, and workers; all under one directory."""

    def __init__(self, nodes, folder):
        self.folder = pathlib.Path(folder)
        self.kafka_lines = {f"NODE{number}": Proxy("127.0.0.1", 0) for number in range(1, nodes + 1)}
        self.kafka = cluster.broker.Broker({name: line.port for name, line in self.kafka_lines.items()})
        self.redis = cluster.Redis()
        self.redis_lines, self.nodes, self.workers = {}, [], []

    def __enter__(self):
        try:
            self.kafka.__enter__()
            self.redis.start()
            self.redis.ask("CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
            for number, (name, line) in enumerate(self.kafka_lines.items(), 1):
                line.aim("127.0.0.1", self.kafka.ports[name])
                self.redis_lines[name] = Proxy("127.0.0.1", self.redis.port)
                node = cluster.Node(line.address, self.redis_lines[name].address, number, "--task-topics", "chaos-step",
                                    partitions=PARTITIONS)
                node.start()
                self.nodes.append(node)
            self.start_workers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_workers(self):
        over_kafka = f"kafka://{self.kafka.address}/stepstream"
        in_cpp, python = [cluster.BINARIES / "chaos_ledger_worker"], python_sdk.interpreter()
        in_python = [python, cluster.ROOT / "tests" / "chaos" / "ledger_worker.py"]
        workers = [(in_cpp, over_kafka, "chaos-step")]
        workers.append((in_python if python_sdk.has_kafka(python) else in_cpp, over_kafka, "chaos-step"))
        workers += [(in_cpp, node.url, "chaos-call", "chaos-flaky") for node in self.nodes]
        for number, (program, url, *queues) in enumerate(workers):
            self.workers.append(Worker(program, url, self.folder / f"ledger-{number}", *queues))
            self.workers[-1].start()

    def __exit__(self, *_):
        for worker in self.workers:
            worker.kill()
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.kill()
        self.redis.__exit__()
        self.kafka.__exit__()
        for line in [*self.kafka_lines.values(), *self.redis_lines.values()]:
            line.close()

    def applied(self):
        """Of each partition, the offset that Redis has applied."""
        answers = (self.redis.ask("HGET", f"{{stepstream:{partition}}}:m", "applied") for partition in range(PARTITIONS))
        return [int(answer or 0) for answer in answers]

    def aof(self):
        """The file that Redis appends to now."""
        return max((self.redis.directory / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)


class Faults:
    """Each kind is a method that strikes, heals, and returns what it did. `name`: one of several that strike at once, with
    kinds that strike different things."""

    def __init__(self, place, counters, seed, name=""):
        self.place, self.counters, self.seed, self.name = place, counters, seed, name
        self.random = None
        self.copies = 0
        self.taken_back = 0  # commits that Redis has lost, over all rollbacks

    @staticmethod
    def kinds():
        return ["engine_kill", "engine_asleep", "engine_stop", "broker_kill", "broker_restart", "redis_kill_always",
                "redis_kill_everysec", "redis_power_loss", "redis_older_copy", "worker_kill", "records_twice", "garbage",
                "cut_redis", "cut_kafka"]

    @staticmethod
    def struck(kind):
        """What it takes away: two kinds that take the same cannot strike at once."""
        if kind in ("records_twice", "garbage", "cut_kafka"):
            return "broker"
        return "redis" if kind == "cut_redis" else kind.split("_")[0]

    def draw(self, number):
        self.random = random.Random(f"{self.seed}/{number}")  # of its own: one does not depend on what another has drawn

    def strike(self, kind, number):
        self.draw(number)
        return getattr(self, kind)()

    def _rest(self, bounds):
        seconds = self.random.uniform(*bounds)
        time.sleep(seconds)  # the load runs meanwhile
        return seconds

    def _line(self):
        return self.random.choice(sorted(self.place.redis_lines))

    def _node_back(self, node):
        """A node does not start without its servers, which may be away for a fault of their own."""
        until = time.monotonic() + BACK_S
        while True:
            try:
                return node.start()
            except RuntimeError:
                if time.monotonic() > until:
                    raise
                if node.process.poll() is None:
                    node.kill()

    def engine_kill(self):
        node = self.random.choice(self.place.nodes)
        node.kill()
        away = self._rest(AWAY_S)
        self._node_back(node)
        return f"node {node.number} was away for {away:.1f} s"

    def engine_stop(self):
        node = self.random.choice(self.place.nodes)
        status = node.stop()
        if status != 0:
            raise RuntimeError(f"node {node.number} ended with {status}:\n{node.log_tail()}")
        away = self._rest(AWAY_S)
        self._node_back(node)
        return f"node {node.number} handed over and was away for {away:.1f} s"

    def engine_asleep(self):
        node = self.random.choice(self.place.nodes)
        node.process.send_signal(signal.SIGSTOP)
        try:
            asleep = self._rest(ASLEEP_S)
        finally:
            node.process.send_signal(signal.SIGCONT)
        return f"node {node.number} slept for {asleep:.1f} s"

    def broker_kill(self):
        self.place.kafka.kill()
        return self._broker_back()

    def broker_restart(self):
        self.place.kafka.stop()
        return self._broker_back()

    def _broker_back(self):
        began = time.monotonic()
        self._rest(AWAY_S)
        self.place.kafka.start()
        return f"ready again after {time.monotonic() - began:.1f} s"

    def _redis_with(self, fsync):
        redis = self.place.redis
        redis.fsync = fsync
        redis.ask("CONFIG", "SET", "appendfsync", fsync)
        self._rest((0.5, 1.5))

    def _redis_back(self, before):
        away = self._rest(AWAY_S)
        redis = self.place.redis
        redis.fsync = "always"
        for line in self.place.redis_lines.values():
            line.refuse()  # the nodes replay at once: first it is looked at what was lost
        try:
            redis.start()
            redis.ask("CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
            lost = sum(max(0, was - now) for was, now in zip(before, self.place.applied()))
        finally:
            for line in self.place.redis_lines.values():
                line.heal()
        self.taken_back += lost
        return f"away for {away:.1f} s, {lost} records behind"

    def redis_kill_always(self):
        before = self.place.applied()
        self.place.redis.kill()
        return self._redis_back(before)

    def redis_kill_everysec(self):
        self._redis_with("everysec")
        before = self.place.applied()
        self.place.redis.kill()
        return self._redis_back(before)

    def redis_power_loss(self):
        """What a machine that loses its power leaves with everysec: the file without its last second, cut anywhere."""
        self._redis_with("everysec")
        kept = self.place.aof().stat().st_size
        self._rest((0.5, 1.0))
        before = self.place.applied()
        self.place.redis.kill()
        with open(self.place.aof(), "r+b") as file:
            file.truncate(self.random.randint(kept, max(kept, min(file.seek(0, 2), kept + 100))))
        return self._redis_back(before)

    def redis_older_copy(self):
        commits = "stepstream_redis_commits_total"
        copy = self.copy_redis()
        enough = self.counters.sum(commits) + ROLLBACK_COMMITS
        until = time.monotonic() + ROLLBACK_WAIT_S
        while self.counters.sum(commits) < enough and time.monotonic() < until:
            time.sleep(0.05)  # asks again
        return self.restore_redis(copy)

    def copy_redis(self):
        """Where it is."""
        self.copies += 1
        copy = self.place.folder / f"older-{self.name}{self.copies}"
        shutil.copytree(self.place.redis.directory / "appendonlydir", copy)
        return copy

    def restore_redis(self, copy):
        redis, before = self.place.redis, self.place.applied()
        redis.kill()
        shutil.rmtree(redis.directory / "appendonlydir")
        copy.rename(redis.directory / "appendonlydir")
        return self._redis_back(before)

    def restore_redis_in_silence(self, copy):
        """Nobody calls and nothing is due: the nodes must notice by themselves that Redis has gone back."""
        before = self.place.applied()
        what = self.restore_redis(copy)

        def caught_up():
            return all(now >= was for was, now in zip(before, self.place.applied()))
        cluster.wait_until("the nodes have replayed what Redis has lost", caught_up, 60)
        return what

    def worker_kill(self):
        number = self.random.randrange(len(self.place.workers))
        self.place.workers[number].kill()
        away = self._rest(AWAY_S)
        self.place.workers[number].start()
        return f"worker {number} was away for {away:.1f} s"

    def _inject(self, command, topic, *numbers):
        done = subprocess.run([str(cluster.BINARIES / "cluster_injector"), self.place.kafka.address, command, topic,
                               *map(str, (PARTITIONS, *numbers))], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"injector {command} {topic}: {done.stderr}")
        return int(done.stdout)

    def records_twice(self):
        tasks = self._inject("again", STEP_TOPIC, self.random.randint(5, 50))
        commands = self._inject("again", "stepstream.cmd", self.random.randint(5, 50))
        return f"{tasks} tasks and {commands} commands once more"

    def garbage(self):
        count = self.random.randint(5, 60)
        for topic in (STEP_TOPIC, "stepstream.cmd"):
            self._inject("garbage", topic, count, self.random.randrange(1 << 32))
        return f"{count} to each topic"

    def cut_redis(self):
        return self._cut(self.place.redis_lines)

    def cut_kafka(self):
        return self._cut(self.place.kafka_lines)

    def _cut(self, lines):
        name, way = self._line(), self.random.choice(["refuse", "swallow"])
        getattr(lines[name], way)()
        try:
            seconds = self._rest(CUT_S)
        finally:
            lines[name].heal()
        return f"{name.lower()}, {way}, {seconds:.1f} s"
