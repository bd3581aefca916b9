"""Bench: the processes of one measurement, and how they are driven."""
import contextlib
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

import observed
from server_process import ServerProcess


class Bench:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.server = None
        self.url = arguments.url
        self.seconds = arguments.seconds
        self.body_count = 0

    def __enter__(self):
        if not self.url:
            data = pathlib.Path(self.folder) / "data"
            if self.arguments.keep:
                data = pathlib.Path.cwd() / f"bench-data-{int(time.time())}"
                self.say(f"data stays in {data}")
            data.mkdir(exist_ok=True)
            self.server = ServerProcess(self.arguments.binaries / "stepstream", data=data,
                                        arguments=["--log-level", "warn", *self.arguments.server_options.split()])
            self.server.start()
            self.url = self.server.url
        return self

    def __exit__(self, *_):
        if self.server:
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
        process = subprocess.Popen([str(self.arguments.binaries / program), self.url, queue, *arguments], stdout=subprocess.PIPE, text=True)
        outcome = {}
        try:
            yield outcome
        finally:
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
        """What the server has used until now."""
        if not self.server:
            return {"cpu": 0.0, "bytes": 0, "flushes": observed.metric(self.url, "stepstream_commits_total") or 0}
        return {"cpu": observed.cpu_seconds(self.pid), "bytes": observed.bytes_written(self.pid),
                "flushes": observed.metric(self.url, "stepstream_commits_total") or 0}
