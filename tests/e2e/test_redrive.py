"""Redrive over the real server: what failed goes on, with kill -9 between the failure and the redrive and in its middle."""
import unittest
from urllib.parse import quote

from stepstream_server import Server

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:"
TASK = {"Type": "Task", "Resource": "work", "End": True}
BRANCHES = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": True, "Branches": [
    {"StartAt": "Left", "States": {"Left": TASK}}, {"StartAt": "Right", "States": {"Right": TASK}}]}}}
EACH = {"StartAt": "Each", "States": {"Each": {
    "Type": "Map", "Label": "each", "MaxConcurrency": 4, "End": True, "ToleratedFailureCount": 2,
    "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                      "StartAt": "Work", "States": {"Work": TASK}}}}}


class RedriveTest(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.__exit__)

    def start(self, machine, value):
        body = {"state_machine": machine, "input": value}
        return self.server.call("POST", "/v1/executions", body).json()["execution_arn"]

    def show(self, arn, wait=0):
        return self.server.call("GET", f"/v1/executions/{quote(arn, safe='')}?wait_seconds={wait}").json()

    def poll(self, tasks_max=1):
        body = {"queue": "work", "tasks_max": tasks_max, "wait_seconds": 20}
        return self.server.call("POST", "/v1/tasks/poll", body).json()["tasks"]

    def complete(self, task, output):
        self.server.call("POST", "/v1/tasks/complete", {"token": task["token"], "output": output})

    def fail(self, task):
        self.server.call("POST", "/v1/tasks/fail", {"token": task["token"], "error": "Odd", "cause": "on purpose"})

    def redrive(self, arn, body=None):
        return self.server.call("POST", f"/v1/executions/{quote(arn, safe='')}/redrive", body or {})

    def kill(self):
        self.server.kill()
        self.server.start()

    def test_branches_survive_kills(self):
        self.server.create("m", BRANCHES)
        arn = self.start("m", 5)
        tasks = {task["state_name"]: task for task in self.poll() + self.poll()}
        self.assertEqual(self.show(arn)["redrive_status"], "NOT_REDRIVABLE")
        self.assertEqual(self.redrive(arn).status, 409)
        self.complete(tasks["Left"], "left")
        self.fail(tasks["Right"])
        self.assertEqual(self.show(arn, 20)["status"], "FAILED")
        self.kill()
        self.assertEqual(self.show(arn)["redrive_status"], "REDRIVABLE")
        first = self.redrive(arn, {"client_token": "t"}).json()["redrive_time"]
        self.kill()
        self.assertEqual(self.redrive(arn, {"client_token": "t"}).json()["redrive_time"], first)
        task, = self.poll(10)
        self.assertEqual((task["state_name"], task["input"]), ("Right", 5))
        self.complete(task, "right")
        ended = self.show(arn, 20)
        self.assertEqual((ended["status"], ended["output"]), ("SUCCEEDED", ["left", "right"]))
        self.assertEqual((ended["redrive_count"], ended["redrive_time"]), (1, first))
        refused = self.redrive(arn)
        self.assertEqual((refused.status, refused.json()["detail"]), (409, "Execution is SUCCEEDED and cannot be redriven"))

    def test_map_run_goes_on(self):
        self.server.create("m", EACH)
        arn = self.start("m", list(range(12)))
        done = self.poll(4)
        for task in done:
            self.complete(task, task["input"] * 10)
        for _ in range(3):
            self.fail(self.poll()[0])
        self.assertEqual(self.show(arn, 20)["status"], "FAILED")
        self.redrive(arn)
        self.kill()
        path = "/v1/map-runs/" + quote(self.server.call("GET", f"/v1/executions/{arn}/map-runs").json()["items"][0]["map_run_arn"], safe="")
        while (run := self.server.call("GET", path).json())["status"] == "RUNNING":
            for task in self.poll(10):
                self.complete(task, task["input"] * 10)
        self.assertEqual((run["status"], run["redrive_count"], run["executions"]["succeeded"]), ("SUCCEEDED", 1, 12))
        self.assertEqual(self.show(arn, 20)["output"], [10 * i for i in range(12)])

    def test_nested_execution_begins_anew(self):
        """The parent's task is scheduled again and starts another child; what succeeded before is kept."""
        nest = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
                "Parameters": {"StateMachineArn": MACHINE + "child", "Input.$": "$"}}
        self.server.create("child", {"StartAt": "Work", "States": {"Work": TASK}})
        self.server.create("m", {"StartAt": "First", "States": {"First": {"Type": "Task", "Resource": "work", "Next": "Nest"}, "Nest": nest}})
        arn = self.start("m", 1)
        self.complete(self.poll()[0], {"first": True})
        self.fail(self.poll()[0])
        self.assertEqual(self.show(arn, 20)["status"], "FAILED")
        self.redrive(arn)
        self.kill()
        task, = self.poll()
        self.assertEqual(task["input"], {"first": True})
        self.complete(task, "done")
        ended = self.show(arn, 20)
        self.assertEqual((ended["status"], ended["output"]["Output"], ended["redrive_count"]), ("SUCCEEDED", "done", 1))
        children = self.server.call("GET", "/v1/executions?state_machine=child").json()["items"]
        self.assertEqual(sorted(child["status"] for child in children), ["FAILED", "SUCCEEDED"])


if __name__ == "__main__":
    unittest.main()
