"""Sinks of status changes against real servers: webhooks with signatures, state machines, filters, kill -9 between a
change and its delivery, what a document may say."""
import base64
import hashlib
import hmac
import http.server
import json
import subprocess
import threading
import unittest

from stepstream_server import BINARY, HELLO, WAIT, Server, eventually

SECRET = base64.b64encode(b"a signing key of some length").decode()
ENVIRONMENT = {"STEPSTREAM_SECRET_HOOK": "whsec_" + SECRET}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Boom", "Cause": "because"}}}


class Hook:
    """A webhook's receiver: keeps what came, answers with `status`."""

    def __init__(self):
        hook = self
        self.seen, self.bad, self.status = [], [], 200
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *unused):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with hook.lock:
                    status = hook.status
                    if not signed(self.headers, body):
                        hook.bad.append(dict(self.headers))
                    if status == 200:
                        hook.seen.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def events(self):
        with self.lock:
            return list(self.seen)

    def changes(self):
        """{(name, status)} of what came."""
        return {(e["detail"]["name"], e["detail"]["status"]) for e in self.events() if "status" in e["detail"]}


def signed(headers, body):
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(base64.b64decode(SECRET), text, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == "v1," + wanted


class Sinks(unittest.TestCase):
    def setUp(self):
        self.hook = Hook()
        self.addCleanup(self.hook.close)

    def server(self):
        return Server("--http-allow", self.hook.host, "--durability", "buffered", environment=ENVIRONMENT)

    def document(self, **more):
        return {"Type": "webhook", "Url": f"http://{self.hook.host}/events", "Secrets": [{"env": "STEPSTREAM_SECRET_HOOK"}], **more}

    def put(self, server, name, document):
        answer = server.call("PUT", f"/v1/sinks/{name}", document)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def start(self, server, machine, name, value=None):
        answer = server.call("POST", "/v1/executions", {"state_machine": machine, "name": name, "input": value or {}})
        self.assertIn(answer.status, (200, 201, 202), answer.body)
        return answer.json()

    def test_a_webhook_gets_every_change_signed(self):
        with self.server() as server:
            server.create("hello", HELLO)
            server.create("fail", FAIL)
            self.put(server, "hook", self.document())
            self.start(server, "hello", "one", {"a": 1})
            self.start(server, "fail", "two")
            wanted = {("one", "RUNNING"), ("one", "SUCCEEDED"), ("two", "RUNNING"), ("two", "FAILED")}
            eventually(lambda: self.hook.changes() == wanted)
            self.assertEqual(self.hook.bad, [])
            events = {(e["detail"]["name"], e["detail"]["status"]): e for e in self.hook.events()}
            event = events["one", "SUCCEEDED"]
            self.assertEqual(event["detail-type"], "Step Functions Execution Status Change")
            self.assertEqual((event["version"], event["source"], event["account"], event["region"]), ("0", "aws.states", "000000000000", "us-east-1"))
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            detail = event["detail"]
            self.assertEqual(event["resources"], [detail["executionArn"]])
            self.assertEqual(json.loads(detail["input"]), {"a": 1})
            self.assertEqual(json.loads(detail["output"]), {"hello": "world"})
            self.assertEqual((detail["inputDetails"], detail["outputDetails"]), ({"included": True}, {"included": True}))
            self.assertGreaterEqual(detail["stopDate"], detail["startDate"])
            self.assertIsNone(events["one", "RUNNING"]["detail"]["stopDate"])
            self.assertIsNone(events["one", "RUNNING"]["detail"]["output"])
            failed = events["two", "FAILED"]["detail"]
            self.assertEqual((failed["error"], failed["cause"], failed["redriveStatus"]), ("Boom", "because", "REDRIVABLE"))
            status = server.call("GET", "/v1/sinks/hook").json()["status"]
            self.assertEqual((status["delivered"], status["failed"], status["waiting"]), (4, 0, 0))
            self.assertIn('stepstream_sink_delivered_total{sink="hook"} 4', server.call("GET", "/metrics").body.decode())

    def test_large_payloads_are_left_out(self):
        with self.server() as server:
            server.create("echo", {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
            self.put(server, "hook", self.document(Filter={"detail": {"status": ["SUCCEEDED"]}}))
            self.start(server, "echo", "large", {"text": "x" * 130_000})
            eventually(lambda: self.hook.changes() == {("large", "SUCCEEDED")})
            detail = self.hook.events()[0]["detail"]
            self.assertEqual((detail["input"], detail["output"]), (None, None))
            self.assertEqual((detail["inputDetails"], detail["outputDetails"]), ({"included": False}, {"included": False}))

    def test_an_execution_without_room_in_its_history_is_not_redrivable(self):
        with self.server() as server:
            again = {"Type": "Choice", "Choices": [{"Variable": "$.over", "IsPresent": True, "Next": "Over"}], "Default": "Again"}
            server.create("endless", {"StartAt": "Again", "States": {"Again": again, "Over": {"Type": "Succeed"}}})
            self.put(server, "hook", self.document(Filter={"detail": {"status": ["FAILED"]}}))
            execution = self.start(server, "endless", "full")["execution_arn"]
            eventually(lambda: self.hook.changes() == {("full", "FAILED")}, seconds=60)
            detail = self.hook.events()[0]["detail"]
            found = server.call("POST", "/", {"executionArn": execution}, {
                "X-Amz-Target": "AWSStepFunctions.DescribeExecution", "Content-Type": "application/x-amz-json-1.0"}).json()
            for member in ("redriveStatus", "redriveStatusReason"):
                self.assertEqual(detail[member], found[member])
            self.assertEqual(detail["redriveStatusReason"], "Execution history event limit exceeded")

    def test_filters_and_history(self):
        with self.server() as server:
            server.create("hello", HELLO)
            server.create("fail", FAIL)
            self.put(server, "failures", self.document(Filter=[{"detail": {"status": ["FAILED"]}}]))
            self.start(server, "hello", "good")
            self.start(server, "fail", "bad")
            eventually(lambda: ("bad", "FAILED") in self.hook.changes())
            self.assertEqual(self.hook.changes(), {("bad", "FAILED")})
            self.put(server, "failures", self.document(History=True, Filter={"detail": {"event": {"type": [{"exists": True}]}}}))
            started = self.start(server, "hello", "whole")
            history = server.call("GET", f"/v1/executions/{started['execution_arn']}/history").json()["events"]
            came = eventually(lambda: (found := [e for e in self.hook.events() if e["detail"].get("event")]) and len(found) >= len(history) and found)
            self.assertEqual([e["detail"]["event"]["id"] for e in came], [e["id"] for e in history])
            self.assertEqual([e["detail"]["event"]["type"] for e in came], [e["type"] for e in history])
            self.assertEqual(came[0]["detail-type"], "Step Functions Execution History Event")

    def test_kill_between_a_change_and_its_delivery(self):
        with self.server() as server:
            server.create("hello", HELLO)
            self.put(server, "hook", self.document())
            self.hook.status = 503
            names = [f"e{i}" for i in range(60)]
            for name in names[:30]:
                self.start(server, "hello", name)
            eventually(lambda: server.call("GET", "/v1/sinks/hook").json()["status"]["failed"] > 0)
            server.kill()
            server.start()
            for name in names[30:]:
                self.start(server, "hello", name)
            server.kill()
            self.hook.status = 200
            server.start()
            wanted = {(name, status) for name in names for status in ("RUNNING", "SUCCEEDED")}
            eventually(lambda: self.hook.changes() == wanted)
            ids = {}
            for event in self.hook.events():  # one that came twice is the same event
                key = event["detail"]["name"], event["detail"]["status"]
                self.assertEqual(ids.setdefault(key, event["id"]), event["id"])
            order = [e["detail"]["status"] for e in self.hook.events() if e["detail"]["name"] == "e0"]
            self.assertEqual(order[0], "RUNNING")
            # What is delivered and advanced past does not come again.
            eventually(lambda: server.call("GET", "/v1/sinks/hook").json()["status"]["waiting"] == 0)

    def start_and_kill(self, server, rounds):
        """25 executions of hello before each kill -9; the (name, status) pairs that must be told of them."""
        wanted = set()
        for round_number in range(rounds):
            for i in range(25):
                name = f"r{round_number}-{i}"
                self.start(server, "hello", name)
                wanted |= {(name, "RUNNING"), (name, "SUCCEEDED")}
            server.kill()
            server.start()
        return wanted

    def test_kill_again_and_again_while_it_delivers(self):
        with self.server() as server:
            server.create("hello", HELLO)
            self.put(server, "hook", self.document())
            wanted = self.start_and_kill(server, 6)
            eventually(lambda: self.hook.changes() >= wanted)
            self.assertEqual(self.hook.changes(), wanted)

    def test_a_topic_gets_every_change_over_kill_9(self):
        tool = BINARY.with_name("kafka_topic_tool")
        if not tool.exists():
            self.skipTest("built without kafka_topic_tool")
        broker = subprocess.Popen([tool, "-", "mock", "events", "3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(broker.wait)
        self.addCleanup(broker.stdin.close)
        self.addCleanup(broker.stdout.close)
        address = broker.stdout.readline().strip()

        def records():
            printed = subprocess.run([tool, address, "dump", "events", "3"], capture_output=True, text=True, timeout=60)
            self.assertEqual(printed.returncode, 0, printed.stderr)
            return [(partition, key, json.loads(value)) for partition, key, value, _ in (line.split("\t") for line in printed.stdout.splitlines())]
        with self.server() as server:
            server.create("hello", HELLO)
            self.put(server, "topic", {"Type": "kafka", "Brokers": [address], "Topic": "events"})
            wanted = self.start_and_kill(server, 4)
            eventually(lambda: {(e["detail"]["name"], e["detail"]["status"]) for _, _, e in records()} == wanted)
            places, first = {}, {}
            for partition, key, event in records():
                self.assertEqual(key, event["detail"]["executionArn"])
                self.assertEqual(places.setdefault(key, partition), partition)
                self.assertEqual(first.setdefault(key, event["detail"]["status"]), "RUNNING")

    def test_a_state_machine_takes_events_once(self):
        with self.server() as server:
            server.create("hello", HELLO)
            server.create("taker", {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
            self.put(server, "chain", {"Type": "stateMachine", "StateMachine": "taker", "Filter": {"detail": {"status": ["SUCCEEDED"]}}})
            for i in range(20):
                self.start(server, "hello", f"h{i}")
            server.kill()
            server.start()

            def taken():
                return server.call("GET", "/v1/executions?state_machine=taker&limit=100").json()["items"]
            eventually(lambda: len(taken()) == 20 and all(e["status"] == "SUCCEEDED" for e in taken()))
            inputs = [server.call("GET", f"/v1/executions/{e['execution_arn']}").json()["input"] for e in taken()]
            self.assertEqual({i["detail"]["name"] for i in inputs}, {f"h{i}" for i in range(20)})
            self.assertTrue(all(e["name"] == "chain-" + i["id"] for e, i in zip(taken(), inputs)))

    def test_documents(self):
        with self.server() as server:
            def findings(document):
                answer = server.call("PUT", "/v1/sinks/x", document)
                self.assertEqual(answer.status, 400, answer.body)
                return " ".join(f.get("pointer", "") + f.get("location", "") + " " + f.get("message", "") for f in answer.json()["errors"])
            self.assertIn("/Type", findings({}))
            self.assertIn("/Url", findings(self.document(Url="http://169.254.169.254/latest")))
            self.assertIn("/Secrets", findings(self.document(Secrets=[{"env": "HOME"}])))
            self.assertIn("/Secrets", findings({"Type": "webhook", "Url": f"http://{self.hook.host}/"}))
            self.assertIn("/Filter", findings(self.document(Filter={"detail": "FAILED"})))
            self.assertIn("/Colour", findings(self.document(Colour="red")))
            self.assertIn("/Brokers", findings({"Type": "kafka", "Topic": "t"}))
            self.assertEqual(server.call("GET", "/v1/sinks/x").status, 404)
            self.put(server, "x", self.document())
            self.assertEqual([s["Name"] for s in server.call("GET", "/v1/sinks").json()["items"]], ["x"])
            self.assertNotIn(SECRET, server.call("GET", "/v1/sinks").body.decode())
            self.put(server, "x", self.document(Enabled=False))
            server.create("hello", HELLO)
            self.start(server, "hello", "unseen")
            self.put(server, "x", self.document())
            self.start(server, "hello", "seen")
            eventually(lambda: ("seen", "SUCCEEDED") in self.hook.changes())
            self.assertNotIn(("unseen", "RUNNING"), self.hook.changes())
            self.assertEqual(server.call("DELETE", "/v1/sinks/x").status, 204)
            self.assertEqual(server.call("DELETE", "/v1/sinks/x").status, 404)

    def test_a_folder_and_a_stop(self):
        with self.server() as server:
            folder = server.folder / "sinks"
            folder.mkdir()
            (folder / "hook.json").write_text(json.dumps(self.document(Filter={"detail": {"status": ["ABORTED"]}})))
            (folder / "bad.json").write_text("{}")
            server.stop()
            server.arguments += ["--sinks", str(folder)]
            server.start()
            self.assertIn("bad.json", server.log())
            server.create("wait", WAIT)
            started = self.start(server, "wait", "w")
            server.call("POST", f"/v1/executions/{started['execution_arn']}/stop", {"error": "E", "cause": "C"})
            eventually(lambda: self.hook.changes() == {("w", "ABORTED")})
            self.assertEqual(self.hook.events()[0]["detail"]["error"], "E")


if __name__ == "__main__":
    unittest.main()
