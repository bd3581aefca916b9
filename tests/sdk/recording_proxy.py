"""RecordingProxy: passes what an SDK says to the server on, word for word (the signature covers the Host header), and
holds every answer against the service model."""
import collections
import http.client
import http.server
import threading

import shapes


class RecordingProxy:
    def __init__(self, port):
        """`port`: of the server, on the loopback."""
        self.succeeded = collections.Counter()  # action: answers with status 200
        self.refused = collections.Counter()
        self.mistakes = []
        self.unsigned = 0
        self.lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                proxy.pass_on(self, port)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def pass_on(self, handler, port):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
        try:
            upstream.putrequest("POST", handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in ("connection", "expect"):
                    upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        self.record(handler.headers, answer, content)
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def record(self, headers, answer, content):
        action = headers.get("X-Amz-Target", "").removeprefix("AWSStepFunctions.")
        found = shapes.answer_mistakes(action, answer.status, answer.headers, content)
        with self.lock:
            (self.succeeded if answer.status == 200 else self.refused)[action] += 1
            self.unsigned += not headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
            self.mistakes += found

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
