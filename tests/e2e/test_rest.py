"""Every route of REST v1 against a real server."""
import http.client
import json
import threading
import time
import unittest

import metrics_guide
from stepstream_server import GREET, HELLO, WAIT, Server, eventually


class RestTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        cls.server.__exit__()
        assert code == 0, code

    def call(self, *arguments, **more):
        return self.server.call(*arguments, **more)

    def poll(self, queue, **more):
        answer = self.call("POST", "/v1/tasks/poll", {"queue": queue, "worker": "e2e", "wait_seconds": 20, **more})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_state_machines(self):
        created = self.server.create("machines", HELLO)
        self.assertEqual(created["definition"], HELLO)
        again = self.call("POST", "/v1/state-machines", {"name": "machines", "definition": HELLO})
        self.assertEqual(again.status, 201)
        other = self.call("POST", "/v1/state-machines", {"name": "machines", "definition": WAIT})
        self.assertEqual((other.status, other.json()["code"]), (409, "StateMachineAlreadyExists"))
        put = self.call("PUT", "/v1/state-machines/machines", {"definition": WAIT})
        self.assertEqual((put.status, put.json()["definition"]), (200, WAIT))
        self.assertEqual(self.call("PUT", "/v1/state-machines/machines-2", {"definition": json.dumps(HELLO)}).status, 201)
        names, token = [], ""
        while True:
            page = self.call("GET", "/v1/state-machines?limit=1" + (f"&page_token={token}" if token else "")).json()
            names += [item["name"] for item in page["items"]]
            token = page.get("next_page_token")
            if not token:
                break
        self.assertTrue({"machines", "machines-2"} <= set(names))
        self.assertEqual(len(names), len(set(names)))
        for name in ("machines", "machines-2"):
            self.assertEqual(self.call("DELETE", f"/v1/state-machines/{name}").status, 204)
        eventually(lambda: self.call("GET", "/v1/state-machines/machines").status == 404)

    def test_a_deleted_state_machine_stays_until_its_last_execution_has_ended(self):
        self.server.create("leaving", WAIT)
        started = self.call("POST", "/v1/executions", {"state_machine": "leaving", "name": "last"}).json()
        self.assertEqual(self.call("DELETE", "/v1/state-machines/leaving").status, 204)
        self.assertEqual(self.call("GET", "/v1/state-machines/leaving").json()["status"], "DELETING")
        for method, path, body in (("POST", "/v1/executions", {"state_machine": "leaving"}),
                                   ("POST", "/v1/state-machines", {"name": "leaving", "definition": HELLO}),
                                   ("PUT", "/v1/state-machines/leaving", {"definition": HELLO})):
            refused = self.call(method, path, body)
            self.assertEqual((refused.status, refused.json()["code"]), (409, "StateMachineDeleting"), path)
        self.assertEqual(self.call("POST", f"/v1/executions/{started['execution_arn']}/stop", {}).status, 200)
        self.assertEqual(self.call("GET", "/v1/state-machines/leaving").status, 404)
        self.server.create("leaving", HELLO)

    def test_invalid_definitions_list_every_mistake(self):
        broken = {"StartAt": "Nowhere", "States": {"A": {"Type": "Pass", "Next": "Missing"}, "B": {"Type": "Paas"}}}
        answer = self.call("POST", "/v1/state-machines", {"name": "broken", "definition": broken})
        self.assertEqual((answer.status, answer.json()["code"]), (400, "InvalidDefinition"))
        self.assertGreaterEqual(len(answer.json()["errors"]), 3)
        checked = self.call("POST", "/v1/validate", {"definition": broken}).json()
        self.assertFalse(checked["valid"])
        self.assertGreaterEqual(len(checked["diagnostics"]), 3)
        self.assertTrue(self.call("POST", "/v1/validate", {"definition": HELLO}).json()["valid"])

    def test_one_state_alone(self):
        state = {"Type": "Pass", "InputPath": "$.a", "Assign": {"seen": True}, "Next": "B"}
        tested = self.call("POST", "/v1/test-state", {"definition": state, "input": {"a": [1]}, "variables": {"n": 1}})
        self.assertEqual(tested.status, 200, tested.body)
        self.assertEqual(tested.json()["output"], [1])
        self.assertEqual(tested.json()["next_state"], "B")
        self.assertEqual(tested.json()["inspection"]["variables"], {"n": 1, "seen": True})
        refused = self.call("POST", "/v1/test-state", {"definition": state, "mock": {"result": 1}})
        self.assertEqual((refused.status, refused.json()["code"]), (400, "ValidationFailed"))

    def test_start_wait_and_look(self):
        self.server.create("hello", HELLO)
        ended = self.call("POST", "/v1/executions", {"state_machine": "hello", "name": "one", "wait_seconds": 20})
        self.assertEqual(ended.status, 200, ended.body)
        self.assertEqual(ended.json()["output"], {"hello": "world"})
        self.assertEqual(self.call("GET", "/v1/executions/hello:one").json(), ended.json())
        self.assertEqual(self.call("GET", "/v1/executions/hello:one?wait_seconds=5").status, 200)
        page = self.call("GET", "/v1/executions/hello:one/history?limit=2").json()
        self.assertEqual([event["id"] for event in page["events"]], [1, 2])
        rest = self.call("GET", f"/v1/executions/hello:one/history?after={page['last_id']}").json()
        types = [event["type"] for event in page["events"] + rest["events"]]
        self.assertEqual(types, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
        self.assertTrue(rest["finished"])
        backwards = self.call("GET", "/v1/executions/hello:one/history?reverse=true&limit=1").json()
        self.assertEqual(backwards["events"][0]["type"], "ExecutionSucceeded")

    def test_start_with_a_name_twice(self):
        self.server.create("named", WAIT)
        start = {"state_machine": "named", "name": "n", "input": {"a": 1}}
        first = self.call("POST", "/v1/executions", start)
        self.assertEqual(first.status, 201)
        self.assertEqual(self.call("POST", "/v1/executions", start).json(), first.json())
        other = self.call("POST", "/v1/executions", {**start, "input": {"a": 2}})
        self.assertEqual((other.status, other.json()["code"]), (409, "ExecutionAlreadyExists"))

    def test_stop_and_list(self):
        self.server.create("stopping", WAIT)
        for name in ("a1", "a2", "b1"):
            self.call("POST", "/v1/executions", {"state_machine": "stopping", "name": name})
        self.assertEqual(self.call("POST", "/v1/executions/stopping:a1/stop", {"error": "E", "cause": "c"}).status, 200)
        stopped = self.call("GET", "/v1/executions/stopping:a1").json()
        self.assertEqual((stopped["status"], stopped["error"], stopped["cause"]), ("ABORTED", "E", "c"))
        items = lambda query: self.call("GET", "/v1/executions?state_machine=stopping" + query).json()["items"]
        listed = lambda query: sorted(item["name"] for item in items(query))
        self.assertEqual(listed(""), ["a1", "a2", "b1"])
        times = [item["start_time"] for item in items("")]
        self.assertEqual(times, sorted(times, reverse=True))  # newest first; any order within a millisecond
        self.assertEqual(listed("&status=ABORTED"), ["a1"])
        self.assertEqual(listed("&name_prefix=a"), ["a1", "a2"])
        self.assertEqual(listed("&started_after=2100-01-01T00:00:00Z"), [])
        page = self.call("GET", "/v1/executions?state_machine=stopping&limit=2").json()
        more = self.call("GET", "/v1/executions?state_machine=stopping&limit=2&page_token=" + page["next_page_token"]).json()
        self.assertEqual(sorted(i["name"] for i in page["items"] + more["items"]), ["a1", "a2", "b1"])

    def test_tasks_in_one_round_trip(self):
        chain = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "chain", "Next": "B"},
                                            "B": {"Type": "Task", "Resource": "chain", "End": True}}}
        self.server.create("chain", chain)
        self.call("POST", "/v1/executions", {"state_machine": "chain", "name": "c", "input": {"n": 1.5}})
        first = self.poll("chain")["tasks"][0]
        self.assertEqual((first["state_name"], first["input"]), ("A", {"n": 1.5}))
        answer = self.poll("chain", results=[{"token": first["token"], "output": {"n": 2}}])
        self.assertEqual(answer["results"], [{"accepted": True}])
        second = answer["tasks"][0]
        self.assertEqual((second["state_name"], second["input"]), ("B", {"n": 2}))
        done = self.call("POST", "/v1/tasks/complete", {"token": second["token"], "output": [3]})
        self.assertEqual(done.json(), {"accepted": True})
        ended = self.call("GET", "/v1/executions/chain:c?wait_seconds=20")
        self.assertEqual(ended.json()["output"], [3])
        twice = self.call("POST", "/v1/tasks/complete", {"token": second["token"], "output": [4]})
        self.assertIn(twice.status, (404, 409))
        self.assertEqual(self.call("GET", "/v1/executions/chain:c").json()["output"], [3])

    def test_failing_and_heartbeats(self):
        self.server.create("failing", {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "failing", "HeartbeatSeconds": 600, "End": True}}})
        self.call("POST", "/v1/executions", {"state_machine": "failing", "name": "f"})
        task = self.poll("failing")["tasks"][0]
        self.assertEqual(task["heartbeat_ms"], 600_000)
        beat = self.call("POST", "/v1/tasks/heartbeat", {"tokens": [task["token"], "nonsense"]}).json()["heartbeats"]
        self.assertEqual([entry["cancelled"] for entry in beat], [False, True])
        self.assertEqual(self.call("POST", "/v1/tasks/fail", {"token": task["token"], "error": "E", "cause": "c"}).status, 200)
        ended = self.call("GET", "/v1/executions/failing:f?wait_seconds=20").json()
        self.assertEqual((ended["status"], ended["error"], ended["cause"]), ("FAILED", "E", "c"))
        beat = self.call("POST", "/v1/tasks/heartbeat", {"tokens": [task["token"]]}).json()["heartbeats"]
        self.assertTrue(beat[0]["cancelled"])

    def test_a_waiting_poll_gets_the_next_task(self):
        self.server.create("greeting", GREET)
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.poll("greet")))
        waiting.start()
        self.call("POST", "/v1/executions", {"state_machine": "greeting"})
        waiting.join(30)
        self.assertEqual(len(answers[0]["tasks"]), 1)
        self.call("POST", "/v1/tasks/complete", {"token": answers[0]["tasks"][0]["token"], "output": None})

    def test_following_a_history(self):
        self.server.create("followed", {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "followed", "End": True}}})
        self.call("POST", "/v1/executions", {"state_machine": "followed", "name": "f"})
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("GET", "/v1/executions/followed:f/history", headers={"Accept": "text/event-stream"})
        stream = connection.getresponse()
        self.assertEqual(stream.headers["Content-Type"], "text/event-stream")
        seen = []
        while "TaskScheduled" not in seen:
            line = stream.readline().decode()
            if line.startswith("data: "):
                seen.append(json.loads(line[6:])["type"])
        task = self.poll("followed")["tasks"][0]
        self.call("POST", "/v1/tasks/complete", {"token": task["token"], "output": "done"})
        text = stream.read().decode()
        connection.close()
        self.assertIn("event: end\ndata: ", text)
        self.assertEqual(json.loads(text.rsplit("data: ", 1)[1])["output"], "done")

    def test_triggers(self):
        self.server.create("triggered", HELLO)
        hook = {"state_machine": "triggered", "webhook": {"signature": {"scheme": "none"}, "reply": "result"}}
        self.assertEqual(self.call("PUT", "/v1/triggers/hook", hook).status, 200)
        delivered = self.call("POST", "/hooks/hook", {"event": 1})
        self.assertEqual(delivered.status, 200, delivered.body)
        self.assertEqual(self.call("GET", "/v1/triggers/hook").json()["status"]["started"], 1)
        self.assertEqual([t["name"] for t in self.call("GET", "/v1/triggers").json()["items"]], ["hook"])
        wrong = self.call("PUT", "/v1/triggers/hook", {"webhook": {"signature": {"scheme": "magic"}}})
        self.assertEqual(wrong.status, 400)
        self.assertGreaterEqual(len(wrong.json()["errors"]), 2)
        self.assertEqual(self.call("DELETE", "/v1/triggers/hook").status, 204)
        self.assertEqual(self.call("GET", "/v1/triggers/hook").status, 404)
        self.assertEqual(self.call("POST", "/hooks/hook", {}).status, 404)

    def test_operation_routes(self):
        self.assertEqual(self.call("GET", "/healthz").json()["status"], "ok")
        self.assertEqual(self.call("GET", "/readyz").json()["status"], "ready")
        metrics = self.call("GET", "/metrics").body.decode()
        self.assertIn("stepstream_http_requests_total", metrics)
        self.assertEqual(set(metrics_guide.documented()), metrics_guide.in_sources())
        self.assertEqual(self.call("HEAD", "/healthz").status, 200)

    def test_unknown_names(self):
        for method, target, body in [
                ("GET", "/v1/state-machines/none", None), ("DELETE", "/v1/state-machines/none", None),
                ("GET", "/v1/executions/none:none", None), ("GET", "/v1/executions/none", None),
                ("GET", "/v1/executions/none:none/history", None), ("POST", "/v1/executions/none:none/stop", {}),
                ("POST", "/v1/executions", {"state_machine": "none"})]:
            with self.subTest(target=target):
                answer = self.call(method, target, body)
                self.assertEqual(answer.status, 404, answer.body)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")

    def test_results_with_a_long_poll_are_acknowledged_at_once(self):
        self.server.create("acknowledged", {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "idle", "End": True}}})
        started = self.call("POST", "/v1/executions", {"state_machine": "acknowledged", "input": {}}).json()
        token = self.poll("idle")["tasks"][0]["token"]
        begun = time.monotonic()
        answer = self.poll("idle", wait_seconds=60, results=[{"token": token, "output": 7}])
        self.assertLess(time.monotonic() - begun, 30)  # the queue has no task for all of the 60 s
        self.assertEqual((answer["tasks"], answer["results"]), ([], [{"accepted": True}]))
        arn = started["execution_arn"]
        self.assertEqual(self.call("GET", f"/v1/executions/{arn}?wait_seconds=20").json()["output"], 7)

    def test_wrong_tokens(self):
        for token in ("x", "", "A" * 1024, "../..", "\u00e4", "0" * 64):
            with self.subTest(token=token[:10]):
                answer = self.call("POST", "/v1/tasks/complete", {"token": token, "output": 1})
                self.assertIn(answer.status, (400, 404), answer.body)
                if token:
                    batch = self.poll("nobody", tasks_max=0, results=[{"token": token, "output": 1}])
                    self.assertFalse(batch["results"][0]["accepted"])


if __name__ == "__main__":
    unittest.main()
