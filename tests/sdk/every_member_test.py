#!/usr/bin/env python3
"""Every output member of every action in botocore's model: seen in an answer here, or named in NEVER with the reason why not."""
import itertools
import json
import pathlib
import sys

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import shapes  # noqa: E402
from stepstream_server import Server, eventually  # noqa: E402

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
KEY = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", "kmsDataKeyReusePeriodSeconds": 60}
LOGS = {"level": "ERROR", "includeExecutionData": True, "destinations": [
    {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:any:*"}}]}
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
SQS, FUNCTION = "arn:aws:states:::sqs:sendMessage", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:work"
NESTED = "arn:aws:states:::states:startExecution.sync"
PASS = {"Type": "Pass", "End": True}

NOT_THE_SERVICES = "what cannot be handed to a service's queue is an engine that refuses work, not an event"
NO_CAUSE = "the service names no cause of a time-out either"
EVENT = "GetExecutionHistory.events[]."
NEVER = {
    EVENT + "activityScheduleFailedEventDetails": NOT_THE_SERVICES,
    EVENT + "lambdaFunctionScheduleFailedEventDetails": NOT_THE_SERVICES,
    EVENT + "lambdaFunctionStartFailedEventDetails": NOT_THE_SERVICES,
    EVENT + "taskStartFailedEventDetails": NOT_THE_SERVICES,
    **{EVENT + kind + "TimedOutEventDetails.cause": NO_CAUSE for kind in ("activity", "execution", "lambdaFunction", "task")},
}


class Seen:
    """Members of answers, as TestState.inspectionData.request.url."""

    def __init__(self):
        self.paths = set()

    def add(self, path, shape, value):
        if shape.type_name == "list":
            for item in value:
                self.add(path + "[]", shape.member, item)
        elif shape.type_name == "structure":
            for name in shape.members.keys() & value.keys():
                self.paths.add(f"{path}.{name}")
                self.add(f"{path}.{name}", shape.members[name], value[name])

    def watch(self, sfn):
        sfn.meta.events.register("after-call", lambda http_response, parsed, model, **_: (
            model.output_shape and http_response.status_code == 200 and self.add(model.name, model.output_shape, parsed)))


def members(shape, path):
    if shape.type_name == "list":
        yield from members(shape.member, path + "[]")
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            yield f"{path}.{name}"
            yield from members(member, f"{path}.{name}")


class Scene:
    def __init__(self, server, sfn):
        self.server, self.sfn, self.numbers = server, sfn, itertools.count()

    def machine(self, states, **more):
        definition = {"StartAt": next(iter(states)), "States": states} if "StartAt" not in states else states
        return self.sfn.create_state_machine(
            name=f"m{next(self.numbers)}", definition=json.dumps(definition), roleArn=ROLE, **more)["stateMachineArn"]

    def ended(self, arn):
        return eventually(lambda: (found := self.sfn.describe_execution(executionArn=arn))["status"] != "RUNNING" and found)

    def run(self, states, status, input="{}", work=None, **more):
        """Runs an execution to its end; `work`: what a worker of a queue reports of its task."""
        arn = self.sfn.start_execution(stateMachineArn=self.machine(states, **more), input=input)["executionArn"]
        if work:
            self.work(**work)
        found = self.ended(arn)
        assert found["status"] == status, found
        self.sfn.get_execution_history(executionArn=arn)
        return found

    def work(self, queue, **result):
        """A worker takes one task of the queue and reports it."""
        take = {"queue": queue, "worker": "w", "tasks_max": 1, "wait_seconds": 5}
        task = eventually(lambda: self.server.call("POST", "/v1/tasks/poll", take).json()["tasks"])[0]
        done = self.server.call("POST", "/v1/tasks/poll", {"queue": queue, "tasks_max": 0, "results": [{"token": task["token"], **result}]})
        assert done.json()["results"][0]["accepted"], done.body


def task(resource, **more):
    return {"T": {"Type": "Task", "Resource": resource, "End": True, **more}}


def tasks(scene):
    role = {"Credentials": {"RoleArn": ROLE}, "TimeoutSeconds": 60}
    sqs = {"Parameters": {"QueueUrl": "q", "MessageBody": "m"}}
    sent = {"MD5OfMessageBody": "m", "MessageId": "1"}
    failure, late = {"error": "Odd", "cause": "on purpose"}, {"TimeoutSeconds": 1}
    scene.run(task(FUNCTION, **role), "SUCCEEDED", work={"queue": "work", "output": 1})
    scene.run(task(FUNCTION), "FAILED", work={"queue": "work", **failure})
    scene.run(task(SQS, HeartbeatSeconds=50, **role, **sqs), "SUCCEEDED", work={"queue": "sqs:sendMessage", "output": sent})
    scene.run(task(SQS, **sqs), "FAILED", work={"queue": "sqs:sendMessage", **failure})
    activity = scene.sfn.create_activity(name="work", encryptionConfiguration=KEY)["activityArn"]
    scene.sfn.describe_activity(activityArn=activity)
    scene.run(task(activity, TimeoutSeconds=60, HeartbeatSeconds=50), "FAILED", work={"queue": activity, **failure})
    for resource, more in ((FUNCTION, {}), (SQS, sqs), (activity, {})):
        scene.run(task(resource, **late, **more), "FAILED")
    child = scene.machine({"P": PASS})
    scene.run(task(NESTED, Parameters={"StateMachineArn": child}), "SUCCEEDED")
    assert scene.sfn.start_sync_execution(stateMachineArn=scene.machine({"P": PASS}, type="EXPRESS"))["output"] == "{}"
    scene.run(task(NESTED, Parameters={"StateMachineArn": child + "-not"}), "FAILED")


def ends(scene):
    wait = {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}
    arn = scene.sfn.start_execution(stateMachineArn=scene.machine(wait))["executionArn"]
    scene.sfn.stop_execution(executionArn=arn, error="Enough", cause="on purpose")
    scene.sfn.get_execution_history(executionArn=arn)
    scene.run({"StartAt": "W", "TimeoutSeconds": 1, "States": wait}, "TIMED_OUT")
    fail = {"F": {"Type": "Fail", "Error": "Odd", "Cause": "on purpose"}}
    failed = scene.run(fail, "FAILED")
    again = scene.sfn.redrive_execution(executionArn=failed["executionArn"])["redriveDate"]
    assert scene.ended(failed["executionArn"])["redriveDate"] == again
    scene.sfn.get_execution_history(executionArn=failed["executionArn"])
    scene.sfn.list_executions(stateMachineArn=failed["stateMachineArn"], redriveFilter="REDRIVEN")
    scene.run({"P": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 / 'a' %}", "End": True}}, "FAILED")
    fast = scene.machine(fail, type="EXPRESS")
    done = scene.sfn.start_sync_execution(stateMachineArn=fast, traceHeader=TRACE)
    assert (done["error"], done["cause"], done["traceHeader"]) == ("Odd", "on purpose", TRACE), done
    inner = {"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "F"}],
                                              "Default": "W"}, **fail, **wait}}
    scene.run({"M": {"Type": "Map", "End": True, "ItemProcessor": inner}}, "FAILED", input="[1, 0]")
    scene.run({"M": {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "P", "States": {"P": PASS}}}}, "SUCCEEDED", input="[1]")


def map_runs(scene):
    each = lambda n: {"Type": "Map", "Label": n, "End": True, "ItemProcessor": {  # noqa: E731
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": n + "F", "States": {n + "F": {"Type": "Fail", "Error": "Odd"}}}}
    one = {"Type": "Parallel", "End": True, "Branches": [{"StartAt": n, "States": {n: each(n)}} for n in "AB"]}
    found = scene.run({"Both": one}, "FAILED", input="[1]", encryptionConfiguration=KEY, loggingConfiguration=LOGS)
    page = eventually(lambda: (p := scene.sfn.list_map_runs(executionArn=found["executionArn"], maxResults=1)).get("nextToken") and p)
    runs = [*page["mapRuns"], *scene.sfn.list_map_runs(executionArn=found["executionArn"], nextToken=page["nextToken"])["mapRuns"]]
    assert len({run["mapRunArn"] for run in runs}) == 2, runs
    scene.sfn.redrive_execution(executionArn=found["executionArn"])
    scene.ended(found["executionArn"])
    scene.sfn.get_execution_history(executionArn=found["executionArn"])
    redriven = [scene.sfn.describe_map_run(mapRunArn=run["mapRunArn"]) for run in runs]
    assert [run["redriveCount"] for run in redriven] == [1, 1] and all("redriveDate" in run for run in redriven), redriven
    for run in runs:
        for child in scene.sfn.list_executions(mapRunArn=run["mapRunArn"])["executions"]:
            assert scene.sfn.describe_execution(executionArn=child["executionArn"])["mapRunArn"] == run["mapRunArn"]
            of = scene.sfn.describe_state_machine_for_execution(executionArn=child["executionArn"])
            assert (of["mapRunArn"], of["stateMachineArn"]) == (run["mapRunArn"], found["stateMachineArn"]), of
            assert scene.sfn.describe_state_machine(stateMachineArn=run["stateMachineArn"])["label"] == of["label"]


def versions(scene):
    assign = {"P": {"Type": "Pass", "Assign": {"n": 1}, "Next": "Q"},
              "Q": {"Type": "Pass", "Parameters": {"n.$": "$n"}, "End": True}}
    made = {"name": "published", "definition": json.dumps({"StartAt": "P", "States": assign}), "roleArn": ROLE,
            "encryptionConfiguration": KEY, "loggingConfiguration": LOGS, "publish": True, "versionDescription": "one"}
    created = scene.sfn.create_state_machine(**made)
    arn, first = created["stateMachineArn"], created["stateMachineVersionArn"]
    assert scene.sfn.create_state_machine(**made)["stateMachineVersionArn"] == first
    assert scene.sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == first
    second = scene.sfn.update_state_machine(stateMachineArn=arn, publish=True, tracingConfiguration={"enabled": True})["stateMachineVersionArn"]
    assert scene.sfn.describe_state_machine(stateMachineArn=first)["description"] == "one"
    routes = [{"stateMachineVersionArn": version, "weight": 50} for version in (first, second)]
    aliases = [scene.sfn.create_state_machine_alias(name=n, routingConfiguration=routes)["stateMachineAliasArn"] for n in ("a", "b")]
    updated = scene.sfn.update_state_machine_alias(stateMachineAliasArn=aliases[0], description="both")["updateDate"]
    alias = scene.sfn.describe_state_machine_alias(stateMachineAliasArn=aliases[0])
    assert (alias["description"], alias["routingConfiguration"], alias["updateDate"]) == ("both", routes, updated), alias
    for action, key in (("list_state_machine_versions", "stateMachineVersions"), ("list_state_machine_aliases", "stateMachineAliases")):
        ask = getattr(scene.sfn, action)
        page = ask(stateMachineArn=arn, maxResults=1)
        assert len(page[key]) == 1 and len(ask(stateMachineArn=arn, nextToken=page["nextToken"])[key]) == 1
    run = scene.sfn.start_execution(stateMachineArn=aliases[0], traceHeader=TRACE)["executionArn"]
    found = scene.ended(run)
    assert (found["traceHeader"], found["stateMachineAliasArn"]) == (TRACE, aliases[0]), found
    events = scene.sfn.get_execution_history(executionArn=run)["events"]
    assert events[2]["stateExitedEventDetails"]["assignedVariables"] == {"n": "1"}, events
    bare = scene.sfn.get_execution_history(executionArn=run, includeExecutionData=False)["events"]
    assert "assignedVariables" not in bare[2]["stateExitedEventDetails"], bare
    scene.sfn.list_executions(stateMachineArn=aliases[0])
    add = lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", TRACE)  # noqa: E731: as SDKs do under a trace
    scene.sfn.meta.events.register("before-sign.sfn.StartExecution", add)
    traced = scene.ended(scene.sfn.start_execution(stateMachineArn=arn)["executionArn"])
    own = scene.ended(scene.sfn.start_execution(stateMachineArn=arn, traceHeader="Root=own")["executionArn"])
    assert (traced["traceHeader"], own["traceHeader"]) == (TRACE, "Root=own"), (traced, own)
    scene.sfn.describe_state_machine(stateMachineArn=arn)
    scene.sfn.describe_state_machine_for_execution(executionArn=scene.sfn.start_execution(stateMachineArn=second)["executionArn"])


def states_alone(scene, busy_url):
    test = lambda state, **more: scene.sfn.test_state(definition=json.dumps(state), roleArn=ROLE, inspectionLevel="TRACE", **more)  # noqa: E731
    ask = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True, "Retry": [{"ErrorEquals": ["States.ALL"]}],
           "Parameters": {"ApiEndpoint": busy_url, "Method": "POST", "RequestBody": {"a": 1}}}
    assert "retryIndex" in test(ask)["inspectionData"]["errorDetails"]
    inner = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    each = {"Type": "Map", "End": True, "ItemsPath": "$.list", "ItemSelector": {"v.$": "$$.Map.Item.Value"}, "MaxConcurrency": 2,
            "ToleratedFailureCount": 1, "ToleratedFailurePercentage": 50, "ItemBatcher": {"MaxItemsPerBatch": 2}, "Label": "L",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **inner}}
    test(each, input='{"list": [1, 2, 3]}', mock={"result": "[1, 2]"})
    reading = {**each, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/a"},
                                      "Parameters": {"Bucket": "b", "Key": "k"}}}
    del reading["ItemsPath"]
    test(reading, mock={"result": "[1]"}, stateConfiguration={"mapItemReaderData": '{"a": [1, 2]}'})
    jsonata = {"Type": "Task", "QueryLanguage": "JSONata", "Resource": SQS, "End": True, "Assign": {"x": 1},
               "Arguments": {"QueueUrl": "q", "MessageBody": "m"}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]}
    assert test(jsonata, mock={"errorOutput": {"error": "Odd"}})["inspectionData"]["errorDetails"]["catchIndex"] == 0
    test(jsonata, mock={"result": '{"MD5OfMessageBody": "m", "MessageId": "1"}'})
    passed = {"Type": "Task", "Resource": SQS, "InputPath": "$.a", "Parameters": {"QueueUrl": "q", "MessageBody": "m"}, "Next": "N",
              "ResultSelector": {"id.$": "$.MessageId"}, "ResultPath": "$.sent"}
    test(passed, input='{"a": {}}', mock={"result": '{"MD5OfMessageBody": "m", "MessageId": "1"}'})


