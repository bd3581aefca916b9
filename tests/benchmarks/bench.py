"""Bench: the processes of one measurement, and how they are driven."""
import contextlib
import itertools
import json
import os
import pathlib
import resource
import subprocess
import sys
import time
import urllib.request

import observed
from server_process import ServerProcess

HERE = pathlib.Path(__file__).resolve().parent


cluster_numbers = itertools.count(1)


def cluster_tools(arguments):
    """The module of the tests of clusters."""
    os.environ["STEPSTREAM_BINARY_DIR"] = str(arguments.binaries)
    sys.path.insert(0, str(HERE.parent / "cluster"))
    import cluster
    if cluster.missing():
        sys.exit(f"--backend cluster needs {cluster.missing()}")
    return cluster


class Bench:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.server = None
        self.cluster = None  # the broker and Redis beside the server
        self.url = arguments.url
        self.seconds = arguments.seconds
        self.body_count = 0
        self.worker_process = None

    def __enter__(self):
        options = ["--log-level", "warn", *self.arguments.server_options.split()]
        if not self.url and self.arguments.backend == "cluster":
            self.start_cluster(options)
        elif not self.url:
            data = pathlib.Path(self.folder) / "data"
            if self.arguments.keep:
                data = pathlib.Path.cwd() / f"bench-data-{int(time.time())}"
                self.say(f"data stays in {data}")
            data.mkdir(exist_ok=True)
            self.server = ServerProcess(self.arguments.binaries / "stepstream", data=data, arguments=options)
            self.server.start()
            self.url = self.server.url
        return self

    def start_cluster(self, options):
        """One broker, one Redis (appendfsync always), one node with as many partitions as this machine has processors."""
        cluster = cluster_tools(self.arguments)
        topics = ["--task-topics", "*" if self.arguments.workers == "kafka" else ""]
        partitions = self.arguments.partitions or os.cpu_count()
        self.cluster = cluster.Cluster(1, partitions, [*topics, *options], f"bench{next(cluster_numbers)}", self.arguments.beside)
        self.cluster.__enter__()
        self.server = self.cluster.nodes[0]
        self.url = self.server.url

    def __exit__(self, *failed):
        if self.cluster:
            self.cluster.__exit__(*failed)
        elif self.server:
            self.server.stop()

    def say(self, text):
        print(f"== {text}", file=sys.stderr, flush=True)

    @property
    def pid(self):
        return self.server.process.pid if self.server else None

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")

    def create(self, name, definition, kind="STANDARD"):
        self.call("POST", "/v1/state-machines", {"name": name, "definition": definition, "type": kind})

    @contextlib.contextmanager
    def worker(self, queue, *arguments, program="noop_worker"):
        """A worker; afterwards what it yields holds its figures: `tasks` says how many it did."""
        if program == "noop_worker":
            arguments = arguments or ("2", "500")
        over_kafka = self.cluster and self.arguments.workers == "kafka"
        url = f"kafka://{self.cluster.kafka.address}/{self.cluster.name}" if over_kafka else self.url
        process = subprocess.Popen([str(self.arguments.binaries / program), url, queue, *arguments], stdout=subprocess.PIPE, text=True)
        self.worker_process = process
        outcome = {}
        try:
            yield outcome
        finally:
            self.worker_process = None
            process.terminate()
            output, _ = process.communicate(timeout=60)
            outcome.update(json.loads(output))

    def load(self, body, expect="", status=200, path="/v1/executions", **options):
        """One run of the load generator; its figures."""
        self.body_count += 1
        file = pathlib.Path(self.folder) / f"body{self.body_count}.json"
        file.write_text(body)
        command = [str(self.arguments.binaries / "stepstream_load"), "--url", self.url, "--path", path, "--body", str(file),
                   "--expect", expect, "--status", str(status)]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        result = json.loads(done.stdout)
        result["bad"] = result["errors"] + result["wrong"] + result["unanswered"]
        return result

    def disk(self):
        """The disk's own rate of 4 KB appends, each flushed."""
        done = subprocess.run([str(self.arguments.binaries / "stepstream_load"), "--disk", str(self.folder)],
                              stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)["fdatasync_per_s"]

    def used(self):
        """What the processes have used until now."""
        used = {name: observed.metric(self.url, f"stepstream_{metric}_total") or 0
                for name, metric in (("flushes", "commits"), ("records", "records_applied"), ("groups", "redis_commit_groups"))}
        used |= {"cpu": 0.0, "bytes": 0, "at": time.monotonic()}
        if self.server:
            used |= {"cpu": observed.cpu_seconds(self.pid), "bytes": observed.bytes_written(self.pid)}
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        used["load_cpu"] = spent.ru_utime + spent.ru_stime  # of the load generators that have ended
        used["worker_cpu"] = observed.cpu_seconds(self.worker_process.pid) if self.worker_process else 0.0
        if self.cluster:
            used["kafka_cpu"] = observed.cpu_seconds(self.cluster.kafka.process.pid)
            used["kafka_compiler_cpu"] = observed.compiler_seconds(self.cluster.kafka.process.pid)
            used["redis_cpu"] = observed.cpu_seconds(self.cluster.redis.process.pid)
            used["redis_commits"], used["redis_script_cpu"] = observed.redis_commits(self.cluster.redis.ask)
        return used
