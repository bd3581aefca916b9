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
from shared_checks import (check_accepted, check_counts, check_made_of, check_names, check_order, check_twice, history,
                           list_executions, read_ledger)

END_SECONDS = 180


def wait_for_ends(url, acknowledged, say):
    """Every execution, once none runs any more or the time is over."""
    until = time.monotonic() + END_SECONDS
    while True:
        executions = list_executions(url, "chaos")
        running = sum(1 for execution in executions if execution["status"] == "RUNNING")
        if running == 0 or time.monotonic() > until:
            return executions
        say(f"{running} of {len(executions)} still run")
        time.sleep(1)  # asks again until all have ended


def check_one(url, arn, ledger, items):
    """Problems of one execution, and the results it accepted."""
    events = history(url, arn)
    wanted = {"TaskScheduled": items + 4, "TaskSucceeded": items + 3, "TaskFailed": 1, "TaskTimedOut": 0,
              "MapIterationStarted": items, "MapIterationSucceeded": items}
    problems = check_order(arn, events) + check_counts(arn, events, wanted)
    found, values = check_accepted(arn, arn, events, ledger)
    problems += found
    if not problems:
        output = request(url, "GET", f"/v1/executions/{urllib.parse.quote(arn, safe=':')}")["output"]
        problems += check_made_of(arn, [output["first"], *output["each"], output["flaky"], output["last"]], values)
    return problems, values


def check(url, driver, executions, ledger_path, items):
    ledger = read_ledger(ledger_path)
    problems = [f"refused: {refusal}" for refusal in driver.refused]
    found, lost, doubled = check_names(driver.acknowledged, driver.attempted, [execution["name"] for execution in executions])
    stuck = [execution for execution in executions if execution["status"] != "SUCCEEDED"]
    problems += found + [f"not ended well: {execution['name']} is {execution['status']}" for execution in stuck]
    accepted = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ended = [e["execution_arn"] for e in executions if e["status"] == "SUCCEEDED"]
        for found, values in pool.map(lambda arn: check_one(url, arn, ledger, items), ended):
            problems += found
            accepted.update(values)
    twice = check_twice(accepted)
    problems += twice
    if len(executions) < 10 or not accepted:
        problems.append("the run was trivial: too few executions")
    figures = {"executions": len(executions), "acknowledged": len(driver.acknowledged), "starts_sent_again": driver.repeated,
               "lost": lost, "doubled": doubled + len(twice), "stuck": len(stuck),
               "task_runs": len(ledger), "results_accepted": sum(accepted.values()), "problems": len(problems)}
    return problems, figures