def small_things(scene):
    found = scene.sfn.validate_state_machine_definition(definition='{"StartAt": "X", "States": {}}')
    assert found["diagnostics"][0]["location"], found
    activity = scene.sfn.create_activity(name="another")["activityArn"]
    scene.sfn.tag_resource(resourceArn=activity, tags=[{"key": "k", "value": "v"}])
    scene.sfn.list_tags_for_resource(resourceArn=activity)
    for action in ("list_activities", "list_state_machines"):
        assert getattr(scene.sfn, action)(maxResults=1)["nextToken"]
    machine = scene.machine(task(activity))
    runs = [scene.sfn.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(2)]
    assert scene.sfn.list_executions(stateMachineArn=machine, maxResults=1)["nextToken"]
    assert scene.sfn.get_execution_history(executionArn=runs[0], maxResults=1)["nextToken"]
    token = scene.sfn.get_activity_task(activityArn=activity, workerName="w")["taskToken"]
    scene.sfn.send_task_success(taskToken=token, output="1")
    eventually(lambda: any("output" in scene.ended(runs[0]) for _ in "1"))
    scene.sfn.get_execution_history(executionArn=runs[0])


def main():
    from every_action_test import busy_server
    with busy_server() as busy, Server("--account", ACCOUNT, "--durability", "memory", "--http-allow", busy) as server:
        sfn = boto3.client("stepfunctions", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="any",
                           aws_secret_access_key="any", config=Config(inject_host_prefix=False, retries={"max_attempts": 0}))
        seen, scene = Seen(), Scene(server, sfn)
        seen.watch(sfn)
        for part in (tasks, ends, map_runs, versions, small_things):
            part(scene)
        states_alone(scene, f"http://{busy}/orders")
    known = {path for action in shapes.ACTIONS for path in members(shapes.model.operation_model(action).output_shape, action)}
    never = {path for path in known if any(path == name or path.startswith(name + ".") for name in NEVER)}
    missing, needless = sorted(known - seen.paths - never), sorted(seen.paths & never)
    assert not missing and not needless, "never in an answer:\n" + "\n".join(missing) + "\nbut in NEVER:\n" + "\n".join(needless)
    print(f"members: {len(seen.paths)} of {len(known)} seen in answers, {len(never)} never, for a reason")


if __name__ == "__main__":
    main()
