#!/usr/bin/env python3
"""The calls by which deployment tools keep state machines, one after the other and with what each tool looks at in the answers:
Terraform's provider (aws_sfn_state_machine, aws_sfn_alias, aws_sfn_activity and their data sources), CloudFormation's handlers
(behind the CDK, SAM and the Serverless Framework), and SAM's gradual deployments."""
import json
import pathlib
import sys

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from stepstream_server import Server, eventually  # noqa: E402

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:deploy:*"


def passing(word):
    return json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": word, "End": True}}}, indent=2)


def route(version, weight=100):
    return {"stateMachineVersionArn": version, "weight": weight}


def is_refused(call, error, **arguments):
    try:
        call(**arguments)
    except error:
        return True
    return False


def terraform_state_machine(sfn):
    """Create, read, plan, update with publish, tags, delete and wait until it is gone."""
    tags = [{"key": "owner", "value": "one"}]
    # The provider validates when it plans, and with what it will create.
    assert sfn.validate_state_machine_definition(definition=passing("a"), type="STANDARD")["result"] == "OK"
    arn = sfn.create_state_machine(
        name="orders", definition=passing("a"), roleArn=ROLE, type="STANDARD", publish=True, tags=tags,
        loggingConfiguration={"level": "OFF", "includeExecutionData": False}, tracingConfiguration={"enabled": False},
        encryptionConfiguration={"type": "AWS_OWNED_KEY"})
    version, arn = arn["stateMachineVersionArn"], arn["stateMachineArn"]
    read = sfn.describe_state_machine(stateMachineArn=arn)
    assert (read["definition"], read["status"], read["name"], read["roleArn"], read["type"]) == (
        passing("a"), "ACTIVE", "orders", ROLE, "STANDARD"), read
    assert read["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}, read
    assert read["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}, read
    assert read["tracingConfiguration"] == {"enabled": False} and "revisionId" not in read, read
    assert sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"][0]["stateMachineVersionArn"] == version
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == tags

    updated = sfn.update_state_machine(
        stateMachineArn=arn, definition=passing("b"), roleArn=ROLE, publish=True, tracingConfiguration={"enabled": True},
        loggingConfiguration={"level": "ALL", "includeExecutionData": True,
                              "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}]})
    # Then it reads until what it reads is what it wrote.
    read = sfn.describe_state_machine(stateMachineArn=arn)
    assert (read["definition"], read["roleArn"], read["revisionId"]) == (passing("b"), ROLE, updated["revisionId"]), read
    assert read["loggingConfiguration"]["destinations"] == [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}], read
    assert read["tracingConfiguration"] == {"enabled": True}, read
    assert updated["stateMachineVersionArn"] == arn + ":2", updated

    sfn.untag_resource(resourceArn=arn, tagKeys=["owner"])
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "test"}])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "stage", "value": "test"}]
    return arn


