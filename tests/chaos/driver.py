"""The driver of the kill loop: starts executions at a steady rate over connections of its own and keeps a log of what the
server acknowledged."""
import http.client
import json
import threading
import time
import urllib.parse

THREADS = 16


def request(url, method, path, body=None, timeout=30):
    """One request on a connection of its own; the parsed answer. Raises for any status above 299."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status > 299:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return json.loads(data or b"null")
    finally:
        connection.close()


class Driver:
    def __init__(self, url, rate, payload):
        self._parts = urllib.parse.urlsplit(url)
        self._rate, self._payload = rate, payload
        self._lock = threading.Lock()
        self._next = 0
        self._began = 0.0
        self._stopping = threading.Event()
        self._threads = []
        self.acknowledged = {}  # name: execution ARN
        self.attempted = set()
        self.repeated = 0       # starts that were sent again because no answer came
        self.refused = []       # answers that a start must not get

    def start(self):
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Returns when every start under way is acknowledged."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(120)

    def _run(self):
        connection = None
        while not self._stopping.is_set():
            with self._lock:
                number = self._next
                self._next += 1
            if self._stopping.wait(max(0.0, self._began + number / self._rate - time.monotonic())):
                return
            connection = self._start_execution(f"run-{number}", connection)

    def _start_execution(self, name, connection):
        body = json.dumps({"state_machine": "chaos", "name": name, "input": self._payload})
        self.attempted.add(name)
        for attempt in range(10_000):
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(self._parts.hostname, self._parts.port, timeout=30)
                connection.request("POST", "/v1/executions", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                data = answer.read()
            except (OSError, http.client.HTTPException):
                connection = None
                with self._lock:
                    self.repeated += attempt == 0
                time.sleep(0.02)  # the server is away: ask again until it is back
                continue
            if answer.status in (200, 201):
                self.acknowledged[name] = json.loads(data)["execution_arn"]
            elif answer.status == 409 and attempt > 0:
                # The first try, whose answer was lost, has started it, and it has ended since.
                self.acknowledged[name] = None
            elif answer.status in (429, 503, 507):
                time.sleep(0.05)  # asked to come back later
                continue
            else:
                self.refused.append(f"{name}: {answer.status} {data[:200]!r}")
            return connection
        self.refused.append(f"{name}: never answered")
        return connection
