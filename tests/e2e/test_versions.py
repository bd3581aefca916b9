"""Versions and aliases of state machines over the AWS wire API, kept through kill -9; page tokens."""
import json
import threading
import unittest

from stepstream_server import Server


def passing(word):
    return json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": word, "End": True}}})


class VersionsTest(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.__exit__)

    def ask(self, action, **members):
        answer = self.server.call("POST", "/", members, {"X-Amz-Target": "AWSStepFunctions." + action,
                                                        "Content-Type": "application/x-amz-json-1.0"})
        return answer.status, answer.json()

    def ok(self, action, **members):
        status, answer = self.ask(action, **members)
        self.assertEqual(status, 200, answer)
        return answer

    def refused(self, exception, action, **members):
        status, answer = self.ask(action, **members)
        self.assertEqual((status, answer.get("__type")), (400, exception), answer)
        return answer["message"]

    def create(self, name="greet", word="one", **more):
        return self.ok("CreateStateMachine", name=name, definition=passing(word), roleArn="arn:aws:iam::1:role/r",
                       **more)

    def update(self, arn, word, **more):
        return self.ok("UpdateStateMachine", stateMachineArn=arn, definition=passing(word), **more)

    def versions(self, arn):
        listed = self.ok("ListStateMachineVersions", stateMachineArn=arn)["stateMachineVersions"]
        return [int(v["stateMachineVersionArn"].rpartition(":")[2]) for v in listed]

    def run_to_end(self, arn, name):
        started = self.ok("StartExecution", stateMachineArn=arn, name=name)
        ended = self.server.call("GET", f"/v1/executions/{started['executionArn']}?wait_seconds=30").json()
        return ended["output"], self.ok("DescribeExecution", executionArn=started["executionArn"])

    def test_numbers_are_never_used_again(self):
        arn = self.create(publish=True)["stateMachineArn"]
        self.update(arn, "two", publish=True)
        self.ok("DeleteStateMachineVersion", stateMachineVersionArn=arn + ":2")
        published = self.ok("PublishStateMachineVersion", stateMachineArn=arn)
        again = self.ok("PublishStateMachineVersion", stateMachineArn=arn)
        self.assertEqual(published["stateMachineVersionArn"], arn + ":3")
        self.assertEqual(published, again)
        self.assertEqual(self.versions(arn), [3, 1])

    def test_another_revision_is_a_conflict(self):
        arn = self.create()["stateMachineArn"]
        self.ok("PublishStateMachineVersion", stateMachineArn=arn, revisionId="INITIAL")
        old = self.update(arn, "two")["revisionId"]
        self.assertEqual(self.update(arn, "two")["revisionId"], old)
        self.update(arn, "three")
        self.assertIn(old, self.refused("ConflictException", "PublishStateMachineVersion", stateMachineArn=arn,
                                        revisionId=old))

    def test_executions_run_the_version_they_name_and_remember_it(self):
        arn = self.create(publish=True)["stateMachineArn"]
        self.update(arn, "two", publish=True)
        self.ok("CreateStateMachineAlias", name="live",
                routingConfiguration=[{"stateMachineVersionArn": arn + ":1", "weight": 100}])
        output, described = self.run_to_end(arn + ":live", "a")
        self.assertEqual(output, "one")
        self.assertEqual((described["stateMachineVersionArn"], described["stateMachineAliasArn"]),
                         (arn + ":1", arn + ":live"))
        output, described = self.run_to_end(arn + ":2", "b")
        self.assertEqual((output, described["stateMachineVersionArn"]), ("two", arn + ":2"))
        self.assertNotIn("stateMachineAliasArn", described)
        output, described = self.run_to_end(arn, "c")
        self.assertNotIn("stateMachineVersionArn", described)
        for qualified, name in ((arn + ":live", "a"), (arn + ":2", "b")):
            listed = self.ok("ListExecutions", stateMachineArn=qualified)["executions"]
            self.assertEqual([item["name"] for item in listed], [name])
        self.assertEqual(len(self.ok("ListExecutions", stateMachineArn=arn)["executions"]), 3)
        self.refused("StateMachineDoesNotExist", "StartExecution", stateMachineArn=arn + ":9")

    def test_weights_divide_executions_by_their_names(self):
        arn = self.create(publish=True)["stateMachineArn"]
        self.update(arn, "two", publish=True)
        routes = [{"stateMachineVersionArn": arn + ":1", "weight": 30},
                  {"stateMachineVersionArn": arn + ":2", "weight": 70}]
        self.ok("CreateStateMachineAlias", name="live", routingConfiguration=routes)
        for number in range(100):
            self.ok("StartExecution", stateMachineArn=arn + ":live", name=f"order-{number}")
        first = len(self.ok("ListExecutions", stateMachineArn=arn + ":1")["executions"])
        second = len(self.ok("ListExecutions", stateMachineArn=arn + ":2")["executions"])
        self.assertEqual(first + second, 100)
        self.assertTrue(15 <= first <= 45, first)

    def test_a_version_that_an_alias_names_stays(self):
        arn = self.create(publish=True)["stateMachineArn"]
        self.update(arn, "two", publish=True)
        alias = self.ok("CreateStateMachineAlias", name="live", routingConfiguration=[
            {"stateMachineVersionArn": arn + ":1", "weight": 100}])["stateMachineAliasArn"]
        self.assertIn("[live]", self.refused("ConflictException", "DeleteStateMachineVersion",
                                             stateMachineVersionArn=arn + ":1"))
        self.refused("ResourceNotFound", "UpdateStateMachineAlias", stateMachineAliasArn=alias,
                     routingConfiguration=[{"stateMachineVersionArn": arn + ":7", "weight": 100}])
        self.ok("UpdateStateMachineAlias", stateMachineAliasArn=alias, routingConfiguration=[
            {"stateMachineVersionArn": arn + ":2", "weight": 100}])
        self.ok("DeleteStateMachineVersion", stateMachineVersionArn=arn + ":1")

    def test_deleting_a_state_machine_deletes_its_versions_and_aliases(self):
        arn = self.create(publish=True)["stateMachineArn"]
        alias = self.ok("CreateStateMachineAlias", name="live", routingConfiguration=[
            {"stateMachineVersionArn": arn + ":1", "weight": 100}])["stateMachineAliasArn"]
        self.ok("DeleteStateMachine", stateMachineArn=arn)
        self.refused("ResourceNotFound", "DescribeStateMachineAlias", stateMachineAliasArn=alias)
        self.create(word="new")
        self.assertEqual(self.versions(arn), [])
        self.refused("ResourceNotFound", "DescribeStateMachineAlias", stateMachineAliasArn=alias)

    def test_kills_lose_and_double_nothing(self):
        arn = self.create(publish=True)["stateMachineArn"]
        acknowledged = {1}
        for round_number in range(3):
            stop = threading.Event()

            def publish():
                count = 0
                while not stop.is_set():
                    count += 1
                    try:
                        done = self.update(arn, f"{round_number}-{count}", publish=True)
                        acknowledged.add(int(done["stateMachineVersionArn"].rpartition(":")[2]))
                    except (OSError, AssertionError, ValueError):
                        return

            before = len(acknowledged)
            publisher = threading.Thread(target=publish)
            publisher.start()
            while publisher.is_alive() and len(acknowledged) < before + 5:
                publisher.join(0.01)
            self.server.kill()
            stop.set()
            publisher.join()
            self.server.start()
            kept = self.versions(arn)
            self.assertEqual(len(kept), len(set(kept)))
            self.assertLessEqual(acknowledged, set(kept))
        for number in sorted(acknowledged):
            self.ok("DescribeStateMachine", stateMachineArn=f"{arn}:{number}")

    def test_rest_has_them_too(self):
        arn = self.create()["stateMachineArn"]
        one = "/v1/state-machines/greet"
        self.assertEqual(self.server.call("POST", one + "/versions", {"description": "first"}).json()["version"], 1)
        self.assertEqual([v["description"] for v in self.server.call("GET", one + "/versions").json()["items"]],
                         ["first"])
        made = self.server.call("PUT", one + "/aliases/live", {"routes": [{"version": 1}]})
        self.assertEqual((made.status, made.json()["routes"]), (201, [{"version": 1, "weight": 100}]))
        self.update(arn, "two", publish=True)
        halves = [{"version": 1, "weight": 50}, {"version": 2, "weight": 50}]
        changed = self.server.call("PUT", one + "/aliases/live", {"routes": halves, "description": "both"})
        self.assertEqual((changed.status, changed.json()["routes"]), (200, halves))
        self.assertEqual(self.server.call("GET", one + "/aliases/live").json()["description"], "both")
        self.assertEqual(len(self.server.call("GET", one + "/aliases").json()["items"]), 1)
        self.assertEqual(self.server.call("DELETE", one + "/versions/1").status, 409)
        self.assertEqual(self.server.call("PUT", one + "/aliases/live", {"routes": [{"version": 9}]}).status, 404)
        self.assertEqual(self.server.call("PUT", one + "/aliases/12", {"routes": [{"version": 1}]}).status, 400)
        self.assertEqual(self.server.call("DELETE", one + "/aliases/live").status, 204)
        self.assertEqual(self.server.call("GET", one + "/aliases/live").status, 404)
        self.assertEqual(self.server.call("DELETE", one + "/versions/1").status, 204)

    def test_page_tokens_refuse_what_was_changed_and_survive_a_restart(self):
        arn = self.create(publish=True)["stateMachineArn"]
        self.update(arn, "two", publish=True)
        self.update(arn, "three", publish=True)
        first = self.ok("ListStateMachineVersions", stateMachineArn=arn, maxResults=2)
        token = first["nextToken"]
        changed = token[:-1] + ("0" if token[-1] != "0" else "1")
        for wrong in (changed, "x", token[:31], token + "00", "3"):
            self.refused("InvalidToken", "ListStateMachineVersions", stateMachineArn=arn, nextToken=wrong)
        self.refused("InvalidToken", "ListStateMachines", nextToken=token)
        self.server.kill()
        self.server.start()
        rest = self.ok("ListStateMachineVersions", stateMachineArn=arn, nextToken=token)
        self.assertEqual([v["stateMachineVersionArn"] for v in rest["stateMachineVersions"]], [arn + ":1"])
        self.assertNotIn("nextToken", rest)


if __name__ == "__main__":
    unittest.main()
