"""What must hold after the chaos, seen from outside: what the starters and the watcher were told, the executions and their
histories as both nodes tell them, and the ledgers of the workers.

 1 every acknowledged start is an execution that has ended well; there is none without a start, none twice
 2 the ids of every history are 1..n, its times never go back, it goes from one start to one end
 3 it has as many events of each kind as its definition says: no task is lost, none ends twice
 4 every accepted result stands in a ledger, of that execution and of the state it belongs to, and is accepted once
 5 the output is made of these results
 6 no wait was shorter than the definition says
 7 what was told of an end is what is told of it at last, by both nodes
"""
import collections
import concurrent.futures
import datetime
import sys

import cluster
from chaos_load import MACHINES, MAP_ITEMS, input_of, machine_of

sys.path.insert(0, str(cluster.ROOT / "tests" / "chaos"))
from shared_checks import (check_accepted, check_counts, check_made_of, check_names, check_order, check_twice,  # noqa: E402
                           history, list_executions, read_ledger)

COUNTS = {  # tasks that succeed, tasks that fail, retries, waits
    "chain": (3, 0, 0), "fan": (MAP_ITEMS + 3, 0, 1), "retry": (2, 2, 0), "timer": (2, 0, 2)}
WAITS_MS = {"Nap": 1000, "Sleep": 3000}


def read_ledgers(folder):
    runs = {}
    for path in sorted(folder.glob("ledger-*")):
        if path.suffix != ".log":
            runs |= read_ledger(path)
    return runs


def milliseconds_between(first, second):
    begin, end = (datetime.datetime.fromisoformat(time.replace("Z", "+00:00")) for time in (first, second))
    return round((end - begin) / datetime.timedelta(milliseconds=1))


def check_shape(name, machine, events):
    well, badly, waits = COUNTS[machine]
    problems = check_order(name, events) + check_counts(name, events, {
        "TaskScheduled": well + badly, "TaskSucceeded": well, "TaskFailed": badly, "TaskTimedOut": 0, "WaitStateEntered": waits,
        "WaitStateExited": waits, "MapIterationSucceeded": MAP_ITEMS * (machine == "fan"),
        "ParallelStateSucceeded": int(machine == "fan")})
    entered = {event["name"]: event["time"] for event in events if event["type"] == "WaitStateEntered"}
    for event in events:
        if event["type"] == "WaitStateExited":
            waited = milliseconds_between(entered[event["name"]], event["time"])
            if waited < WAITS_MS[event["name"]]:
                problems.append(f"{name}: {event['name']} waited only {waited} ms")
    return problems


def leaves(value, state=None):
    """The results in an output: (state, result)."""
    if isinstance(value, str):
        yield state, value
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, "Item" if state == "each" else state)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name != "error":
                yield from leaves(item, name)


def check_results(name, arn, output, events, ledger):
    problems, accepted = check_accepted(name, arn, events, ledger)
    stored = set(leaves(output))
    for state, value in stored:
        if value in ledger and ledger[value][1] != state:
            problems.append(f"{name}: {value} of state {ledger[value][1]} is the result of {state}")
    return problems + check_made_of(name, [value for _, value in stored], accepted), accepted


def check_execution(nodes, number, path, told, ledger):
    """Problems, accepted results, and whether what was told has changed."""
    first, second = nodes[number % len(nodes)], nodes[(number + 1) % len(nodes)]
    name = f"{machine_of(number)}:e{number}"
    status, execution = first.call("GET", path)
    if status != 200:
        return [f"lost: {name}: {status} {execution}"], [], False
    if execution["status"] != "SUCCEEDED":
        return [f"not ended well: {name} is {execution['status']}"], [], told is not None
    if execution["input"] != input_of(number):
        return [f"{name}: was not started with this input: {execution['input']}"], [], True
    arn = execution["execution_arn"]
    events = history(first.url, arn)
    problems = check_shape(name, machine_of(number), events)
    found, accepted = check_results(name, arn, execution["output"], events, ledger)
    changed = told != execution
    if changed:
        problems.append(f"changed: {name}: told was {told}, now it is {execution}")
    if second.must("GET", path) != execution or history(second.url, arn) != events:
        problems.append(f"{name}: the nodes do not tell the same")
        changed = True
    return problems + found, accepted, changed


def check(nodes, load, folder):
    """Problems and figures."""
    ledger = read_ledgers(folder)
    problems = list(load.problems)
    wanted = {f"e{number}" for number in load.started}
    listed = [item["name"] for machine in MACHINES for item in list_executions(nodes[0].url, machine)]
    found, _, doubled = check_names(wanted, wanted, listed)
    problems += found
    accepted, changed = collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        checks = [pool.submit(check_execution, nodes, number, path, load.told.get(number), ledger)
                  for number, path in sorted(load.started.items())]
        for done in checks:
            found, values, other = done.result()
            problems += found
            accepted.update(values)
            changed += other
    twice = check_twice(accepted)
    problems += twice
    lost = sum(1 for problem in problems if problem.startswith(("lost", "not ended")))
    return problems, {"executions": len(load.started), "lost": lost, "duplicated": doubled + len(twice), "changed": changed,
                      "results_accepted": sum(accepted.values()), "task_runs": len(ledger)}
