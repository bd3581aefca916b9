"""Every action of the service with boto3, as user code would: see README.md."""
import json
import os
import socket

import boto3
from botocore.config import Config

PREFIX = "sdk-python-"
MISSING = set(filter(None, os.environ["SDK_MISSING"].split(",")))
ROLE = "arn:aws:iam::123456789012:role/any"
WORK, FAST, EACH, ASK, BUSY = (os.environ["SDK_" + name] for name in ("WORK", "FAST", "EACH", "ASK", "BUSY"))

# Names with the host prefix do not resolve here; where they do, as on a network with a wildcard name, nothing is to be set.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(host.removeprefix("sync-"), *rest, **more)

plain = {"endpoint_url": os.environ["SDK_ENDPOINT"]}
sfn = boto3.client("stepfunctions", **plain, config=Config(retries={"max_attempts": 0}, read_timeout=90))
without_prefix = boto3.client("stepfunctions", **plain, config=Config(inject_host_prefix=False))


def there(*actions):
    return not MISSING & set(actions)


def states():
    fast = sfn.create_state_machine(name=PREFIX + "fast", definition=FAST, roleArn=ROLE, type="EXPRESS")["stateMachineArn"]
    for client in (sfn, without_prefix):
        done = client.start_sync_execution(stateMachineArn=fast, input='{"name": "é"}')
        assert done["status"] == "SUCCEEDED" and json.loads(done["output"]) == {"name": "é"}, done
    assert sfn.validate_state_machine_definition(definition=FAST, type="EXPRESS")["result"] == "OK"
    assert sfn.validate_state_machine_definition(definition='{"StartAt": "X"}')["diagnostics"]
    tested = sfn.test_state(definition='{"Type": "Pass", "Result": 1, "ResultPath": "$.a", "End": true}', input="{}",
                            inspectionLevel="DEBUG")
    assert tested["status"] == "SUCCEEDED" and tested["inspectionData"]["afterResultPath"] == '{"a":1}', tested
    sfn.delete_state_machine(stateMachineArn=fast)


def an_http_task_alone():
    """It is really called, and refused: the call is shown, and what its retriers and its catcher make of it."""
    test = lambda **more: sfn.test_state(definition=ASK, roleArn=ROLE, input='{"n": 1}', inspectionLevel="TRACE", **more)  # noqa: E731
    first = test()
    assert (first["status"], first["error"]) == ("RETRIABLE", "States.Http.StatusCode.429"), first
    shown = first["inspectionData"]
    assert (shown["request"]["method"], shown["request"]["url"], shown["request"]["body"]) == ("POST", BUSY, '{"n":1}'), shown
    assert "Content-Type: application/json" in shown["request"]["headers"], shown
    assert (shown["response"]["statusCode"], shown["response"]["statusMessage"]) == ("429", "Too Many Requests"), shown
    assert shown["response"]["body"] == '{"busy": true}', shown
    assert shown["errorDetails"] == {"retryIndex": 1, "retryBackoffIntervalSeconds": 3}, shown
    again = lambda count: test(  # noqa: E731
        mock={"errorOutput": {"error": first["error"], "cause": "busy"}}, stateConfiguration={"retrierRetryCount": count})
    second = again(1)
    assert second["inspectionData"]["errorDetails"] == {"retryIndex": 1, "retryBackoffIntervalSeconds": 6}, second
    last = again(2)
    assert (last["status"], last["nextState"]) == ("CAUGHT_ERROR", "Sorry"), last
    assert last["inspectionData"]["errorDetails"] == {"catchIndex": 0}, last
    assert json.loads(last["output"])["Error"] == "States.Http.StatusCode.429", last


def work_once(activity, answer):
    task = sfn.get_activity_task(activityArn=activity, workerName="worker")
    sfn.send_task_heartbeat(taskToken=task["taskToken"])
    answer(task["taskToken"])
    return json.loads(task["input"])


def succeed(token):
    sfn.send_task_success(taskToken=token, output='{"done": true}')


def ended(arn):
    while True:
        found = sfn.describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            return found


def executions(machine, activity):
    arn = sfn.start_execution(stateMachineArn=machine, name="first", input='{"n": 1}')["executionArn"]
    assert sfn.start_execution(stateMachineArn=machine, name="first", input='{"n": 1}')["executionArn"] == arn
    assert work_once(activity, succeed) == {"n": 1}
    assert ended(arn)["output"] == '{"done": true}'
    events = sfn.get_execution_history(executionArn=arn)["events"]
    assert [e["id"] for e in events] == list(range(1, len(events) + 1))
    assert events[-1]["executionSucceededEventDetails"]["output"] == '{"done": true}'
    assert sfn.describe_state_machine_for_execution(executionArn=arn)["stateMachineArn"] == machine

    failing = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    work_once(activity, lambda token: sfn.send_task_failure(taskToken=token, error="Odd", cause="on purpose"))
    assert (ended(failing)["error"], ended(failing)["cause"]) == ("Odd", "on purpose")
    if there("RedriveExecution"):
        sfn.redrive_execution(executionArn=failing)
        work_once(activity, succeed)
        assert ended(failing)["redriveCount"] == 1
    many = [sfn.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(10)]  # the same words ten times
    assert len(set(many)) == 10
    for one in many:
        sfn.stop_execution(executionArn=one, error="Enough")
    aborted = sfn.list_executions(stateMachineArn=machine, statusFilter="ABORTED")["executions"]
    assert sorted(e["executionArn"] for e in aborted) == sorted(many)


