"""What must hold after faults of any kind, whatever backend they struck: of the list of executions, of one history, and of the
results that a history has accepted. Used by checker.py, tests/cluster/chaos_checker.py and tests/cluster/failpoint_strike.py."""
import collections
import urllib.parse

from driver import request

PAGE = 1000


def list_executions(url, machine):
    found, token = [], ""
    while True:
        query = urllib.parse.urlencode({"state_machine": machine, "limit": PAGE, "page_token": token})
        page = request(url, "GET", "/v1/executions?" + query)
        found += page["items"]
        token = page.get("next_page_token", "")
        if not token:
            return found


def history(url, execution):
    """All events; `execution`: its ARN, or MACHINE:NAME."""
    events = []
    while True:
        after = events[-1]["id"] if events else 0
        where = f"/v1/executions/{urllib.parse.quote(execution, safe=':')}/history?limit={PAGE}&after={after}"
        page = request(url, "GET", where)["events"]
        events += page
        if len(page) < PAGE:
            return events


def read_ledger(path):
    """value: (execution, state, retry, token). A last line that a kill cut off would lack its end."""
    runs = {}
    for line in path.read_text().split("\n")[:-1]:
        execution, state, retry, token, value = line.split("\t")
        runs[value] = (execution, state, int(retry), token)
    return runs


def check_names(acknowledged, attempted, listed):
    """Names that were acknowledged, names that may be there, names that are. Problems, and how many are lost and doubled."""
    times = collections.Counter(listed)
    lost = sorted(set(acknowledged) - set(times))
    doubled = {name: count for name, count in times.items() if count > 1}
    problems = [f"lost: {name} was acknowledged and is not listed" for name in lost]
    problems += [f"unknown: {name} was never started" for name in sorted(set(times) - set(attempted))]
    problems += [f"doubled: {name} is listed {count} times" for name, count in doubled.items()]
    return problems, len(lost), len(doubled)


def check_order(name, events):
    """The ids are 1..n, times never go back, from one start to one end, which is a success."""
    problems = []
    if [event["id"] for event in events] != list(range(1, len(events) + 1)):
        problems.append(f"{name}: the ids are not 1..{len(events)}")
    times = [event["time"] for event in events]
    if times != sorted(times):
        problems.append(f"{name}: the times go back")
    kinds = [event["type"] for event in events]
    if kinds[:1] != ["ExecutionStarted"] or kinds[-1:] != ["ExecutionSucceeded"] or kinds.count("ExecutionStarted") != 1 or \
            kinds.count("ExecutionSucceeded") != 1:
        problems.append(f"{name}: does not go from one start to one end, but from {kinds[:1]} to {kinds[-1:]}")
    return problems


def check_counts(name, events, wanted):
    """As many events of each kind as its definition says."""
    kinds = collections.Counter(event["type"] for event in events)
    return [f"{name}: {kinds[kind]} {kind} instead of {count}" for kind, count in wanted.items() if kinds[kind] != count]


def check_accepted(name, arn, events, ledger):
    """Problems, and the results that were accepted: each stands in the ledger, of this execution."""
    problems = []
    accepted = [event["output"] for event in events if event["type"] == "TaskSucceeded"]
    for value in accepted:
        if value not in ledger:
            problems.append(f"{name}: accepted {value}, which no worker did")
        elif ledger[value][0] != arn:
            problems.append(f"{name}: accepted {value}, which belongs to {ledger[value][0]}")
    return problems, accepted


def check_made_of(name, stored, accepted):
    """The output's results are those that the history accepted."""
    return [] if sorted(stored) == sorted(accepted) else [f"{name}: the output {stored} is not made of the results {accepted}"]


def check_twice(accepted):
    """`accepted`: a Counter over all executions."""
    return [f"doubled: the result {value} was accepted twice" for value, count in accepted.items() if count > 1]
