#!/usr/bin/env python3
"""boto3's paginators as user code uses them, over more than a page of everything: forwards, in reverse, page sizes, bad tokens."""
import concurrent.futures
import json
import pathlib
import sys

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from stepstream_server import Server, eventually  # noqa: E402

EXECUTIONS, EVENTS, RESOURCES = 2500, 5000, 150
ROLE = "arn:aws:iam::123456789012:role/any"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
# An inline Map over Pass states has four events for each item, and six of its own and the execution's.
EACH = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": PASS, "End": True}}}


def make(sfn):
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        for n in range(RESOURCES):
            threads.submit(sfn.create_activity, name=f"activity-{n}")
        machines = list(threads.map(lambda n: sfn.create_state_machine(
            name=f"machine-{n}", definition=json.dumps(EACH if n == 1 else PASS), roleArn=ROLE)["stateMachineArn"],
            range(RESOURCES)))
        started = list(threads.map(lambda n: sfn.start_execution(stateMachineArn=machines[0], name=f"run-{n}")["executionArn"],
                                   range(EXECUTIONS)))
    return machines, started


def items(sfn, action, key, page_size=None, **arguments):
    config = {"PageSize": page_size} if page_size else {}
    pages = [page[key] for page in sfn.get_paginator(action).paginate(**arguments, PaginationConfig=config)]
    if page_size:
        assert all(len(page) == page_size for page in pages[:-1]) and len(pages) > 1, [len(p) for p in pages]
    return [item for page in pages for item in page]


def check_executions(sfn, machine, started):
    for size in (None, 7 * 64, 1000):
        listed = items(sfn, "list_executions", "executions", size, stateMachineArn=machine)
        assert len(listed) == EXECUTIONS and {e["executionArn"] for e in listed} == set(started), len(listed)
        times = [e["startDate"] for e in listed]
        assert times == sorted(times, reverse=True), "not the newest first"
    eventually(lambda: len(items(sfn, "list_executions", "executions", stateMachineArn=machine,
                                 statusFilter="SUCCEEDED")) == EXECUTIONS)
    assert not items(sfn, "list_executions", "executions", stateMachineArn=machine, statusFilter="FAILED")
    limited = sfn.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"MaxItems": 250, "PageSize": 100}).build_full_result()
    assert len(limited["executions"]) == 250 and limited["NextToken"]
    rest = sfn.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"StartingToken": limited["NextToken"]}).build_full_result()
    assert len(rest["executions"]) == EXECUTIONS - 250, len(rest["executions"])


def check_history(sfn, machine):
    count = (EVENTS + 3) // 4
    arn = sfn.start_execution(stateMachineArn=machine, input=json.dumps([0] * count))["executionArn"]
    eventually(lambda: sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")
    events = items(sfn, "get_execution_history", "events", executionArn=arn)
    assert len(events) >= EVENTS and [e["id"] for e in events] == list(range(1, len(events) + 1)), len(events)
    assert items(sfn, "get_execution_history", "events", 333, executionArn=arn, reverseOrder=True) == events[::-1]
    bare = items(sfn, "get_execution_history", "events", 1000, executionArn=arn, includeExecutionData=False)
    assert [e["type"] for e in bare] == [e["type"] for e in events]
    return arn, len(events)


def check_tokens(sfn, machine, history):
    token = sfn.list_executions(stateMachineArn=machine, maxResults=10)["nextToken"]
    of_history = sfn.get_execution_history(executionArn=history, maxResults=10)["nextToken"]
    for call in (lambda: sfn.list_executions(stateMachineArn=machine, nextToken=token[:-2] + ("AA" if token[-2:] != "AA" else "BB")),
                 lambda: sfn.list_executions(stateMachineArn=machine, nextToken="none"),
                 lambda: sfn.list_executions(stateMachineArn=machine, nextToken=of_history),
                 lambda: sfn.get_execution_history(executionArn=history, nextToken=token)):
        try:
            call()
        except sfn.exceptions.InvalidToken:
            continue
        raise AssertionError("a token that was not given for this call is taken")


def main():
    with Server("--account", "123456789012") as server:
        sfn = boto3.client("stepfunctions", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="any",
                           aws_secret_access_key="any", config=Config(max_pool_connections=16))
        machines, started = make(sfn)
        check_executions(sfn, machines[0], started)
        arn, events = check_history(sfn, machines[1])
        check_tokens(sfn, machines[0], arn)
        listed = items(sfn, "list_state_machines", "stateMachines", 40)
        assert sorted(m["stateMachineArn"] for m in listed) == sorted(machines)
        assert len(items(sfn, "list_activities", "activities", 100)) == RESOURCES
    print(f"paginators: {len(started)} executions, {events} events, {len(listed)} state machines and {RESOURCES} activities")


if __name__ == "__main__":
    main()
