"""W1, W2, W3, W8: executions that run."""
import datetime
import json

import observed
import workloads


def per_workflow(bench, before, after, count, tasks):
    if not bench.server or count == 0:
        return {}
    cpu_us = (after["cpu"] - before["cpu"]) * 1e6
    figures = {"server_cpu_us_per_workflow": round(cpu_us / count, 1),
               "server_cpu_us_per_task": round(cpu_us / count / tasks, 1) if tasks else None,
               "rss_mb": round(observed.rss_mb(bench.pid, peak=True), 1),
               "bytes_per_workflow": round((after["bytes"] - before["bytes"]) / count),
               "flushes_per_workflow": round((after["flushes"] - before["flushes"]) / count, 3)}
    return {key: value for key, value in figures.items() if value is not None}


def per_transition(bench, before, after):
    """A transition is a record that was applied: a start, a task's result, a timer."""
    used = {key: after[key] - before[key] for key in after}
    count = used["records"]
    if not bench.server or count == 0:
        return {}
    figures = {"transitions_per_s": round(count / used["at"], 1), "transitions_per_commit": round(count / max(1, used["flushes"]), 2)}
    for process, key in (("engine", "cpu"), ("worker", "worker_cpu"), ("load", "load_cpu"), ("kafka", "kafka_cpu"),
                         ("kafka_compiler", "kafka_compiler_cpu"), ("redis", "redis_cpu"), ("redis_script", "redis_script_cpu")):
        if key in used:
            figures[f"{process}_cpu_us_per_transition"] = round(used[key] * 1e6 / count, 1)
    if bench.cluster:
        figures["redis_commits_per_s"] = round(used["redis_commits"] / used["at"], 1)
        figures["commits_per_round_trip"] = round(used["flushes"] / max(1, used["groups"]), 2)
    return figures


def dispatch_times(bench, name, sample):
    """From TaskScheduled, the moment the record that caused it was in the log, to TaskStarted, when a handler had it, as the
    newest executions' histories tell: p50 and p99."""
    def at(event):
        return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp() * 1000

    times = []
    for execution in bench.call("GET", f"/v1/executions?limit={sample}")["items"]:
        execution_id = ":".join(execution["execution_arn"].split(":")[-2:])
        events = bench.call("GET", f"/v1/executions/{execution_id}/history?limit=1000")["events"]
        scheduled = {event["id"]: at(event) for event in events if event["type"] == "TaskScheduled"}
        times += [at(event) - scheduled[event["previous_id"]] for event in events
                  if event["type"] == "TaskStarted" and event["previous_id"] in scheduled]
    times.sort()
    if not times:
        return {}
    return {f"{name}_p50_ms": round(times[len(times) // 2], 1), f"{name}_p99_ms": round(times[len(times) * 99 // 100], 1)}


def warm_broker(bench, body, expect, clients):
    """The broker's virtual machine compiles what is used most: until that takes less than a tenth of its time, or it was
    asked to twelve times."""
    for _ in range(12):
        before = bench.used()
        bench.load(body, expect, clients=clients, seconds=bench.seconds)
        after = bench.used()
        if (after["kafka_compiler_cpu"] - before["kafka_compiler_cpu"]) * 10 < after["kafka_cpu"] - before["kafka_cpu"]:
            return


def dispatched(bench, definition, input_text, tasks, clients_max, expect):
    """Floor with one client, highest rate in a closed loop, latency at 70 % of it in an open loop."""
    bench.create("bench", definition)
    body = workloads.start_body("bench", input_text)
    # A task takes a cluster ten times as long, and it does as much with more of them under way.
    clients_max = bench.arguments.clients or clients_max * (4 if bench.cluster else 1)
    with bench.worker(workloads.QUEUE) as worker:
        bench.say("warming up")
        bench.load(body, expect, clients=8, seconds=1)
        if bench.cluster:
            warm_broker(bench, body, expect, clients_max)
        bench.say("1 client, closed loop")
        one = bench.load(body, expect, clients=1, seconds=bench.seconds)
        dispatch = dispatch_times(bench, "dispatch", min(200, one["requests"]))
        bench.say(f"p50 {one['p50_ms']} ms; {clients_max} clients, closed loop")
        before = bench.used()
        full = bench.load(body, expect, clients=clients_max, seconds=bench.seconds)
        after = bench.used()
        rate = max(1.0, full["rate_per_s"] * 0.7)
        bench.say(f"{full['rate_per_s']} workflows/s; open loop at {rate:.0f}/s")
        steady = bench.load(body, expect, clients=max(256, clients_max), rate=rate, seconds=bench.seconds)
        dispatch |= dispatch_times(bench, "dispatch_at_70_percent", 200)
        started = count_executions(bench)
    bad = one["bad"] + full["bad"] + steady["bad"]
    figures = {"p50_ms": one["p50_ms"], "p99_ms": one["p99_ms"], "p999_ms": one["p999_ms"], "rate_per_s": full["rate_per_s"],
               "tasks_per_s": round(full["rate_per_s"] * tasks, 1), "p50_at_70_percent_ms": steady["p50_ms"],
               "p99_at_70_percent_ms": steady["p99_ms"]}
    figures |= per_workflow(bench, before, after, full["requests"], tasks)
    figures |= per_transition(bench, before, after) | dispatch
    # Every workflow that ended runs each of its tasks once: what the worker did beyond that was done twice.
    figures |= {"fdatasync_per_s": bench.disk(), "lost": bad, "doubled": max(0, worker["tasks"] - started * tasks)}
    return figures


def count_executions(bench):
    """How many executions there are."""
    count, token = 0, ""
    while True:
        page = bench.call("GET", f"/v1/executions?limit=1000&page_token={token}")
        count += len(page["items"])
        token = page.get("next_page_token", "")
        if not token:
            return count


def w1(bench):
    text = workloads.payload()
    return dispatched(bench, workloads.chain(1), text, 1, 64, f'"output":{text}')


def w2(bench):
    text = workloads.payload()
    return dispatched(bench, workloads.chain(10), text, 10, 64, f'"output":{text}')


def w3(bench):
    count = bench.arguments.items
    items = [json.loads(workloads.payload()) if count <= 100 else i for i in range(count)]
    text = json.dumps({"items": items}, separators=(",", ":"))
    result = json.dumps(items, separators=(",", ":"))
    return {"items": count} | dispatched(bench, workloads.fan_out(count), text, count, 8, f'"output":{result}')


def w8(bench):
    bench.create("bench", workloads.ten_local_states(), "EXPRESS")
    body, expect = workloads.start_body("bench", workloads.payload()), '"output":{"n":4,"id":1}'
    bench.load(body, expect, clients=8, seconds=1)
    bench.say("1 client, closed loop")
    one = bench.load(body, expect, clients=1, seconds=bench.seconds)
    bench.say(f"p50 {one['p50_ms']} ms; 32 clients, closed loop")
    before = bench.used()
    full = bench.load(body, expect, clients=32, seconds=bench.seconds)
    after = bench.used()
    figures = {"p50_ms": one["p50_ms"], "p99_ms": one["p99_ms"], "rate_per_s": full["rate_per_s"]}
    figures |= per_workflow(bench, before, after, full["requests"], 0)
    return figures | {"fdatasync_per_s": bench.disk(), "lost": one["bad"] + full["bad"], "doubled": 0}


WORKLOADS = {"W1": w1, "W2": w2, "W3": w3, "W8": w8}