def refusals(machine):
    missing = machine + "-not"
    for call, error in (
            (lambda: sfn.describe_state_machine(stateMachineArn=missing), sfn.exceptions.StateMachineDoesNotExist),
            (lambda: sfn.start_execution(stateMachineArn=machine, name="first", input="{}"), sfn.exceptions.ExecutionAlreadyExists),
            (lambda: sfn.start_execution(stateMachineArn=machine, input="{"), sfn.exceptions.InvalidExecutionInput),
            (lambda: sfn.create_state_machine(name="a b", definition=FAST, roleArn=ROLE), sfn.exceptions.InvalidName),
            (lambda: sfn.send_task_heartbeat(taskToken="none"), sfn.exceptions.InvalidToken)):
        try:
            call()
        except error:
            continue
        raise AssertionError(error)


def tags_and_updates(machine, activity):
    sfn.tag_resource(resourceArn=machine, tags=[{"key": "team", "value": "blue"}, {"key": "é", "value": ""}])
    sfn.untag_resource(resourceArn=machine, tagKeys=["é"])
    assert sfn.list_tags_for_resource(resourceArn=machine)["tags"] == [{"key": "team", "value": "blue"}]
    sfn.update_state_machine(stateMachineArn=machine, definition=FAST)
    found = sfn.describe_state_machine(stateMachineArn=machine)
    assert found["definition"] == FAST and found["name"] == PREFIX + "work"
    assert machine in [m["stateMachineArn"] for m in sfn.list_state_machines()["stateMachines"]]
    assert activity in [a["activityArn"] for a in sfn.list_activities()["activities"]]
    assert sfn.describe_activity(activityArn=activity)["name"] == PREFIX + "activity"


def versions_and_aliases(machine):
    if not there("PublishStateMachineVersion"):
        return
    first = sfn.publish_state_machine_version(stateMachineArn=machine, description="one")["stateMachineVersionArn"]
    sfn.update_state_machine(stateMachineArn=machine, definition=WORK)
    second = sfn.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    versions = sfn.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [v["stateMachineVersionArn"] for v in versions] == [second, first]
    if there("CreateStateMachineAlias"):
        alias = sfn.create_state_machine_alias(name="live", routingConfiguration=[
            {"stateMachineVersionArn": first, "weight": 100}])["stateMachineAliasArn"]
        sfn.update_state_machine_alias(stateMachineAliasArn=alias, description="both", routingConfiguration=[
            {"stateMachineVersionArn": first, "weight": 99}, {"stateMachineVersionArn": second, "weight": 1}])
        assert sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["description"] == "both"
        aliases = sfn.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"]
        assert [a["stateMachineAliasArn"] for a in aliases] == [alias]
        run = sfn.start_execution(stateMachineArn=alias)["executionArn"]
        assert sfn.describe_execution(executionArn=run)["stateMachineAliasArn"] == alias
        sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    sfn.delete_state_machine_version(stateMachineVersionArn=first)


def map_runs(activity):
    if not there("ListMapRuns"):
        return
    machine = sfn.create_state_machine(name=PREFIX + "each", definition=EACH, roleArn=ROLE)["stateMachineArn"]
    arn = sfn.start_execution(stateMachineArn=machine, input="[1, 2]")["executionArn"]
    work_once(activity, succeed)
    runs = sfn.list_map_runs(executionArn=arn)["mapRuns"]
    assert len(runs) == 1, runs
    sfn.update_map_run(mapRunArn=runs[0]["mapRunArn"], maxConcurrency=7)
    work_once(activity, succeed)
    assert ended(arn)["status"] == "SUCCEEDED"
    run = sfn.describe_map_run(mapRunArn=runs[0]["mapRunArn"])
    assert (run["maxConcurrency"], run["itemCounts"]["succeeded"]) == (7, 2), run
    assert len(sfn.list_executions(mapRunArn=runs[0]["mapRunArn"])["executions"]) == 2
    sfn.delete_state_machine(stateMachineArn=machine)


def main():
    states()
    an_http_task_alone()
    activity = sfn.create_activity(name=PREFIX + "activity")["activityArn"]
    machine = sfn.create_state_machine(name=PREFIX + "work", definition=WORK, roleArn=ROLE,
                                       tags=[{"key": "team", "value": "red"}])["stateMachineArn"]
    executions(machine, activity)
    refusals(machine)
    map_runs(activity)
    tags_and_updates(machine, activity)
    versions_and_aliases(machine)
    sfn.delete_activity(activityArn=activity)
    sfn.delete_state_machine(stateMachineArn=machine)


main()
