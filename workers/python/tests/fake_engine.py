"""The engine's side of the task wire (docs/formats/task_wire.md), scripted by a test."""
import http.server
import json
import socket
import threading
import time


class FakeEngine:
    def __init__(self):
        self.state = threading.Condition()
        self.tasks, self.results, self.requests = {}, {}, []
        self.cancelled = set()
        self.status = 200
        self.break_next = self.refuse_results = 0
        self.nonsense = []  # (status, headers, body), given instead of the next answers
        self.lease_ms = 30_000
        self.port = 0
        self._connections = set()
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        engine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                engine._connections.add(self.connection)

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with engine.state:
                    engine.requests.append((self.path, request))
                    engine.state.notify_all()
                    if engine.break_next > 0:
                        engine.break_next -= 1
                        self.close_connection = True
                        return
                    if engine.nonsense:
                        return self.give(*engine.nonsense.pop(0))
                status, answer = engine.answer(self.path, request)
                self.give(status, {}, json.dumps(answer).encode())

            def give(self, status, headers, body):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass  # clients go away in these tests

        self.running = True
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self):
        with self.state:
            self.running = False
            self.state.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._connections.clear()

    def answer(self, path, request):
        with self.state:
            if self.status != 200:
                return self.status, {"code": "Test"}
            if path == "/v1/tasks/heartbeat":
                return 200, {"heartbeats": [{"cancelled": t in self.cancelled} for t in request["tokens"]]}
            decisions = []
            for result in request.get("results", []):
                if self.refuse_results > 0:
                    self.refuse_results -= 1
                    decisions.append({"accepted": False, "code": "Unavailable", "retry": True})
                elif result["token"] in self.results:
                    decisions.append({"accepted": False, "code": "TaskTimedOut", "retry": False})
                else:
                    self.results[result["token"]] = result
                    decisions.append({"accepted": True})
            self.state.notify_all()
            waiting = self.tasks.setdefault(request["queue"], [])
            if request.get("tasks_max", 1) > 0:
                self.state.wait_for(lambda: waiting or not self.running, request.get("wait_seconds", 0))
            count = request.get("tasks_max", 1)
            given, waiting[:] = waiting[:count], waiting[count:]
            return 200, {"tasks": given, "results": decisions, "lease_ms": self.lease_ms}

    def add_task(self, queue, token, event=None, **members):
        with self.state:
            self.tasks.setdefault(queue, []).append({"token": token, "input": event, "state_name": "S", **members})
            self.state.notify_all()

    def wait_for(self, condition, seconds=10):
        with self.state:
            return self.state.wait_for(condition, seconds)

    def wait_for_results(self, count):
        return self.wait_for(lambda: len(self.results) >= count)
