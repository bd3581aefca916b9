"""ServerProcess: a real server for tests and benchmarks: own port on the loopback, own data directory, ended and
cleaned up in the end. Also starts again after kill -9 on the same directory."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

START_SECONDS = 60
STOP_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerProcess:
    def __init__(self, binary, arguments=(), environment=None, data=None):
        self.binary = str(binary)
        self.arguments = list(arguments)
        self.environment = {**os.environ, **(environment or {})}
        self.own_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="stepstream-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = self.data.parent / (self.data.name + ".log")
        self.process = None

    def launch(self, port=None):
        """Starts the process on its port, or on the given one (0: a free one), and does not wait."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "server", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port if port is None else port}",
                 *map(str, self.arguments)], stdout=log, stderr=log, env=self.environment)

    def start(self):
        """Returns how long it took until the server was ready, in seconds."""
        began = time.monotonic()
        self.launch()
        while time.monotonic() - began < START_SECONDS:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (urllib.error.URLError, OSError):
                time.sleep(0.005)  # polls until it listens
        raise RuntimeError("the server did not become ready:\n" + self.log_tail())

    def ask(self, method, path, body=None):
        """The answer's JSON. Raises urllib.error.HTTPError when it is a refusal."""
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def log_tail(self):
        return self.log_path.read_text(errors="replace")[-3000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, number=signal.SIGTERM):
        """Sends the signal; the exit code."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError("the server did not stop within 30 seconds of its signal:\n" + self.log_tail())

    def clean(self):
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)
            self.log_path.unlink(missing_ok=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, failed, *_):
        try:
            self.stop()
        finally:
            if failed:
                print("---- server log\n" + self.log_tail())
            self.clean()
