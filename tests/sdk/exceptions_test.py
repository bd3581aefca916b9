#!/usr/bin/env python3
"""Every exception of every action: raised here where AWS raises it, or named in NEVER with the reason why not.

The list of what can be raised is botocore's own model of the service; a new exception there fails this test."""
import json
import pathlib
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import shapes  # noqa: E402
from stepstream_server import Server, eventually  # noqa: E402

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
STATES = f"arn:aws:states:us-east-1:{ACCOUNT}:"
PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
OTHER = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 1, "End": True}}})
FAIL = json.dumps({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}})
WAIT = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
WORK = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Task", "Resource": STATES + "activity:work", "End": True}}})
EACH = json.dumps({"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "Each", "End": True, "ItemProcessor": {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}}})
LABELLED = STATES + "stateMachine:each/Each"
LONG = "x" * 33000
ONE_ERROR = "1 validation error detected: Value '"

NO_KMS = "keys of KMS are kept as configuration; no key is ever used"
NO_QUOTA = "there is no such quota: what limits is the machine, which answers ThrottlingException"
A_RACE = "only for those who change the same thing at once, more than twenty times over"
NEVER = {
    "KmsAccessDeniedException": NO_KMS, "KmsInvalidStateException": NO_KMS, "KmsThrottlingException": NO_KMS,
    "ActivityLimitExceeded": NO_QUOTA, "ActivityWorkerLimitExceeded": NO_QUOTA, "ExecutionLimitExceeded": NO_QUOTA,
    "StateMachineLimitExceeded": NO_QUOTA,
    "TaskDoesNotExist": "for tasks of executions that are no longer kept, after days; before, their tasks have timed out",
    "CreateStateMachine.ConflictException": A_RACE, "UpdateStateMachine.ConflictException": A_RACE,
    "UpdateStateMachineAlias.ConflictException": A_RACE, "DeleteStateMachineAlias.ConflictException": A_RACE,
    "CreateStateMachine.StateMachineTypeNotSupported": "both types are",
    "CreateStateMachineAlias.InvalidName": "the name's pattern is in the model, and patterns are checked before anything else",
    "DeleteStateMachineAlias.ResourceNotFound": "AWS answers 200 for an alias that is not there, and so does this",
    "StartSyncExecution.StateMachineDeleting": "executions of Express state machines are not waited for: they are deleted at once",
    "UpdateStateMachine.ServiceQuotaExceededException": "as PublishStateMachineVersion's, which publish: true is",
}


class Provoke:
    def __init__(self, sfn):
        self.sfn, self.seen = sfn, set()

    def __call__(self, action, error, message, **arguments):
        name = re.sub("(?<!^)(?=[A-Z])", "_", action).lower()
        try:
            answer = getattr(self.sfn, name)(**arguments)
        except ClientError as refusal:
            found = refusal.response["Error"]
            assert found["Code"] == error, (action, arguments, found)
            assert message in found["Message"], (action, message, found["Message"])
            self.seen.add((action, error))
            return refusal.response
        raise AssertionError(f"{action} {arguments} is not refused with {error} but answered {answer}")


class Scene:
    """What the calls act on."""

    def __init__(self, sfn):
        create = lambda name, definition, **more: sfn.create_state_machine(  # noqa: E731
            name=name, definition=definition, roleArn=ROLE, **more)["stateMachineArn"]
        self.activity = sfn.create_activity(name="work")["activityArn"]
        self.machine, self.express = create("plain", PASS), create("fast", PASS, type="EXPRESS")
        self.each, self.work, self.leaving = create("each", EACH), create("work", WORK), create("leaving", WAIT)
        self.version = sfn.publish_state_machine_version(stateMachineArn=self.machine)["stateMachineVersionArn"]
        self.leaving_version = sfn.publish_state_machine_version(stateMachineArn=self.leaving)["stateMachineVersionArn"]
        self.leaving_alias = sfn.create_state_machine_alias(
            name="live", routingConfiguration=[route(self.leaving_version)])["stateMachineAliasArn"]
        self.alias = sfn.create_state_machine_alias(name="live", routingConfiguration=[route(self.version)])["stateMachineAliasArn"]
        self.done = sfn.start_execution(stateMachineArn=self.machine, name="done")["executionArn"]
        self.map = sfn.start_execution(stateMachineArn=self.each, input="[1]")["executionArn"]
        self.running = sfn.start_execution(stateMachineArn=self.leaving, name="running")["executionArn"]
        failing = sfn.start_execution(stateMachineArn=self.leaving)["executionArn"]
        sfn.stop_execution(executionArn=failing)
        for arn in (self.done, self.map):
            eventually(lambda: sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
        self.run = sfn.list_map_runs(executionArn=self.map)["mapRuns"][0]["mapRunArn"]
        self.token = self.ended_token(sfn)
        sfn.delete_state_machine(stateMachineArn=self.leaving)
        found = sfn.describe_execution(executionArn=failing)
        assert (found["redriveStatus"], found["redriveStatusReason"]) == (
            "NOT_REDRIVABLE", "State machine is in DELETING status"), found
        self.stopped = failing

    def ended_token(self, sfn):
        execution = sfn.start_execution(stateMachineArn=self.work)["executionArn"]
        token = sfn.get_activity_task(activityArn=self.activity)["taskToken"]
        sfn.stop_execution(executionArn=execution)
        return token


def route(version, weight=100):
    return {"stateMachineVersionArn": version, "weight": weight}


def machine(**more):
    return {"name": "new", "definition": PASS, "roleArn": ROLE, **more}


def state_machines(refused, scene):
    own_key = {"type": "CUSTOMER_MANAGED_KMS_KEY"}
    for action, given in (("CreateStateMachine", machine()), ("UpdateStateMachine", {"stateMachineArn": scene.machine})):
        refused(action, "InvalidArn", "Invalid Role Arn: 'x'", **{**given, "roleArn": "x"})
        refused(action, "InvalidDefinition", "Invalid State Machine Definition: '", **{**given, "definition": "{}"})
        refused(action, "InvalidEncryptionConfiguration", "Invalid Encryption Configuration: '", **given, encryptionConfiguration=own_key)
        refused(action, "InvalidLoggingConfiguration", "Must specify exactly one Log Destination.", **given, loggingConfiguration={"level": "ALL"})
        group = [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:any"}}]
        refused(action, "InvalidLoggingConfiguration", "Log Group ARN must be provided with '*' qualifier.", **given,
                loggingConfiguration={"level": "ALL", "destinations": group})
        refused(action, "InvalidTracingConfiguration", "Invalid Tracing Configuration: '", **given, tracingConfiguration={})
        refused(action, "ValidationException", "Version description can only be set when publish is true", **{"definition": PASS, **given}, versionDescription="d")
    refused("CreateStateMachine", "InvalidName", "Invalid Name: 'a b'", **machine(name="a b"))
    refused("CreateStateMachine", "StateMachineAlreadyExists", f"State Machine Already Exists: '{scene.machine}'", **machine(name="plain", definition=OTHER))
    refused("CreateStateMachine", "StateMachineAlreadyExists", f"State Machine Already Exists: '{scene.machine}'",
            **machine(name="plain", publish=True, versionDescription="another"))
    refused("CreateStateMachine", "StateMachineDeleting", "State Machine is being deleted", **machine(name="leaving"))
    refused("CreateStateMachine", "TooManyTags", "more than 50 tags", **machine(tags=[{"key": f"k{n}", "value": ""} for n in range(51)]))
    refused("CreateStateMachine", "ValidationException", "2 validation errors detected: Value '' at 'name'", **machine(name="", type="OTHER"))
    refused("UpdateStateMachine", "MissingRequiredParameter", "Either the definition, the role ARN", stateMachineArn=scene.machine)
    refused("UpdateStateMachine", "StateMachineDoesNotExist", "State Machine Does Not Exist: '", stateMachineArn=scene.machine + "-not", definition=PASS)
    refused("UpdateStateMachine", "StateMachineDeleting", "State Machine is being deleted", stateMachineArn=scene.leaving, definition=PASS)
    for action, more in (("UpdateStateMachine", {"definition": PASS}), ("DeleteStateMachine", {}), ("PublishStateMachineVersion", {}),
                         ("StartExecution", {}), ("ListStateMachineVersions", {})):
        response = refused(action, "ValidationException", "labeled state machine ARNs", stateMachineArn=LABELLED, **more)
        assert response["reason"] == "API_DOES_NOT_SUPPORT_LABELED_ARNS", response
    refused("DescribeStateMachine", "StateMachineDoesNotExist", "State Machine Does Not Exist: '", stateMachineArn=scene.machine + ":9")
    refused("DescribeStateMachineForExecution", "ExecutionDoesNotExist", "Execution Does Not Exist: '", executionArn=scene.done + "-not")
    refused("ListStateMachines", "InvalidToken", "Invalid Token: 'Invalid token'", nextToken="none")
    refused("ValidateStateMachineDefinition", "ValidationException", ONE_ERROR + "101' at 'maxResults'", definition=PASS, maxResults=101)


def versions_and_aliases(refused, scene):
    refused("PublishStateMachineVersion", "StateMachineDoesNotExist", "State Machine Does Not Exist: '", stateMachineArn=scene.machine + "-not")
    refused("PublishStateMachineVersion", "StateMachineDeleting", "State Machine is being deleted", stateMachineArn=scene.leaving)
    refused("PublishStateMachineVersion", "ConflictException", "Failed to publish the State Machine version", stateMachineArn=scene.machine, revisionId="r")
    refused("ListStateMachineVersions", "InvalidToken", "Invalid Token: 'Invalid token'", stateMachineArn=scene.machine, nextToken="none")
    refused("DeleteStateMachineVersion", "ConflictException", "[live]", stateMachineVersionArn=scene.version)
    refused("DeleteStateMachineVersion", "ValidationException", "1 validation error detected", stateMachineVersionArn="")
    create = lambda error, message, routes, name="other": refused(  # noqa: E731
        "CreateStateMachineAlias", error, message, name=name, routingConfiguration=routes)
    create("ValidationException", "'7' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*", [route(scene.version)], name="7")
    create("InvalidArn", "Invalid ARN prefix: x", [route("x")])
    create("ValidationException", "must equal 100. Received: [99]", [route(scene.version, 99)])
    create("ValidationException", "'[RoutingConfigurationListItem(stateMachineVersionArn=" + scene.version + ", weight=1), ", [route(scene.version, 1)] * 3)
    create("ValidationException", "2 validation errors detected: Value '" + "n" * 81 + "' at 'name'", [], name="n" * 81)
    create("ResourceNotFound", "Request references a resource that does not exist.", [route(scene.machine + ":9")])
    create("StateMachineDeleting", "State Machine is being deleted", [route(scene.leaving_version)])
    refused("UpdateStateMachineAlias", "StateMachineDeleting", "State Machine is being deleted", stateMachineAliasArn=scene.leaving_alias, description="d")
    refused("UpdateStateMachineAlias", "ValidationException", "must be specified", stateMachineAliasArn=scene.alias)
    for action, more in (("UpdateStateMachineAlias", {"description": "d"}), ("DescribeStateMachineAlias", {})):
        refused(action, "ResourceNotFound", "Request references a resource", stateMachineAliasArn=scene.alias + "-not", **more)
    for action in ("DescribeStateMachineAlias", "DeleteStateMachineAlias"):
        refused(action, "ValidationException", "1 validation error detected", stateMachineAliasArn="")
    listing = "ListStateMachineAliases"
    refused(listing, "InvalidToken", "Invalid Token: 'Invalid token'", stateMachineArn=scene.machine, nextToken="none")
    refused(listing, "ResourceNotFound", "Request references a resource", stateMachineArn=scene.machine + ":9")
    refused(listing, "StateMachineDoesNotExist", "State Machine Does Not Exist: '", stateMachineArn=scene.machine + "-not")
    refused(listing, "StateMachineDeleting", "State Machine is being deleted", stateMachineArn=scene.leaving)


def executions(refused, scene):
    for action in ("StartExecution", "StartSyncExecution"):
        refused(action, "InvalidExecutionInput", "Unrecognized token 'not'", stateMachineArn=scene.express, input="not")
        refused(action, "InvalidName", "Invalid Name: 'a/b'", stateMachineArn=scene.express, name="a/b")
        refused(action, "StateMachineDoesNotExist", "State Machine Does Not Exist: '", stateMachineArn=scene.machine + "-not")
    refused("StartExecution", "StateMachineDeleting", "State Machine is being deleted", stateMachineArn=scene.leaving)
    refused("StartExecution", "ExecutionAlreadyExists", f"Execution Already Exists: '{scene.done}'", stateMachineArn=scene.machine, name="done", input="{}")
    refused("StartSyncExecution", "StateMachineTypeNotSupported", "not supported by this type", stateMachineArn=scene.machine)
    for action in ("DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution", "ListMapRuns"):
        refused(action, "ExecutionDoesNotExist", "Execution Does Not Exist: '", executionArn=scene.done + "-not")
    refused("StopExecution", "ValidationException", "1 validation error detected: Value at 'cause'", executionArn=scene.done, cause=LONG)
    refused("RedriveExecution", "ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven", executionArn=scene.done)
    refused("RedriveExecution", "ExecutionNotRedrivable", "State machine is in DELETING status", executionArn=scene.stopped)
    refused("RedriveExecution", "ValidationException", ONE_ERROR, executionArn=scene.done, clientToken="t" * 65)
    refused("GetExecutionHistory", "InvalidToken", "Invalid Token: 'Invalid token'", executionArn=scene.done, nextToken="none")
    refused("ListMapRuns", "InvalidToken", "Invalid Token: 'Invalid token'", executionArn=scene.map, nextToken="1")
    refused("ListExecutions", "InvalidToken", "Invalid Token: 'Invalid token'", stateMachineArn=scene.machine, nextToken="none")
    refused("ListExecutions", "StateMachineDoesNotExist", "State Machine Does Not Exist: '", stateMachineArn=scene.machine + "-not")
    refused("ListExecutions", "StateMachineTypeNotSupported", "not supported by this type", stateMachineArn=scene.express)
    refused("ListExecutions", "ValidationException", "exactly one of")
    refused("ListExecutions", "ValidationException", "requires a mapRunArn", stateMachineArn=scene.machine, statusFilter="PENDING_REDRIVE")
    refused("ListExecutions", "ResourceNotFound", "Resource not found: '", mapRunArn=scene.run + "-not")
    refused("DescribeMapRun", "ResourceNotFound", "Resource not found: '", mapRunArn=scene.run + "-not")
    refused("UpdateMapRun", "ResourceNotFound", "Resource not found: '", mapRunArn=scene.run + "-not", maxConcurrency=1)
    response = refused("UpdateMapRun", "ValidationException", "has completed", mapRunArn=scene.run, maxConcurrency=1)
    assert response["reason"] == "CANNOT_UPDATE_COMPLETED_MAP_RUN", response


def tasks_and_tags(refused, scene):
    refused("CreateActivity", "InvalidName", "Invalid Name: 'a b'", name="a b")
    refused("CreateActivity", "TooManyTags", "more than 50 tags", name="new", tags=[{"key": f"k{n}", "value": ""} for n in range(51)])
    refused("CreateActivity", "ActivityAlreadyExists", f"Activity Already Exists: '{scene.activity}'", name="work",
            encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"})
    refused("CreateActivity", "InvalidEncryptionConfiguration", "Invalid Encryption Configuration: '", name="new",
            encryptionConfiguration={"type": "AWS_OWNED_KEY", "kmsKeyId": "k"})
    for action in ("DescribeActivity", "GetActivityTask"):
        refused(action, "ActivityDoesNotExist", "Activity Does Not Exist: '", activityArn=scene.activity + "-not")
    refused("ListActivities", "InvalidToken", "Invalid Token: 'Invalid token'", nextToken="none")
    for action, more in (("SendTaskSuccess", {"output": "1"}), ("SendTaskFailure", {}), ("SendTaskHeartbeat", {})):
        refused(action, "InvalidToken", "Invalid Token: 'Invalid token'", taskToken="none", **more)
        refused(action, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'", taskToken=scene.token, **more)
    refused("SendTaskSuccess", "InvalidOutput", "Unrecognized token 'not'", taskToken=scene.token, output="not")
    refused("TagResource", "TooManyTags", "more than 50 tags", resourceArn=scene.machine, tags=[{"key": f"k{n}", "value": ""} for n in range(51)])
    for action, more in (("TagResource", {"tags": []}), ("UntagResource", {"tagKeys": []}), ("ListTagsForResource", {})):
        refused(action, "ResourceNotFound", "Resource not found: '", resourceArn=scene.version, **more)


def test_state(refused, scene):
    state = json.dumps({"Type": "Pass", "End": True})
    refused("TestState", "InvalidArn", "Invalid Role Arn: 'x'", definition=state, roleArn="x")
    refused("TestState", "InvalidDefinition", "Invalid State Machine Definition: '", definition="{}")
    refused("TestState", "InvalidExecutionInput", "", definition=state, input="not")
    refused("TestState", "ValidationException", "is not supported when a mock is specified", definition=state, mock={"result": "1"})


def wrong_arns(refused, scene):
    """What names another kind of thing, or nothing, is an InvalidArn, wherever an ARN is the only way to name what is meant."""
    for action in shapes.ACTIONS:
        operation = shapes.model.operation_model(action)
        arns = [m for m in operation.input_shape.members if m.endswith("Arn") and m not in ("roleArn", "mapRunArn")]
        if "InvalidArn" not in {e.error_code for e in operation.error_shapes} or not (arns or "mapRunArn" in operation.input_shape.members):
            continue
        given = {name: required(member) for name, member in operation.input_shape.members.items() if name in operation.input_shape.required_members}
        name = (arns or ["mapRunArn"])[0]
        refused(action, "InvalidArn", "Invalid ARN prefix: none", **{**given, name: "none"})
        refused(action, "InvalidArn", "Resource type not valid in this context: other", **{**given, name: STATES + "other:x"})


def required(shape):
    return {"string": "1", "list": [], "structure": {}}.get(shape.type_name, 1)


def quotas(refused, sfn):
    """A thousand versions and a hundred aliases are the most."""
    arn = sfn.create_state_machine(**machine(name="full"))["stateMachineArn"]
    for n in range(1000):
        definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": n, "End": True}}})
        sfn.update_state_machine(stateMachineArn=arn, definition=definition, publish=True)
    sfn.update_state_machine(stateMachineArn=arn, definition=OTHER)
    refused("PublishStateMachineVersion", "ServiceQuotaExceededException", "1000", stateMachineArn=arn)
    for n in range(100):
        sfn.create_state_machine_alias(name=f"alias-{n}", routingConfiguration=[route(arn + ":1")])
    refused("CreateStateMachineAlias", "ServiceQuotaExceededException", "100", name="more", routingConfiguration=[route(arn + ":1")])
    refused("CreateStateMachineAlias", "ConflictException", "different routing configuration", name="alias-1", routingConfiguration=[route(arn + ":2")])


def main():
    with Server("--account", ACCOUNT, "--durability", "buffered") as server:
        sfn = boto3.client("stepfunctions", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any",
                           config=Config(parameter_validation=False, inject_host_prefix=False, retries={"max_attempts": 0}))
        refused, scene = Provoke(sfn), Scene(sfn)
        for part in (state_machines, versions_and_aliases, executions, tasks_and_tags, test_state, wrong_arns):
            part(refused, scene)
        quotas(refused, sfn)
    modelled = {(action, error.error_code) for action in shapes.ACTIONS for error in shapes.model.operation_model(action).error_shapes}
    known = {pair for pair in modelled if pair[1] in NEVER or ".".join(pair) in NEVER}
    missing = sorted(modelled - refused.seen - known)
    needless = sorted(refused.seen & known)
    assert not missing and not needless, (missing, needless)
    print(f"exceptions: {len(modelled & refused.seen)} of {len(modelled)} raised, {len(known)} never, for a reason")


if __name__ == "__main__":
    main()
