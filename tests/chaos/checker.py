"""What must hold after the kills, seen from outside: the driver's log, the histories, and the worker's ledger.

 1 every acknowledged start is an execution, and it has ended, successfully
 2 no execution without a start, none twice
 3 the ids of every history are 1..n, its times never go back, its first and last event are the start and the end
 4 every accepted result stands in the ledger, with the value that run returned, and no run's value is accepted twice
 5 every task that was scheduled has one end; the chain and the Map have as many as the definition says
 6 the output holds the very values that the history says were accepted
"""
import collections
import concurrent.futures
import time
import urllib.parse

from driver import request

END_SECONDS = 180


def all_executions(url):
    found, token = [], ""
    while True:
        page = request(url, "GET", f"/v1/executions?state_machine=chaos&limit=1000&page_token={urllib.parse.quote(token)}")
        found += page["items"]
        token = page.get("next_page_token", "")
        if not token:
            return found


def wait_for_ends(url, acknowledged, say):
    """Every execution, once none runs any more or the time is over."""
    until = time.monotonic() + END_SECONDS
    while True:
        executions = all_executions(url)
        running = sum(1 for execution in executions if execution["status"] == "RUNNING")
        if running == 0 or time.monotonic() > until:
            return executions
        say(f"{running} of {len(executions)} still run")
        time.sleep(1)  # asks again until all have ended


def read_ledger(path):
    """value: (execution, state, retry, token). A last line that a kill cut off would lack its end."""
    runs = {}
    for line in path.read_text().split("\n")[:-1]:
        execution, state, retry, token, value = line.split("\t")
        runs[value] = (execution, state, int(retry), token)
    return runs


def history(url, arn):
    events = []
    while True:
        after = events[-1]["id"] if events else 0
        page = request(url, "GET", f"/v1/executions/{urllib.parse.quote(arn, safe=':')}/history?limit=1000&after={after}")["events"]
        events += page
        if len(page) < 1000:
            return events


def check_history(arn, events, ledger, items):
    """Problems of one history, and the values it accepted."""
    problems = []
    kinds = collections.Counter(event["type"] for event in events)
    if [event["id"] for event in events] != list(range(1, len(events) + 1)):
        problems.append(f"{arn}: the ids are not 1..{len(events)}")
    times = [event["time"] for event in events]
    if times != sorted(times):
        problems.append(f"{arn}: the times go back")
    if events[0]["type"] != "ExecutionStarted" or events[-1]["type"] != "ExecutionSucceeded" or kinds["ExecutionSucceeded"] != 1:
        problems.append(f"{arn}: does not go from one start to one end")
    wanted = {"TaskScheduled": items + 4, "TaskSucceeded": items + 3, "TaskFailed": 1, "TaskTimedOut": 0,
              "MapIterationStarted": items, "MapIterationSucceeded": items}
    for kind, count in wanted.items():
        if kinds[kind] != count:
            problems.append(f"{arn}: {kinds[kind]} {kind} instead of {count}")
    values = [event["output"] for event in events if event["type"] == "TaskSucceeded"]
    for value in values:
        if value not in ledger:
            problems.append(f"{arn}: accepted {value}, which no worker did")
        elif ledger[value][0] != arn:
            problems.append(f"{arn}: accepted {value}, which belongs to {ledger[value][0]}")
    return problems, values


def check_output(arn, output, values):
    stored = [output["first"], *output["each"], output["flaky"], output["last"]]
    return [] if sorted(stored) == sorted(values) else [f"{arn}: the output {stored} is not made of the results {values}"]


def check_one(url, arn, ledger, items):
    events = history(url, arn)
    problems, values = check_history(arn, events, ledger, items)
    if not problems:
        problems += check_output(arn, request(url, "GET", f"/v1/executions/{urllib.parse.quote(arn, safe=':')}")["output"], values)
    return problems, values


def check(url, driver, executions, ledger_path, items):
    ledger = read_ledger(ledger_path)
    problems = [f"refused: {refusal}" for refusal in driver.refused]
    by_name = collections.Counter(execution["name"] for execution in executions)
    lost = [name for name in driver.acknowledged if name not in by_name]
    doubled = [name for name, count in by_name.items() if count > 1]
    unknown = [name for name in by_name if name not in driver.attempted]
    stuck = [e["name"] for e in executions if e["status"] != "SUCCEEDED"]
    problems += [f"lost: {name} was acknowledged and is not there" for name in lost]
    problems += [f"doubled: {name} is there more than once" for name in doubled]
    problems += [f"unknown: {name} was never started" for name in unknown]
    problems += [f"not ended well: {e['name']} is {e['status']}" for e in executions if e["status"] != "SUCCEEDED"]
    accepted = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ended = [e["execution_arn"] for e in executions if e["status"] == "SUCCEEDED"]
        for found, values in pool.map(lambda arn: check_one(url, arn, ledger, items), ended):
            problems += found
            accepted.update(values)
    twice = [value for value, count in accepted.items() if count > 1]
    problems += [f"doubled: the result {value} was accepted twice" for value in twice]
    if len(executions) < 10 or not accepted:
        problems.append("the run was trivial: too few executions")
    figures = {"executions": len(executions), "acknowledged": len(driver.acknowledged), "starts_sent_again": driver.repeated,
               "lost": len(lost), "doubled": len(doubled) + len(twice), "stuck": len(stuck),
               "task_runs": len(ledger), "results_accepted": sum(accepted.values()), "problems": len(problems)}
    return problems, figures