def terraform_alias(sfn, machine):
    arn = sfn.create_state_machine_alias(name="live", description="first", routingConfiguration=[route(machine + ":1")])
    arn = arn["stateMachineAliasArn"]
    read = sfn.describe_state_machine_alias(stateMachineAliasArn=arn)
    assert (read["name"], read["description"], read["routingConfiguration"]) == ("live", "first", [route(machine + ":1")]), read
    both = [route(machine + ":1", 80), route(machine + ":2", 20)]
    sfn.update_state_machine_alias(stateMachineAliasArn=arn, description="both", routingConfiguration=both)
    read = sfn.describe_state_machine_alias(stateMachineAliasArn=arn)
    assert (read["description"], read["routingConfiguration"]) == ("both", both) and read["updateDate"] >= read["creationDate"], read
    # Its data source looks for the name in the list.
    assert [a["stateMachineAliasArn"] for a in sfn.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"]] == [arn]
    sfn.delete_state_machine_alias(stateMachineAliasArn=arn)
    assert is_refused(sfn.describe_state_machine_alias, sfn.exceptions.ResourceNotFound, stateMachineAliasArn=arn)


def terraform_activity(sfn):
    for _ in range(2):  # of the second one nothing may be left from the first
        arn = sfn.create_activity(name="work", tags=[{"key": "owner", "value": "one"}] if _ == 0 else [])["activityArn"]
        read = sfn.describe_activity(activityArn=arn)
        assert (read["name"], read["encryptionConfiguration"]) == ("work", {"type": "AWS_OWNED_KEY"}), read
        assert len(sfn.list_tags_for_resource(resourceArn=arn)["tags"]) == 1 - _
        assert [a["name"] for page in sfn.get_paginator("list_activities").paginate() for a in page["activities"]] == ["work"]
        sfn.delete_activity(activityArn=arn)
        assert is_refused(sfn.describe_activity, sfn.exceptions.ActivityDoesNotExist, activityArn=arn)


def terraform_delete(sfn, arn):
    """With an execution under way: DELETING for as long, and no tags for one of the same name."""
    wait = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
    sfn.update_state_machine(stateMachineArn=arn, definition=wait)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    sfn.delete_state_machine(stateMachineArn=arn)
    assert sfn.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    assert is_refused(sfn.create_state_machine, sfn.exceptions.StateMachineDeleting, name="orders", definition=wait, roleArn=ROLE)
    sfn.stop_execution(executionArn=execution)
    eventually(lambda: is_refused(sfn.describe_state_machine, sfn.exceptions.StateMachineDoesNotExist, stateMachineArn=arn))
    sfn.delete_state_machine(stateMachineArn=arn)
    again = sfn.create_state_machine(name="orders", definition=wait, roleArn=ROLE)["stateMachineArn"]
    assert sfn.list_tags_for_resource(resourceArn=again)["tags"] == []
    sfn.delete_state_machine(stateMachineArn=again)


def cloudformation(sfn):
    """AWS::StepFunctions::StateMachine, StateMachineVersion, StateMachineAlias and Activity: handlers may be asked twice."""
    given = {"name": "stack-Machine-1X", "definition": passing("a"), "roleArn": ROLE, "type": "EXPRESS",
             "tags": [{"key": "stack", "value": "s"}]}
    created = sfn.create_state_machine(**given)
    again = sfn.create_state_machine(**{**given, "roleArn": ROLE + "-other", "tags": [{"key": "other", "value": ""}]})
    assert sfn.list_tags_for_resource(resourceArn=again["stateMachineArn"])["tags"] == given["tags"]
    assert (again["stateMachineArn"], again["creationDate"]) == (created["stateMachineArn"], created["creationDate"])
    arn = created["stateMachineArn"]
    assert is_refused(sfn.create_state_machine, sfn.exceptions.StateMachineAlreadyExists, **{**given, "definition": passing("b")})
    first = sfn.publish_state_machine_version(stateMachineArn=arn, description="one")["stateMachineVersionArn"]
    assert sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == first
    described = sfn.describe_state_machine(stateMachineArn=first)
    assert (described["stateMachineArn"], described["description"]) == (first, "one"), described
    revision = sfn.update_state_machine(stateMachineArn=arn, definition=passing("b"), roleArn=ROLE)["revisionId"]
    assert sfn.describe_state_machine(stateMachineArn=arn)["revisionId"] == revision
    second = sfn.publish_state_machine_version(stateMachineArn=arn, revisionId=revision)["stateMachineVersionArn"]
    alias = sfn.create_state_machine_alias(name="prod", routingConfiguration=[route(first)])["stateMachineAliasArn"]
    # DeploymentPreference: CANARY, then all at once; then the old version goes.
    for routing in ([route(first, 90), route(second, 10)], [route(second)]):
        sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=routing)
        assert sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"] == routing
    sfn.delete_state_machine_version(stateMachineVersionArn=first)
    assert sfn.start_sync_execution(stateMachineArn=alias)["output"] == '"b"'
    found = [m for page in sfn.get_paginator("list_state_machines").paginate() for m in page["stateMachines"]]
    assert [m["stateMachineArn"] for m in found] == [arn], found
    sfn.delete_state_machine(stateMachineArn=arn)
    eventually(lambda: is_refused(sfn.describe_state_machine, sfn.exceptions.StateMachineDoesNotExist, stateMachineArn=arn))


def main():
    with Server("--account", ACCOUNT) as server:
        sfn = boto3.client("stepfunctions", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="any",
                           aws_secret_access_key="any", config=Config(inject_host_prefix=False))
        machine = terraform_state_machine(sfn)
        terraform_alias(sfn, machine)
        terraform_activity(sfn)
        terraform_delete(sfn, machine)
        cloudformation(sfn)
    print("deploy tools: what they call is answered as they expect")


if __name__ == "__main__":
    main()
