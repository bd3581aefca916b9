"""Keys, what they may do, and that they are read again: the whole server over HTTP."""
import datetime
import json
import pathlib
import signal
import subprocess
import tempfile
import unittest
import urllib.parse

import aws_signer
from stepstream_server import BINARY, GREET, HELLO, Server, eventually

MINE, OTHER = "000000000000", "999999999999"
MACHINE = f"arn:aws:states:us-east-1:{MINE}:stateMachine:"


def make_key(file, *arguments):
    done = subprocess.run([BINARY, "key", "create", file, "--json", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    return made["id"], made["secret"]


def bearer(key):
    return {"Authorization": "Bearer " + key[1]}


class Access(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.keys = pathlib.Path(folder.name) / "keys.json"
        self.ops = make_key(self.keys, "--id", "ops", "--action", "states:*")

    def start(self, *arguments):
        server = Server("--key-file", str(self.keys), *arguments)
        server.key_header = bearer(self.ops)
        self.addCleanup(server.__exit__)
        return server.start()

    def reload(self, server):
        said = server.log().count("SIGHUP")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.log().count("SIGHUP") > said)

    def test_without_a_key_nothing_but_health(self):
        server = self.start()
        self.assertEqual(server.call("GET", "/v1/executions").status, 401)
        for wrong in ("open", "ops", self.ops[1][:-1], self.ops[1] + "0", self.ops[1].upper()):
            self.assertEqual(server.call("GET", "/v1/executions", headers={"Authorization": "Bearer " + wrong}).status, 401)
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(self.ops)).status, 200)
        self.assertEqual(server.call("GET", "/healthz").status, 200)
        unsigned = server.call("POST", "/", {}, {"X-Amz-Target": "AWSStepFunctions.ListStateMachines"})
        self.assertEqual((unsigned.status, unsigned.json()["__type"]), (403, "MissingAuthenticationToken"))
        as_bearer = aws_signer.call(server, ("ops", self.ops[1]), "ListStateMachines", {})
        self.assertEqual(as_bearer.json()["__type"], "UnrecognizedClientException")

    def test_two_authorization_headers_are_refused(self):
        import http.client
        server = self.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.addCleanup(connection.close)
        connection.putrequest("GET", "/v1/executions")
        for _ in range(2):
            connection.putheader("Authorization", "Bearer " + self.ops[1])
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 401)

    def test_scopes_bound_what_a_key_may_do_over_rest(self):
        reader = make_key(self.keys, "--id", "reader", "--action", "states:Describe*", "--action", "states:StartExecution",
                          "--resource", MACHINE + "red*")
        server = self.start()
        for name in ("red", "blue"):
            made = server.call("POST", "/v1/state-machines", {"name": name, "definition": HELLO}, bearer(self.ops))
            self.assertEqual(made.status, 201)
        self.assertEqual(server.call("GET", "/v1/state-machines/red", headers=bearer(reader)).status, 200)
        refused = server.call("GET", "/v1/state-machines/blue", headers=bearer(reader))
        self.assertEqual((refused.status, refused.json()["code"]), (403, "AccessDenied"))
        self.assertIn(f"not authorized to perform: states:DescribeStateMachine on resource: {MACHINE}blue", refused.json()["detail"])
        self.assertEqual(server.call("DELETE", "/v1/state-machines/red", headers=bearer(reader)).status, 403)
        self.assertEqual(server.call("GET", "/v1/state-machines", headers=bearer(reader)).status, 403)
        start = {"state_machine": "red", "name": "one"}
        self.assertEqual(server.call("POST", "/v1/executions", start, bearer(reader)).status, 201)
        self.assertEqual(server.call("POST", "/v1/executions", {**start, "wait_seconds": 5}, bearer(reader)).status, 403)
        self.assertEqual(server.call("GET", "/v1/executions/red:one", headers=bearer(reader)).status, 403)
        self.assertEqual(server.call("GET", "/v1/executions/red:one", headers=bearer(self.ops)).status, 200)

    def test_scopes_bound_what_a_key_may_do_over_the_aws_api(self):
        everything = make_key(self.keys, "--aws", "--action", "states:*")
        some = make_key(self.keys, "--aws", "--action", "states:*", "--resource", MACHINE + "red*")
        server = self.start()
        for name in ("red", "blue"):
            made = aws_signer.call(server, everything, "CreateStateMachine", {
                "name": name, "definition": json.dumps(HELLO), "roleArn": "arn:aws:iam::000000000000:role/test"})
            self.assertEqual(made.status, 200, made.body)
        self.assertEqual(aws_signer.call(server, some, "DescribeStateMachine", {"stateMachineArn": MACHINE + "red"}).status, 200)
        refused = aws_signer.call(server, some, "StartExecution", {"stateMachineArn": MACHINE + "blue"})
        self.assertEqual((refused.status, refused.json()), (400, {
            "__type": "AccessDeniedException",
            "message": f"User: arn:aws:iam::000000000000:user/{some[0]} is not authorized to perform: states:StartExecution on "
                       f"resource: {MACHINE}blue because no identity-based policy allows the states:StartExecution action"}))
        elsewhere = "arn:aws:states:us-east-1:999999999999:stateMachine:red"
        refused = aws_signer.call(server, everything, "DescribeStateMachine", {"stateMachineArn": elsewhere})
        self.assertEqual(refused.json()["__type"], "AccessDeniedException")
        self.assertIn("no resource-based policy", refused.json()["message"])

    def test_keys_are_read_again(self):
        server = self.start()
        second = make_key(self.keys, "--id", "second", "--action", "states:*")
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(second)).status, 401)
        self.reload(server)
        for key in (self.ops, second):  # both count while callers change over
            self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(key)).status, 200)
        subprocess.run([BINARY, "key", "remove", self.keys, "ops"], check=True, capture_output=True, timeout=60)
        self.reload(server)
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(self.ops)).status, 401)
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(second)).status, 200)
        self.keys.write_text('{"keys": []}')
        self.reload(server)
        self.assertIn("the keys in force stay", server.log())
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(second)).status, 200)
        self.assertEqual(server.stop(), 0)

    def test_the_key_command(self):
        def key(*arguments, code=0):
            done = subprocess.run([BINARY, "key", *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return done.stdout + done.stderr

        file = str(self.keys)
        self.assertIn("is no action", key("create", file, "--id", "x", "--action", "StartExecution", code=2))
        past = ["--action", "states:*", "--expires", "2020-01-01T00:00:00Z"]
        self.assertIn("expired already", key("create", file, "--id", "past", *past))
        listed = [json.loads(line) for line in key("list", file, "--json").splitlines()]
        self.assertEqual([(each["id"], each["kind"], each["expired"]) for each in listed],
                         [("ops", "REST", False), ("past", "REST", True)])
        self.assertEqual(listed[0]["scopes"], [{"actions": ["states:*"], "resources": ["*"]}])
        self.assertIn("(over)", key("list", file))
        self.assertIn("removed past", key("remove", file, "past"))

    def test_expired_keys_are_none(self):
        past = make_key(self.keys, "--id", "past", "--action", "states:*", "--expires", "2020-01-01T00:00:00Z")
        future = make_key(self.keys, "--id", "future", "--action", "states:*", "--days", "1")
        signer = make_key(self.keys, "--aws", "--action", "states:*", "--expires", "2020-01-01T00:00:00Z")
        server = self.start()
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(past)).status, 401)
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(future)).status, 200)
        self.assertEqual(aws_signer.call(server, signer, "ListStateMachines", {}).json()["__type"], "UnrecognizedClientException")

    def test_a_broken_key_file_keeps_the_server_from_starting(self):
        self.keys.write_text('{"keys": [{"id": "a"}]}')
        done = subprocess.run([BINARY, "server", "--data", self.keys.parent / "data", "--listen", "127.0.0.1:0", "--key-file",
                               self.keys], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn('key 1 "a"', done.stderr)

    def test_accounts_see_nothing_of_each_other(self):
        there = make_key(self.keys, "--id", "there", "--account", OTHER, "--action", "states:*")
        signer = make_key(self.keys, "--aws", "--account", OTHER, "--action", "states:*")
        server = self.start("--durability", "buffered")
        for key, definition in ((self.ops, HELLO), (there, GREET)):
            self.assertEqual(server.call("POST", "/v1/state-machines", {"name": "same", "definition": definition}, bearer(key)).status, 201)
            self.assertEqual(server.call("POST", "/v1/executions", {"state_machine": "same", "name": "one"}, bearer(key)).status, 201)
        arns = [server.call("GET", "/v1/state-machines/same", headers=bearer(key)).json()["arn"] for key in (self.ops, there)]
        self.assertEqual(arns, [MACHINE + "same", MACHINE.replace(MINE, OTHER) + "same"])
        for key, arn in ((self.ops, arns[1]), (there, arns[0])):
            target = "/v1/state-machines/" + urllib.parse.quote(arn, safe="")
            self.assertEqual(server.call("GET", target, headers=bearer(key)).status, 403)
            self.assertEqual(server.call("POST", "/v1/executions", {"state_machine": arn}, bearer(key)).status, 403)
        listed = [server.call("GET", "/v1/executions", headers=bearer(key)).json()["items"] for key in (self.ops, there)]
        self.assertEqual([[item["state_machine_arn"] for item in items] for items in listed], [[arns[0]], [arns[1]]])
        listed = aws_signer.call(server, signer, "ListStateMachines", {}).json()["stateMachines"]
        self.assertEqual([machine["stateMachineArn"] for machine in listed], [arns[1]])
        # A task's token is worth nothing in another account, and neither is its queue.
        poll = {"queue": "greet", "wait_seconds": 10}
        self.assertEqual(server.call("POST", "/v1/tasks/poll", {"queue": "greet"}, bearer(self.ops)).json()["tasks"], [])
        task = server.call("POST", "/v1/tasks/poll", poll, bearer(there)).json()["tasks"][0]
        done = {"token": task["token"], "output": {"done": True}}
        self.assertGreaterEqual(server.call("POST", "/v1/tasks/complete", done, bearer(self.ops)).status, 400)
        self.assertEqual(server.call("POST", "/v1/tasks/complete", done, bearer(there)).status, 200)
        ended = server.call("GET", "/v1/executions/same:one?wait_seconds=30", headers=bearer(there)).json()
        self.assertEqual((ended["status"], ended["output"]), ("SUCCEEDED", {"done": True}))

    def test_an_account_starts_nothing_of_another_one_and_has_no_triggers(self):
        there = make_key(self.keys, "--id", "there", "--account", OTHER, "--action", "states:*")
        server = self.start()
        server.call("POST", "/v1/state-machines", {"name": "mine", "definition": HELLO}, bearer(self.ops))
        nested = {"StartAt": "N", "States": {"N": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
            "Parameters": {"StateMachineArn": MACHINE + "mine", "Input": {}}}}}
        server.call("POST", "/v1/state-machines", {"name": "nested", "definition": nested}, bearer(there))
        ended = server.call("POST", "/v1/executions", {"state_machine": "nested", "wait_seconds": 30}, bearer(there)).json()
        self.assertEqual(ended["status"], "FAILED", ended)
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(self.ops)).json()["items"], [])
        for target in ("/v1/triggers", "/v1/sinks", "/v1/connections"):
            self.assertEqual(server.call("GET", target, headers=bearer(there)).status, 404)

    def test_an_account_comes_with_its_first_key_and_stays(self):
        server = self.start()
        there = make_key(self.keys, "--id", "there", "--account", OTHER, "--action", "states:*")
        self.reload(server)
        wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": True}}}
        server.call("POST", "/v1/state-machines", {"name": "later", "definition": wait}, bearer(there))
        self.assertEqual(server.call("POST", "/v1/executions", {"state_machine": "later", "name": "one"}, bearer(there)).status, 201)
        keys = self.keys.read_text()
        subprocess.run([BINARY, "key", "remove", self.keys, "there"], check=True, capture_output=True, timeout=60)
        server.kill()
        server.start()  # without a key of that account: what runs in it goes on
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(there)).status, 401)
        self.keys.write_text(keys)
        self.reload(server)
        ended = server.call("GET", "/v1/executions/later:one?wait_seconds=30", headers=bearer(there)).json()
        self.assertEqual(ended["status"], "SUCCEEDED")
        self.assertEqual(server.stop(), 0)

    def test_old_signatures_are_refused(self):
        key = make_key(self.keys, "--aws", "--action", "states:*")
        server = self.start()
        for minutes, status in ((-4, 200), (4, 200), (-6, 403), (6, 403)):
            now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
            headers = aws_signer.sign(*key, server.port, "ListStateMachines", "{}", now=now)
            self.assertEqual(server.call("POST", "/", "{}", headers).status, status, minutes)


if __name__ == "__main__":
    unittest.main()
