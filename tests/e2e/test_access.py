"""Keys, what they may do, and that they are read again: the whole server over HTTP."""
import datetime
import json
import pathlib
import signal
import subprocess
import tempfile
import unittest

import aws_signer
from stepstream_server import BINARY, HELLO, Server, eventually

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:"


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
        said = server.stderr().count("SIGHUP")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.stderr().count("SIGHUP") > said)

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
        self.assertIn("the keys in force stay", server.stderr())
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(second)).status, 200)
        self.assertEqual(server.stop(), 0)

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
        self.assertEqual(done.returncode, 4)
        self.assertIn('key 1 "a"', done.stderr)

    def test_a_key_of_another_account_is_refused_by_name(self):
        server = self.start()
        make_key(self.keys, "--id", "stranger", "--account", "999999999999", "--action", "states:*")
        self.reload(server)
        self.assertIn('the key "stranger" is of account 999999999999', server.stderr())
        self.assertEqual(server.call("GET", "/v1/executions", headers=bearer(self.ops)).status, 200)

    def test_old_signatures_are_refused(self):
        key = make_key(self.keys, "--aws", "--action", "states:*")
        server = self.start()
        for minutes, status in ((-4, 200), (4, 200), (-6, 403), (6, 403)):
            now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
            headers = aws_signer.sign(*key, server.port, "ListStateMachines", "{}", now=now)
            self.assertEqual(server.call("POST", "/", "{}", headers).status, status, minutes)


if __name__ == "__main__":
    unittest.main()
