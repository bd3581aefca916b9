"""`stepstream server --mock-config`: Step Functions Local's file, ARN#TestCase, answers counted across retries and kills."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from stepstream_server import BINARY, Server, eventually

RETRY = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}]
ORDER = {"StartAt": "Charge", "States": {
    "Charge": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": RETRY, "OutputPath": "$.Payload",
               "Parameters": {"FunctionName": "charge"}, "Next": "Ship"},
    "Ship": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
             "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}}, "End": True}}}
MOCKS = {
    "StateMachines": {"order": {"TestCases": {
        "Happy": {"Charge": "charged", "Ship": "shipped"}, "Busy": {"Charge": "third time", "Ship": "shipped"},
        "Late": {"Charge": "late"}, "Half": {"Charge": "charged"}}},
        "quick": {"TestCases": {"One": {"A": "one"}}}},
    "MockedResponses": {
        "charged": {"0": {"Return": {"StatusCode": 200, "Payload": {"paid": True}}}},
        "third time": {"0-1": {"Throw": {"Error": "Busy", "Cause": "try again"}},
                       "2": {"Return": {"StatusCode": 200, "Payload": {"paid": 3}}}},
        "late": {"0": {"Throw": {"Error": "States.Timeout", "Cause": ""}}},
        "one": {"0": {"Return": {"one": 1}}},
        "shipped": {"0": {"Return": {"shipped": True}}}}}


class MocksTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "mocks.json"
        self.file.write_text(json.dumps(MOCKS))
        self.server = Server("--mock-config", self.file).start()
        self.addCleanup(self.server.__exit__)
        self.server.create("order", ORDER)

    def start(self, case, wait=30):
        return self.server.call("POST", "/v1/executions", {"state_machine": "order#" + case, "wait_seconds": wait})

    def types(self, arn):
        return [e["type"] for e in self.server.call("GET", f"/v1/executions/{arn}/history?limit=1000").json()["events"]]

    def test_a_test_case_needs_no_worker(self):
        ended = self.start("Happy").json()
        self.assertEqual((ended["status"], ended["output"]), ("SUCCEEDED", {"shipped": True}))
        kinds = [kind for kind in self.types(ended["execution_arn"]) if kind.startswith("Task") and "State" not in kind]
        self.assertEqual(kinds, ["TaskScheduled", "TaskStarted", "TaskSucceeded",
                                 "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"])

    def test_answers_are_numbered_by_attempt_across_a_kill(self):
        arn = self.start("Busy", 0).json()["execution_arn"]
        eventually(lambda: "TaskFailed" in self.types(arn))
        self.server.kill()
        self.server.start()
        ended = self.server.call("GET", f"/v1/executions/{arn}?wait_seconds=30").json()
        self.assertEqual(ended["status"], "SUCCEEDED")
        self.assertEqual(self.types(arn).count("TaskFailed"), 2)

    def test_a_thrown_timeout_is_one(self):
        ended = self.start("Late").json()
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.Timeout"))
        self.assertIn("TaskTimedOut", self.types(ended["execution_arn"]))

    def test_synchronous_express_executions_over_the_aws_api(self):
        self.server.create("quick", {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "a", "End": True}}}, type="EXPRESS")
        arn = "arn:aws:states:us-east-1:000000000000:stateMachine:quick#One"
        headers = {"X-Amz-Target": "AWSStepFunctions.StartSyncExecution", "Content-Type": "application/x-amz-json-1.0"}
        answer = self.server.call("POST", "/", {"stateMachineArn": arn}, headers)
        self.assertEqual(answer.json().get("output"), '{"one":1}', answer.body)

    def test_other_states_go_to_their_workers(self):
        arn = self.start("Half", 0).json()["execution_arn"]
        task = self.server.call("POST", "/v1/tasks/poll", {"queue": "sqs:sendMessage", "wait_seconds": 20}).json()["tasks"][0]
        self.server.call("POST", "/v1/tasks/complete", {"token": task["input"]["MessageBody"]["token"], "output": "by hand"})
        self.assertEqual(self.server.call("GET", f"/v1/executions/{arn}?wait_seconds=20").json()["output"], "by hand")

    def test_unknown_test_cases_and_broken_files_are_refused(self):
        refused = self.start("Nothing")
        self.assertEqual((refused.status, refused.json()["code"]), (400, "InvalidArn"))
        self.file.write_text('{"StateMachines": {"a": {"TestCases": {"b": {"c": "none"}}}}}')
        done = subprocess.run([BINARY, "server", "--data", self.file.parent / "d", "--listen", "127.0.0.1:0",
                               "--mock-config", self.file], capture_output=True, text=True, timeout=30)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no such entry in MockedResponses", done.stderr)


if __name__ == "__main__":
    unittest.main()
