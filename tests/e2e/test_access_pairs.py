"""Random principals against every action of the AWS API and every operation of REST v1: what a principal's scopes do not allow
is refused, what they allow is not, and a refusal shows nothing of anybody.

What each call needs is written down here a second time, apart from the server's own tables; an action or a route that is not
in the tables below fails the test. STEPSTREAM_SEED repeats a run, STEPSTREAM_PAIRS says how many principals each call is tried with."""
import hashlib
import json
import os
import pathlib
import random
import re
import tempfile
import unittest
import urllib.parse

import aws_signer
from stepstream_server import HELLO, Server
from test_access import bearer, make_key

SOURCE = pathlib.Path(os.environ.get("STEPSTREAM_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
PAIRS = int(os.environ.get("STEPSTREAM_PAIRS", "40"))
MINE, OTHER = "000000000000", "999999999999"
COLOURS = ("red", "red-2", "blue")
SECRET = "canary-of-"  # every definition, input and output says of which account it is
ROLE = "arn:aws:iam::000000000000:role/test"
DEFINITION = json.dumps(HELLO)


def arn(rest, account=MINE):
    return f"arn:aws:states:us-east-1:{account}:{rest}"


class Thing:
    """What one call acts on: a colour's resources in one account; `own` is the caller's, where names lead."""

    def __init__(self, colour, account, own=MINE):
        self.colour, self.account, self.own = colour, account, own
        self.machine = arn("stateMachine:" + colour, account)
        self.version = self.machine + ":1"
        self.alias = self.machine + ":live"
        self.execution = arn(f"execution:{colour}:one", account)
        self.run = arn(f"mapRun:{colour}/each:0", account)
        self.activity = arn("activity:" + colour, account)
        self.absent = arn(f"activity:{colour}-absent", account)  # GetActivityTask would wait for a task


def on(member, what):
    return lambda t: ({member: getattr(t, what)}, [getattr(t, what) if what not in ("version", "alias") else t.machine])


def all_of(kind, **members):
    return lambda t: (members, [arn(kind, t.own)])


def more(make, **members):
    return lambda t: ({**make(t)[0], **members}, make(t)[1])


# action (and which of its inputs): thing -> its input, and the resources that it needs the right of the action's name on, or of
# another name: a pair
AWS = {
    "CreateActivity": lambda t: ({"name": t.colour}, [arn("activity:" + t.colour, t.own)]),
    "CreateStateMachine": lambda t: ({"name": t.colour, "definition": DEFINITION, "roleArn": ROLE}, [arn("stateMachine:" + t.colour, t.own)]),
    "CreateStateMachineAlias": lambda t: ({"name": "live", "routingConfiguration": [{"stateMachineVersionArn": t.version, "weight": 100}]}, [t.machine]),
    "DeleteActivity": on("activityArn", "absent"),
    "DeleteStateMachine": lambda t: ({"stateMachineArn": t.machine + "-absent"}, [t.machine + "-absent"]),
    "DeleteStateMachineAlias": on("stateMachineAliasArn", "alias"),
    "DeleteStateMachineVersion": on("stateMachineVersionArn", "version"),
    "DescribeActivity": on("activityArn", "activity"),
    "DescribeExecution": on("executionArn", "execution"),
    "DescribeMapRun": on("mapRunArn", "run"),
    "DescribeStateMachine": on("stateMachineArn", "machine"),
    "DescribeStateMachineAlias": on("stateMachineAliasArn", "alias"),
    "DescribeStateMachineForExecution": on("executionArn", "execution"),
    "GetActivityTask": on("activityArn", "absent"),
    "GetExecutionHistory": on("executionArn", "execution"),
    "ListActivities": all_of("activity:*"),
    "ListExecutions": on("stateMachineArn", "machine"),
    "ListExecutions of a Map Run": on("mapRunArn", "run"),
    "ListMapRuns": on("executionArn", "execution"),
    "ListStateMachineAliases": on("stateMachineArn", "machine"),
    "ListStateMachineVersions": on("stateMachineArn", "version"),
    "ListStateMachines": all_of("stateMachine:*"),
    "ListTagsForResource": on("resourceArn", "machine"),
    "PublishStateMachineVersion": on("stateMachineArn", "machine"),
    "RedriveExecution": on("executionArn", "execution"),
    "SendTaskFailure": all_of("task:*", taskToken="t"),
    "SendTaskHeartbeat": all_of("task:*", taskToken="t"),
    "SendTaskSuccess": all_of("task:*", taskToken="t", output="{}"),
    "StartExecution": on("stateMachineArn", "alias"),
    "StartSyncExecution": on("stateMachineArn", "machine"),
    "StopExecution": on("executionArn", "execution"),
    "TagResource": more(on("resourceArn", "activity"), tags=[{"key": "k", "value": "v"}]),
    "TestState": all_of("*", definition='{"Type": "Pass", "End": true}', roleArn=ROLE),
    "TestState of secrets": lambda t: ({"definition": '{"Type": "Pass", "End": true}', "roleArn": ROLE, "revealSecrets": True},
                                       [arn("*", t.own), ("states:RevealSecrets", arn("*", t.own))]),
    "UntagResource": more(on("resourceArn", "machine"), tagKeys=["k"]),
    "UpdateMapRun": more(on("mapRunArn", "run"), maxConcurrency=1),
    "UpdateStateMachine": more(on("stateMachineArn", "machine"), roleArn=ROLE),
    "UpdateStateMachineAlias": more(on("stateMachineAliasArn", "alias"), description="d"),
    "ValidateStateMachineDefinition": all_of("*", definition=DEFINITION),
}


def q(text):
    return urllib.parse.quote(text, safe="")


def rest(target, body, *needs):
    """`target` and `body` of a thing; needs: (action, resource of a thing)."""
    return lambda t: (target(t), body(t) if body else None, [("states:" + action, resource(t)) for action, resource in needs])


def machine(t):
    return t.machine


def execution(t):
    return t.execution


def named(kind):
    return lambda t: arn(f"{kind}:{t.colour}", t.own)


def fixed(rest_of_arn):
    return lambda t: arn(rest_of_arn, t.own)


def at(path, what="machine"):
    return lambda t: path.replace("@", q(getattr(t, what)))


def called(path):
    return lambda t: path.replace("@", t.colour)


def given(document):
    return lambda t: document


TASKS = fixed("task:*")
REPORT = [("SendTaskSuccess", TASKS), ("SendTaskFailure", TASKS)]
# Only what is open to everybody is left out; see OPEN.
REST = {
    "GET /v1/state-machines": rest(called("/v1/state-machines"), None, ("ListStateMachines", fixed("stateMachine:*"))),
    "POST /v1/state-machines": rest(called("/v1/state-machines"), lambda t: {"name": t.colour, "definition": HELLO},
                                    ("CreateStateMachine", named("stateMachine"))),
    "GET /v1/state-machines/{state_machine}": rest(at("/v1/state-machines/@"), None, ("DescribeStateMachine", machine)),
    "PUT /v1/state-machines/{state_machine}": rest(at("/v1/state-machines/@"), given({"definition": HELLO}),
                                                   ("CreateStateMachine", machine), ("UpdateStateMachine", machine)),
    "DELETE /v1/state-machines/{state_machine}": rest(called("/v1/state-machines/@-absent"), None,
                                                      ("DeleteStateMachine", lambda t: arn(f"stateMachine:{t.colour}-absent", t.own))),
    "GET /v1/state-machines/{state_machine}/versions": rest(at("/v1/state-machines/@/versions"), None, ("ListStateMachineVersions", machine)),
    "POST /v1/state-machines/{state_machine}/versions": rest(at("/v1/state-machines/@/versions"), given({}),
                                                             ("PublishStateMachineVersion", machine)),
    "DELETE /v1/state-machines/{state_machine}/versions/{version}": rest(at("/v1/state-machines/@/versions/77"), None,
                                                                         ("DeleteStateMachineVersion", machine)),
    "GET /v1/state-machines/{state_machine}/aliases": rest(at("/v1/state-machines/@/aliases"), None, ("ListStateMachineAliases", machine)),
    "GET /v1/state-machines/{state_machine}/aliases/{alias}": rest(at("/v1/state-machines/@/aliases/live"), None,
                                                                   ("DescribeStateMachineAlias", machine)),
    "PUT /v1/state-machines/{state_machine}/aliases/{alias}": rest(
        at("/v1/state-machines/@/aliases/live"), given({"routes": [{"version": 1, "weight": 100}]}),
        ("CreateStateMachineAlias", machine), ("UpdateStateMachineAlias", machine)),
    "DELETE /v1/state-machines/{state_machine}/aliases/{alias}": rest(at("/v1/state-machines/@/aliases/absent"), None,
                                                                      ("DeleteStateMachineAlias", machine)),
    "GET /v1/activities": rest(called("/v1/activities"), None, ("ListActivities", fixed("activity:*"))),
    "GET /v1/activities/{activity}": rest(called("/v1/activities/@"), None, ("DescribeActivity", named("activity"))),
    "PUT /v1/activities/{activity}": rest(called("/v1/activities/@"), None, ("CreateActivity", named("activity"))),
    "DELETE /v1/activities/{activity}": rest(called("/v1/activities/@-absent"), None,
                                             ("DeleteActivity", lambda t: arn(f"activity:{t.colour}-absent", t.own))),
    "POST /v1/validate": rest(called("/v1/validate"), given({"definition": HELLO}), ("ValidateStateMachineDefinition", fixed("*"))),
    "POST /v1/test-state": rest(called("/v1/test-state"), given({"definition": {"Type": "Pass", "End": True}}), ("TestState", fixed("*"))),
    "POST /v1/test-state of secrets": rest(called("/v1/test-state"), given({"definition": {"Type": "Pass", "End": True}, "reveal_secrets": True}),
                                           ("TestState", fixed("*")), ("RevealSecrets", fixed("*"))),
    "GET /v1/executions": rest(at("/v1/executions?state_machine=@"), None, ("ListExecutions", machine)),
    "GET /v1/executions of a Map Run": rest(at("/v1/executions?map_run=@", "run"), None, ("ListExecutions", lambda t: t.run)),
    "POST /v1/executions": rest(called("/v1/executions"), lambda t: {"state_machine": t.machine, "wait_seconds": 5},
                                ("StartExecution", machine), ("StartSyncExecution", machine)),
    "GET /v1/executions/{execution}": rest(at("/v1/executions/@", "execution"), None, ("DescribeExecution", execution)),
    "POST /v1/executions/{execution}/stop": rest(at("/v1/executions/@/stop", "execution"), given({}), ("StopExecution", execution)),
    "POST /v1/executions/{execution}/redrive": rest(at("/v1/executions/@/redrive", "execution"), given({}), ("RedriveExecution", execution)),
    "GET /v1/executions/{execution}/history": rest(at("/v1/executions/@/history", "execution"), None, ("GetExecutionHistory", execution)),
    "GET /v1/executions/{execution}/map-runs": rest(at("/v1/executions/@/map-runs", "execution"), None, ("ListMapRuns", execution)),
    "GET /v1/map-runs/{map_run}": rest(at("/v1/map-runs/@", "run"), None, ("DescribeMapRun", lambda t: t.run)),
    "POST /v1/map-runs/{map_run}": rest(at("/v1/map-runs/@", "run"), given({"max_concurrency": 1}), ("UpdateMapRun", lambda t: t.run)),
    "POST /v1/tasks/poll": rest(called("/v1/tasks/poll"), lambda t: {"queue": t.activity, "results": []},
                                ("PollTasks", lambda t: t.activity), *REPORT),
    "POST /v1/tasks/complete": rest(called("/v1/tasks/complete"), given({"token": "t", "output": 1}), *REPORT),
    "POST /v1/tasks/fail": rest(called("/v1/tasks/fail"), given({"token": "t"}), ("SendTaskFailure", TASKS)),
    "POST /v1/tasks/heartbeat": rest(called("/v1/tasks/heartbeat"), given({"tokens": ["t"]}), ("SendTaskHeartbeat", TASKS)),
    "GET /v1/triggers": rest(called("/v1/triggers"), None, ("ListTriggers", fixed("trigger:*"))),
    "GET /v1/triggers/{trigger}": rest(called("/v1/triggers/@"), None, ("DescribeTrigger", named("trigger"))),
    "PUT /v1/triggers/{trigger}": rest(called("/v1/triggers/@"), lambda t: {"state_machine": t.machine},
                                       ("PutTrigger", named("trigger")), ("StartExecution", machine)),
    "DELETE /v1/triggers/{trigger}": rest(called("/v1/triggers/@"), None, ("DeleteTrigger", named("trigger"))),
    "GET /v1/sinks": rest(called("/v1/sinks"), None, ("ListSinks", fixed("sink:*"))),
    "GET /v1/sinks/{sink}": rest(called("/v1/sinks/@"), None, ("DescribeSink", named("sink"))),
    "PUT /v1/sinks/{sink}": rest(called("/v1/sinks/@"), lambda t: {"StateMachine": t.machine},
                                 ("PutSink", named("sink")), ("GetExecutionHistory", fixed("execution:*")), ("StartExecution", machine)),
    "DELETE /v1/sinks/{sink}": rest(called("/v1/sinks/@"), None, ("DeleteSink", named("sink"))),
    "GET /v1/logs": rest(at("/v1/logs?machine=@"), None, ("GetLogs", machine)),
    "GET /v1/connections": rest(called("/v1/connections"), None, ("ListConnections", fixed("connection:*"))),
    "GET /v1/connections/{connection}": rest(called("/v1/connections/@"), None, ("DescribeConnection", named("connection"))),
    "PUT /v1/connections/{connection}": rest(called("/v1/connections/@"), given({}), ("PutConnection", named("connection"))),
    "DELETE /v1/connections/{connection}": rest(called("/v1/connections/@"), None, ("DeleteConnection", named("connection"))),
    "GET /metrics": rest(called("/metrics"), None, ("GetMetrics", fixed("*"))),
}
OPEN = {"GET /healthz", "GET /readyz", "POST /hooks/{trigger}", "GET /v1/openapi.json"}


def actions_of_the_server():
    table = (SOURCE / "engine/api/aws/src/action_table.cpp").read_text(encoding="utf-8")
    return set(re.findall(r'^\s+\{"([A-Z]\w+)",\s*[a-z_]+,', table, re.M))


def matches(pattern, text):
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def allowed(account, scopes, action, resource):
    return resource.split(":")[4] == account and any(
        any(matches(a, action) for a in scope["actions"]) and any(matches(r, resource) for r in scope["resources"]) for scope in scopes)


def random_pattern(rng, text, start):
    """The text, its beginning, or everything."""
    kind = rng.randrange(4)
    if kind == 0:
        return "*"
    if kind == 1:
        return text
    text = text.rstrip("*")
    return text[:rng.randint(start, len(text))] + "*"


def random_scopes(rng, needs):
    """Scopes that have to do with these needs: often enough for them, often not."""
    scopes = []
    for action, resource in needs:
        if rng.random() < 0.15:
            continue
        if rng.random() < 0.3:
            action = "states:" + rng.choice(sorted(AWS)).split()[0]
        if rng.random() < 0.3:
            resource = getattr(Thing(rng.choice(COLOURS), rng.choice((MINE, MINE, OTHER))), rng.choice(("machine", "execution", "run", "activity")))
        scopes.append({"actions": [random_pattern(rng, action, len("states:"))],
                       "resources": [random_pattern(rng, resource, len("arn:"))]})
    return scopes


class Pairs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.seed = int(os.environ.get("STEPSTREAM_SEED", random.randrange(2**32)))
        self.rng = random.Random(self.seed)
        self.keys = pathlib.Path(folder.name) / "keys.json"
        self.ops = make_key(self.keys, "--id", "ops", "--action", "states:*")
        self.there = make_key(self.keys, "--id", "there", "--account", OTHER, "--action", "states:*")
        self.document = json.loads(self.keys.read_text())

    def plan(self):
        """(kind, name, thing, needs, key, scopes) of every trial, with a key for each set of scopes."""
        trials = []
        for kind, table in (("aws", AWS), ("rest", REST)):
            for name, make in sorted(table.items()):
                for i in range(PAIRS):
                    own, foreign = self.rng.choice(((MINE, OTHER), (MINE, OTHER), (OTHER, MINE)))
                    thing = Thing(self.rng.choice(COLOURS), self.rng.choice((own, own, own, foreign)), own)
                    needs = make(thing)[-1]
                    if kind == "aws":
                        needs = [need if isinstance(need, tuple) else ("states:" + name.split()[0], need) for need in needs]
                    scopes = [] if i == 0 else [{"actions": ["*"], "resources": ["*"]}] if i == 1 else random_scopes(self.rng, needs)
                    key_id = f"k{len(trials)}"
                    if kind == "aws":
                        key = (key_id, f"secret-{self.rng.getrandbits(128):x}")
                        self.document["keys"].append({"id": key_id, "secret": key[1], "account": own, "scopes": scopes})
                    else:
                        key = (key_id, f"{key_id}.{self.rng.getrandbits(128):x}")
                        self.document["keys"].append({"id": key_id, "sha256": hashlib.sha256(key[1].encode()).hexdigest(), "account": own, "scopes": scopes})
                    trials.append((kind, name, thing, needs, key, scopes))
        self.rng.shuffle(trials)
        self.keys.write_text(json.dumps(self.document))
        return trials

    def fill(self, server):
        for account, key in ((MINE, self.ops), (OTHER, self.there)):
            for colour in COLOURS:
                said = SECRET + account
                definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": said, "End": True}}}
                for method, target, body in (
                        ("PUT", f"/v1/state-machines/{colour}", {"definition": definition}),
                        ("POST", f"/v1/state-machines/{colour}/versions", {}),
                        ("PUT", f"/v1/state-machines/{colour}/aliases/live", {"routes": [{"version": 1, "weight": 100}]}),
                        ("POST", "/v1/executions", {"state_machine": colour, "name": "one", "input": said, "wait_seconds": 30})):
                    answer = server.call(method, target, body, bearer(key))
                    self.assertLess(answer.status, 300, (method, target, answer.body))

    def one(self, server, kind, name, thing, key):
        if kind == "aws":
            answer = aws_signer.call(server, key, name.split()[0], AWS[name](thing)[0])
            return answer, answer.status == 400 and answer.json()["__type"] == "AccessDeniedException"
        target, body, _ = REST[name](thing)
        answer = server.call(name.split()[0], target, body, bearer(key))
        self.assertNotEqual(answer.status, 401)
        return answer, answer.status == 403 and answer.json()["code"] == "AccessDenied"

    def test_every_call_with_random_principals(self):
        self.assertEqual(actions_of_the_server() - set(AWS), set(), "actions that this test does not know")
        trials = self.plan()
        counts = {True: 0, False: 0}
        with Server("--key-file", str(self.keys)) as server:
            server.key_header = bearer(self.ops)
            served = {f"{method.upper()} {path}" for path, operations in
                      server.call("GET", "/v1/openapi.json", headers=bearer(self.ops)).json()["paths"].items() for method in operations}
            self.assertEqual(served - set(REST) - OPEN, set(), "routes that this test does not know")
            self.fill(server)
            for kind, name, thing, needs, key, scopes in trials:
                if name.split(" of ")[0] not in served | actions_of_the_server():
                    continue  # of another version of the server
                expected = all(allowed(thing.own, scopes, *need) for need in needs)
                answer, refused = self.one(server, kind, name, thing, key)
                counts[expected] += 1
                if thing.own == OTHER and name.split("/{")[0].split("/")[-1] in ("triggers", "sinks", "connections"):
                    self.assertEqual(answer.status, 404, name)  # the server's own account's alone
                    continue
                said = f"STEPSTREAM_SEED={self.seed} {kind} {name} on {thing.colour} of {thing.account}, needs {needs}, scopes {scopes}: " \
                       f"{answer.status} {answer.body[:300]!r}"
                self.assertEqual(refused, not expected, said)
                for account in (MINE, OTHER):
                    if refused or account != thing.own:
                        self.assertNotIn((SECRET + account).encode(), answer.body, said)
                    # Nothing lies in one account under the ARN of another: an answer names only what it was asked for.
                    if not refused and account != thing.own:
                        self.assertNotIn(arn("", account).encode(), answer.body, said)
        print(f"{len(AWS)} actions, {len(REST)} operations, {counts[True]} calls allowed, {counts[False]} refused, seed {self.seed}")
        self.assertGreater(min(counts.values()), len(trials) // 10)


if __name__ == "__main__":
    unittest.main()
