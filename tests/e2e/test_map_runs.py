"""Map Runs over the real server: children are executions, counts and limits, kill -9 in the middle."""
import unittest
from urllib.parse import quote

from stepstream_server import Server, eventually

DISTRIBUTED = {
    "StartAt": "Each",
    "States": {"Each": {
        "Type": "Map", "Label": "each", "MaxConcurrency": 3, "End": True,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "work", "End": True}}}}}}


class MapRunTest(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.__exit__)
        self.server.create("m", DISTRIBUTED)

    def start(self, items):
        return self.server.call("POST", "/v1/executions", {"state_machine": "m", "input": items}).json()["execution_arn"]

    def map_run(self, arn):
        return self.server.call("GET", f"/v1/executions/{arn}/map-runs").json()["items"][0]

    def show(self, map_run_arn):
        return self.server.call("GET", "/v1/map-runs/" + quote(map_run_arn, safe="")).json()

    def work(self, tasks_max=10):
        tasks = self.server.call("POST", "/v1/tasks/poll",
                                 {"queue": "work", "tasks_max": tasks_max, "wait_seconds": 20}).json()["tasks"]
        for task in tasks:
            self.server.call("POST", "/v1/tasks/complete", {"token": task["token"], "output": task["input"] * 10})
        return len(tasks)

    def test_children_are_executions_and_survive_kill(self):
        arn = self.start(list(range(20)))
        run = self.map_run(arn)
        self.assertEqual((run["status"], run["executions"]["total"]), ("RUNNING", 20))
        eventually(lambda: self.show(run["map_run_arn"])["executions"]["running"] == 3)
        self.work()
        self.server.kill()
        self.server.start()
        while self.show(run["map_run_arn"])["status"] == "RUNNING":
            self.work()
        ended = self.server.call("GET", f"/v1/executions/{arn}?wait_seconds=20").json()
        self.assertEqual(ended["output"], [10 * i for i in range(20)])
        run = self.show(run["map_run_arn"])
        self.assertEqual((run["status"], run["executions"]["succeeded"], run["items"]["succeeded"]), ("SUCCEEDED", 20, 20))
        children = self.server.call("GET", f"/v1/executions?map_run={quote(run['map_run_arn'], safe='')}").json()["items"]
        self.assertEqual(len(children), 20)
        child = self.server.call("GET", "/v1/executions/" + quote(children[0]["execution_arn"], safe="")).json()
        self.assertEqual((child["status"], child["map_run_arn"]), ("SUCCEEDED", run["map_run_arn"]))
        self.assertEqual(len(self.server.call("GET", "/v1/executions").json()["items"]), 1)

    def test_update_and_stop(self):
        arn = self.start(list(range(10)))
        run = self.map_run(arn)["map_run_arn"]
        eventually(lambda: self.show(run)["executions"]["running"] == 3)
        updated = self.server.call("POST", "/v1/map-runs/" + quote(run, safe=""), {"max_concurrency": 5})
        self.assertEqual(updated.json()["max_concurrency"], 5, updated.body)
        eventually(lambda: self.show(run)["executions"]["running"] == 5)
        self.server.call("POST", f"/v1/executions/{arn}/stop", {})
        shown = self.show(run)
        self.assertEqual((shown["status"], shown["executions"]["aborted"]), ("ABORTED", 5))
        refused = self.server.call("POST", "/v1/map-runs/" + quote(run, safe=""), {"max_concurrency": 5})
        self.assertEqual(refused.status, 409)


if __name__ == "__main__":
    unittest.main()
