"""Requests that are malformed, too large, too slow or too many."""
import json
import re
import resource
import socket
import unittest

from stepstream_server import GREET, HELLO, Server, eventually

IDLE_CONNECTIONS = 10_000
IDLE_RSS_KIB_EACH = 4


class BadInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--header-timeout", "1", "--body-timeout", "1").start()
        cls.server.create("hello", HELLO)

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        cls.server.__exit__()
        assert code == 0, code

    def raw(self, data):
        """Sends bytes as they are and gives everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            connection.sendall(data)
            received = b""
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except ConnectionResetError:
                pass
            return received

    def test_malformed_json_everywhere(self):
        bodies = [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":1}x', b'{"name":1}', b'"' * 1000, b"[" * 100_000, b"\x00"]
        targets = [("POST", "/v1/state-machines"), ("PUT", "/v1/state-machines/hello"), ("POST", "/v1/validate"), ("POST", "/v1/test-state"),
                   ("POST", "/v1/executions"), ("POST", "/v1/tasks/poll"), ("POST", "/v1/tasks/complete"),
                   ("POST", "/v1/tasks/fail"), ("POST", "/v1/tasks/heartbeat")]
        for method, target in targets:
            for body in bodies:
                with self.subTest(target=target, body=body[:20]):
                    answer = self.server.call(method, target, body)
                    self.assertEqual(answer.status, 400, answer.body)
                    self.assertTrue(answer.json()["errors"])

    def test_strange_names_and_paths(self):
        for name in ["", " ", "a b", "a/b", "a" * 81, "a\u0000b", "a:b", "../../etc/passwd", "a\nb", "{}", "*"]:
            with self.subTest(name=name):
                answer = self.server.call("POST", "/v1/state-machines", {"name": name, "definition": HELLO})
                self.assertEqual(answer.status, 400, answer.body)
                answer = self.server.call("POST", "/v1/executions", {"state_machine": "hello", "name": name})
                self.assertEqual(answer.status, 400, answer.body)
        for target in ["/v1/state-machines/%zz", "/v1/state-machines/%", "/v1/executions/%00", "/v1/nothing", "/v1//executions"]:
            with self.subTest(target=target):
                self.assertEqual(self.server.call("GET", target).status, 404)

    def test_oversized(self):
        big = json.dumps({"state_machine": "hello", "input": "x" * 5_000_000})
        answer = self.server.call("POST", "/v1/executions", big)
        self.assertEqual((answer.status, answer.json()["code"]), (413, "PayloadTooLarge"))
        beyond = json.dumps({"state_machine": "hello", "input": "x" * 2_000_000})
        self.assertEqual(self.server.call("POST", "/v1/executions", beyond).status, 400)  # arrives; an input has 256 KiB at most
        self.assertTrue(self.raw(b"GET / HTTP/1.1\r\nX: " + b"x" * 50_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 431"))

    def test_what_is_wrong_is_told_in_few_words(self):
        for text in ("1" * 3_000_000, '"' + "x" * 3_000_000 + "\x01", "1e999", "x" * 3_000_000):
            with self.subTest(text=text[:10]):
                answer = self.server.call("POST", "/v1/executions", '{"state_machine": "hello", "input": ' + text + "}")
                self.assertEqual(answer.status, 400)
                self.assertLess(len(answer.body), 2_000)
                self.assertNotIn(b"exception", answer.body)

    def test_a_definition_of_one_mebibyte_arrives(self):
        states = {"A": {"Type": "Pass", "End": True, "Comment": ""}}
        definition = {"StartAt": "A", "States": states}
        states["A"]["Comment"] = '"' * ((1_048_576 - len(json.dumps(definition))) // 2)
        text = json.dumps(definition)
        self.assertGreater(len(text), 1_048_000)
        body = json.dumps({"name": "large", "definition": text, "roleArn": "arn:aws:iam::123456789012:role/any"})
        answer = self.server.call("POST", "/", body, headers={"X-Amz-Target": "AWSStepFunctions.CreateStateMachine",
                                                              "Content-Type": "application/x-amz-json-1.0"})
        self.assertEqual(answer.status, 200, answer.body[:300])

    def test_half_sent_requests_time_out(self):
        for half in [b"POST /v1/executions HTTP/1.1\r\nContent-Le",
                     b"POST /v1/executions HTTP/1.1\r\nContent-Length: 100\r\n\r\n{\"state_machine\""]:
            with self.subTest(half=half[:40]):
                self.assertTrue(self.raw(half).startswith(b"HTTP/1.1 408"))

    def test_not_http(self):
        for garbage in [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 4 + b"\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"GET /\r\n\r\n",
                        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]:
            with self.subTest(garbage=garbage[:12]):
                self.assertTrue(self.raw(garbage).startswith(b"HTTP/1.1 400"))
        self.assertEqual(self.server.call("GET", "/healthz").status, 200)

    def gauge(self, name):
        text = self.server.call("GET", "/metrics").body.decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.M)[1])

    def hang_up(self, body, headers=b"", target=b"/v1/tasks/poll", count=1):
        """Begins so many long polls and closes their connections."""
        body = json.dumps(body).encode()
        request = b"POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (target, headers, len(body), body)
        waiting = self.gauge("stepstream_polls_waiting")
        connections = [socket.create_connection(("127.0.0.1", self.server.port), timeout=30) for _ in range(count)]
        for connection in connections:
            connection.sendall(request)
        eventually(lambda: self.gauge("stepstream_polls_waiting") == waiting + count)
        for connection in connections:
            connection.close()
        eventually(lambda: self.gauge("stepstream_polls_waiting") == waiting)

    def test_workers_that_hang_up_in_a_long_poll(self):
        self.server.create("greet", GREET)
        self.hang_up({"queue": "greet", "wait_seconds": 60}, count=50)
        eventually(lambda: self.gauge("stepstream_http_connections") < 50)
        self.server.call("POST", "/v1/executions", {"state_machine": "greet", "name": "after"})
        tasks = self.server.call("POST", "/v1/tasks/poll", {"queue": "greet", "wait_seconds": 20}).json()["tasks"]
        self.assertEqual(len(tasks), 1)

    def test_an_activity_worker_that_hangs_up_gets_no_task(self):
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.GetActivityTask"}
        created = self.server.call("POST", "/", {"name": "pack"}, {**headers, "X-Amz-Target": "AWSStepFunctions.CreateActivity"})
        activity = created.json()["activityArn"]
        self.server.create("pack", {"StartAt": "P", "States": {"P": {"Type": "Task", "Resource": activity, "End": True}}})
        lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        self.hang_up({"activityArn": activity}, lines, b"/", count=3)
        self.server.call("POST", "/v1/executions", {"state_machine": "pack"})
        answer = self.server.call("POST", "/", {"activityArn": activity}, headers)
        self.assertIn("taskToken", answer.json())

    def test_ten_thousand_idle_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < IDLE_CONNECTIONS + 200:
            self.skipTest(f"only {hard} file descriptors are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        before = self.server.rss_kib()
        connections = []
        try:
            for _ in range(IDLE_CONNECTIONS):
                connections.append(socket.create_connection(("127.0.0.1", self.server.port), timeout=30))
            connections[-1].sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            self.assertTrue(connections[-1].recv(4096).startswith(b"HTTP/1.1 200"))
            self.assertEqual(self.server.call("GET", "/readyz").status, 200)
            grown = self.server.rss_kib() - before
            print(f"\n{IDLE_CONNECTIONS} idle connections: {grown} KiB more")
            self.assertLess(grown, IDLE_CONNECTIONS * IDLE_RSS_KIB_EACH)
        finally:
            for connection in connections:
                connection.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


if __name__ == "__main__":
    unittest.main()
