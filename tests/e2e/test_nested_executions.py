"""Nested executions: states:startExecution in all its patterns, over the real server, kill -9 in the middle included."""
import json
import unittest

from stepstream_server import Server, eventually

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:"
CHILD = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "work", "End": True}}}
QUICK = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "Result": {"done": True}, "End": True}}}
BROKEN = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}}}


def parent(pattern, child, **parameters):
    task = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution" + pattern, "End": True,
            "Parameters": {"StateMachineArn": MACHINE + child, **parameters}}
    return {"StartAt": "Nest", "States": {"Nest": task}}


def events(server, arn):
    return server.call("GET", f"/v1/executions/{arn}/history?limit=1000").json()["events"]


def types(server, arn):
    return [event["type"] for event in events(server, arn)]


def children(server, machine):
    return server.call("GET", f"/v1/executions?state_machine={machine}").json()["items"]


class NestedTest(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.__exit__)
        for name, definition in {"quick": QUICK, "work": CHILD, "broken": BROKEN}.items():
            self.server.create(name, definition)

    def run_parent(self, definition, input=None, name="parent", wait=20):
        self.server.create(name, definition)
        return self.server.call("POST", "/v1/executions",
                                {"state_machine": name, "input": input or {}, "wait_seconds": wait}).json()

    def start(self, name):
        return self.server.call("POST", "/v1/executions", {"state_machine": name}).json()["execution_arn"]

    def answer_work(self, output):
        tasks = self.server.call("POST", "/v1/tasks/poll", {"queue": "work", "wait_seconds": 20}).json()["tasks"]
        self.assertEqual(len(tasks), 1)
        return self.server.call("POST", "/v1/tasks/complete", {"token": tasks[0]["token"], "output": output})

    def describe(self, arn):
        return self.server.call("GET", f"/v1/executions/{arn}").json()

    def test_a_state_alone_really_starts_its_child(self):
        task = parent("", "quick", Name="tested")["States"]["Nest"]
        tested = self.server.call("POST", "/v1/test-state", {"definition": task, "role_arn": "arn:aws:iam::000000000000:role/test"}).json()
        self.assertEqual(tested["status"], "SUCCEEDED", tested)
        self.assertEqual([child["execution_arn"] for child in children(self.server, "quick")], [tested["output"]["ExecutionArn"]])
        self.assertEqual(self.server.call("GET", "/v1/executions").json()["items"], children(self.server, "quick"))

    def test_request_response_gives_arn_and_date(self):
        ended = self.run_parent(parent("", "quick", Name="the-child"))
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual(ended["output"]["ExecutionArn"], "arn:aws:states:us-east-1:000000000000:execution:quick:the-child")
        self.assertIsInstance(ended["output"]["StartDate"], int)
        self.assertEqual(ended["output"]["SdkHttpMetadata"]["HttpStatusCode"], 200)
        self.assertEqual(types(self.server, ended["execution_arn"]),
                         ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded",
                          "TaskStateExited", "ExecutionSucceeded"])

    def test_sync_gives_output_as_text_and_sync_2_as_json(self):
        for pattern, expected in ((".sync", '{"done":true}'), (".sync:2", {"done": True})):
            ended = self.run_parent(parent(pattern, "quick", Input={"a": 1}), name="parent" + pattern[5:].replace(":", ""))
            self.assertEqual(ended["status"], "SUCCEEDED", ended)
            self.assertEqual(ended["output"]["Output"], expected)
            self.assertEqual(ended["output"]["Input"], '{"a":1}' if pattern == ".sync" else {"a": 1})
            self.assertEqual(ended["output"]["Status"], "SUCCEEDED")
            kinds = [kind for kind in types(self.server, ended["execution_arn"]) if kind.startswith("Task") and "State" not in kind]
            self.assertEqual(kinds, ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"])

    def test_failed_child_fails_the_task_with_its_description(self):
        ended = self.run_parent(parent(".sync:2", "broken"))
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.TaskFailed"))
        cause = json.loads(ended["cause"])
        self.assertEqual((cause["Status"], cause["Error"], cause["Cause"]), ("FAILED", "Broken", "on purpose"))

    def test_unknown_state_machine(self):
        ended = self.run_parent(parent("", "nowhere"))
        self.assertEqual(ended["error"], "StepFunctions.StateMachineDoesNotExistException")
        self.assertIn("Error Code: StateMachineDoesNotExist", ended["cause"])
        ended = self.run_parent(parent(".sync", "nowhere"), name="parent2")
        self.assertIn("TaskSubmitFailed", types(self.server, ended["execution_arn"]))

    def test_name_that_another_execution_has(self):
        self.server.call("POST", "/v1/executions", {"state_machine": "quick", "name": "taken", "wait_seconds": 10})
        ended = self.run_parent(parent(".sync", "quick", Name="taken", Input={"other": 1}))
        self.assertEqual(ended["error"], "StepFunctions.ExecutionAlreadyExistsException")

    def test_wait_for_task_token(self):
        self.server.create("parent", parent(".waitForTaskToken", "work", **{"Input": {"token.$": "$$.Task.Token"}}))
        arn = self.start("parent")
        task = self.server.call("POST", "/v1/tasks/poll", {"queue": "work", "wait_seconds": 20}).json()["tasks"][0]
        eventually(lambda: "TaskSubmitted" in types(self.server, arn))
        answered = self.server.call("POST", "/v1/tasks/complete", {"token": task["input"]["token"], "output": {"called": "back"}})
        self.assertLess(answered.status, 300, answered.body)
        ended = self.server.call("GET", f"/v1/executions/{arn}?wait_seconds=20").json()
        self.assertEqual(ended["output"], {"called": "back"})

    def test_stop_of_the_parent_stops_the_child(self):
        self.server.create("parent", parent(".sync", "work"))
        arn = self.start("parent")
        eventually(lambda: "TaskSubmitted" in types(self.server, arn))
        self.server.call("POST", f"/v1/executions/{arn}/stop", {"error": "Enough"})
        eventually(lambda: children(self.server, "work")[0]["status"] == "ABORTED")

    def test_timeout_of_the_task_stops_the_child(self):
        definition = parent(".sync", "work")
        definition["States"]["Nest"]["TimeoutSeconds"] = 1
        ended = self.run_parent(definition)
        self.assertEqual(ended["error"], "States.Timeout")
        eventually(lambda: children(self.server, "work")[0]["status"] == "ABORTED")

    def test_sdk_calls(self):
        states = {"Start": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
                            "Parameters": {"StateMachineArn": MACHINE + "work"}, "Next": "Stop"},
                  "Stop": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:stopExecution", "ResultPath": "$.stopped",
                           "Parameters": {"ExecutionArn.$": "$.ExecutionArn", "Error": "Mine"}, "Next": "Describe"},
                  "Describe": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
                               "Parameters": {"ExecutionArn.$": "$.ExecutionArn"}, "End": True}}
        ended = self.run_parent({"StartAt": "Start", "States": states})
        self.assertEqual((ended["output"]["Status"], ended["output"]["Error"]), ("ABORTED", "Mine"), ended)
        self.server.call("POST", "/v1/state-machines", {"name": "express", "type": "EXPRESS", "definition": QUICK})
        sync = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution", "End": True,
                "Parameters": {"StateMachineArn": MACHINE + "express"}}
        ended = self.run_parent({"StartAt": "Sync", "States": {"Sync": sync}}, name="parent2")
        self.assertEqual(ended["output"]["Output"], '{"done":true}')

    def test_child_knows_its_parent(self):
        ended = self.run_parent(parent(".sync", "quick", Name="c"))
        child = self.describe(ended["output"]["ExecutionArn"])
        self.assertEqual(child["parent_execution_arn"], ended["execution_arn"])

    def test_metrics(self):
        self.run_parent(parent(".sync", "quick"))
        self.server.create("open", parent(".sync", "work"))
        arn = self.start("open")
        eventually(lambda: "TaskSubmitted" in types(self.server, arn))
        text = self.server.call("GET", "/metrics").body.decode()
        self.assertIn('stepstream_integration_tasks_total{kind="nested"} 2\n', text)
        self.assertIn("stepstream_nested_executions_awaited 1\n", text)
        self.assertIn("stepstream_http_calls_open 0\n", text)

    def test_parent_named_in_the_input(self):
        given = {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:parent"}
        ended = self.server.call("POST", "/v1/executions", {"state_machine": "quick", "input": given, "wait_seconds": 10})
        self.assertEqual(ended.json()["parent_execution_arn"], "arn:parent")

    def test_express_parent(self):
        self.server.create("express", parent("", "quick"), type="EXPRESS")
        ended = self.server.call("POST", "/v1/executions", {"state_machine": "express", "wait_seconds": 20}).json()
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        eventually(lambda: [item["status"] for item in children(self.server, "quick")] == ["SUCCEEDED"])

    def test_express_child(self):
        self.server.create("express", QUICK, type="EXPRESS")
        self.assertEqual(self.run_parent(parent("", "express"))["status"], "SUCCEEDED")
        ended = self.run_parent(parent(".sync", "express"), name="parent2")
        self.assertEqual(ended["error"], "StepFunctions.StateMachineTypeNotSupportedException")

    def test_a_thousand_children_of_one_map(self):
        definition = {"StartAt": "All", "States": {"All": {"Type": "Map", "MaxConcurrency": 50, "End": True,
                                                           "ItemProcessor": parent(".sync:2", "quick", **{"Input.$": "$"})}}}
        definition["States"]["All"]["ItemProcessor"]["States"]["Nest"]["OutputPath"] = "$.ExecutionArn"
        self.server.create("wide", definition)
        arn = self.server.call("POST", "/v1/executions", {"state_machine": "wide", "input": [{"i": i} for i in range(1000)]})
        arn = arn.json()["execution_arn"]
        eventually(lambda: len(children(self.server, "quick")) > 20)
        self.server.kill()
        self.server.start()
        ended = self.server.call("GET", f"/v1/executions/{arn}?wait_seconds=60").json()
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual(len(set(ended["output"])), 1000)

    def test_kill_in_the_middle_ends_both_once(self):
        self.server.create("parent", parent(".sync:2", "work"))
        arn = self.start("parent")
        eventually(lambda: "TaskSubmitted" in types(self.server, arn))
        for _ in range(2):
            self.server.kill()
            self.server.start()
        self.assertLess(self.answer_work({"n": 1}).status, 300)
        ended = self.server.call("GET", f"/v1/executions/{arn}?wait_seconds=20").json()
        self.assertEqual((ended["status"], ended["output"]["Output"]), ("SUCCEEDED", {"n": 1}))
        self.assertEqual(len(children(self.server, "work")), 1)
        self.assertEqual(types(self.server, arn).count("TaskSubmitted"), 1)
        self.assertEqual(types(self.server, arn).count("TaskSucceeded"), 1)

    def test_kill_while_children_start(self):
        """Whatever a kill interrupts, each parent has one child in the end."""
        self.server.create("parent", parent(".sync", "quick"))
        for round in range(3):
            for n in range(20):
                self.server.call("POST", "/v1/executions", {"state_machine": "parent", "name": f"p{round}-{n}"})
            self.server.kill()
            self.server.start()
        eventually(lambda: all(item["status"] == "SUCCEEDED" for item in children(self.server, "parent")))
        self.assertEqual(len(children(self.server, "parent")), 60)
        self.assertEqual(len(children(self.server, "quick")), 60)

    def test_kill_after_the_parent_was_stopped(self):
        self.server.create("parent", parent(".sync", "work"))
        arns = [self.start("parent") for _ in range(10)]
        for arn in arns:
            eventually(lambda: "TaskSubmitted" in types(self.server, arn))
        for arn in arns:
            self.server.call("POST", f"/v1/executions/{arn}/stop", {})
        self.server.kill()
        self.server.start()
        eventually(lambda: all(item["status"] == "ABORTED" for item in children(self.server, "work")))


if __name__ == "__main__":
    unittest.main()
