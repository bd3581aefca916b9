"""A real server for one test: started on a free port, spoken to over HTTP, stopped and cleaned up.

Every answer of REST v1 is checked against /v1/openapi.json as it comes in, and /metrics against its guide, so that neither can
drift."""
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse

import metrics_guide
import openapi_check
from server_process import START_SECONDS, ServerProcess

BINARY = pathlib.Path(os.environ.get("STEPSTREAM_BINARY_DIR", pathlib.Path(__file__).parents[2] / "build")) / "stepstream"

HELLO = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": {"hello": "world"}, "End": True}}}
GREET = {"StartAt": "Greet", "States": {"Greet": {"Type": "Task", "Resource": "greet", "End": True}}}
WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Server(ServerProcess):
    """On another free port at each start; killed in the end, for a test that has passed needs no orderly end."""

    def __init__(self, *arguments, data=None, environment=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stepstream-e2e-"))
        super().__init__(BINARY, arguments, {"NO_COLOR": "1", **(environment or {})}, data or self.folder / "data")
        self.log_path = self.folder / "server.log"
        self.openapi = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        said = len(self.log())
        self.launch(0)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            ready = re.search(r"^ready on (http://127\.0\.0\.1:(\d+)) in \d+ ms$", self.log()[said:], re.M)
            if ready:
                self.url, self.port = ready[1], int(ready[2])
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.005)  # polls until it says so
        self.kill()
        raise AssertionError("the server did not become ready: " + self.log()[said:])

    def log(self):
        """All it has said, at every start."""
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def call(self, method, target, body=None, headers=None, timeout=60):
        """One request on a connection of its own. `body`: text or bytes as they are, else written as JSON."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        if method != "HEAD" and target.startswith(("/v1/", "/healthz", "/readyz")) and target != "/v1/openapi.json":
            self.check_answer(method, target, answer)
        if target == "/metrics" and answer.status == 200:
            metrics_guide.must_tell(answer.body.decode())
        return answer

    def check_answer(self, method, target, answer):
        if self.openapi is None:
            found = self.call("GET", "/v1/openapi.json", headers=getattr(self, "key_header", None))
            if found.status != 200:
                return
            self.openapi = openapi_check.Document(found.json())
        mistakes = self.openapi.check(method, urllib.parse.urlsplit(target).path, answer)
        assert not mistakes, f"{method} {target} -> {answer.status} {answer.body!r}: {mistakes}"

    def create(self, name, definition, **more):
        answer = self.call("POST", "/v1/state-machines", {"name": name, "definition": definition, **more})
        assert answer.status == 201, answer.body
        return answer.json()

    def run_cli(self, *arguments, input=None):
        return subprocess.run([BINARY, *arguments], input=input, capture_output=True, text=True, timeout=120,
                              env={**self.environment, "STEPSTREAM_URL": self.url})


def eventually(condition, seconds=30):
    """Waits until `condition()` is true; gives its value."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("did not happen in time")
