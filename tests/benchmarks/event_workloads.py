"""W5: from an event to the start of the first task, over webhooks and schedules."""
import datetime
import time

TICKS_PER_SECOND = 20
TICK_SECONDS = 10


def one_task():
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "events", "End": True}}}


def until_all_ended(bench, machine):
    give_up = time.monotonic() + 300
    while bench.call("GET", f"/v1/executions?state_machine={machine}&status=RUNNING&limit=1")["items"]:
        if time.monotonic() > give_up:
            raise RuntimeError("executions that do not end")
        time.sleep(0.05)  # asks again until none runs


def webhooks(bench, first_number, **options):
    """Deliveries, each with a number of its own; what the load generator saw of the answers and the worker of the tasks."""
    body = '{"id": #NUMBER#, "sent_us": #NOW_US#, "pad": "' + "x" * 200 + '"}'
    with bench.worker("events", program="event_worker") as worker:
        load = bench.load(body, "execution_arn", status=202, path="/hooks/bench", first_number=first_number, **options)
        until_all_ended(bench, "hooked")
    return load, worker


def ticks(bench):
    """at() schedules that come due over some seconds."""
    bench.create("ticked", one_task())
    count = TICKS_PER_SECOND * TICK_SECONDS
    first = int(time.time()) + 5 + count // 100
    for number in range(count):
        due = datetime.datetime.fromtimestamp(first + number // TICKS_PER_SECOND, datetime.timezone.utc)
        bench.call("PUT", f"/v1/triggers/tick-{number}", {
            "state_machine": "ticked", "input": {"id": number, "due_ms.$": "$.scheduled_time_ms"},
            "schedule": {"expression": f"at({due:%Y-%m-%dT%H:%M:%S})"}})
    if time.time() >= first:
        bench.say("the schedules took longer to make than planned: the first ticks were due at once")
    with bench.worker("events", program="event_worker") as worker:
        time.sleep(max(0.0, first + TICK_SECONDS - time.time()))  # until all are due
        give_up = time.monotonic() + 60
        while len(bench.call("GET", "/v1/executions?state_machine=ticked&limit=1000")["items"]) < count and time.monotonic() < give_up:
            time.sleep(0.05)  # asks again until all have started
        until_all_ended(bench, "ticked")
    return count, worker


def w5(bench):
    bench.create("hooked", one_task())
    bench.call("PUT", "/v1/triggers/bench", {
        "state_machine": "hooked", "input": {"id.$": "$.body.id", "sent_us.$": "$.body.sent_us"},
        "webhook": {"signature": {"scheme": "none"}}})
    bench.say("warming up")
    webhooks(bench, 0, clients=8, seconds=1)
    bench.say("webhooks, 1 client, closed loop")
    one, one_seen = webhooks(bench, 10_000_000, clients=1, seconds=bench.seconds)
    events = int(1_000_000 * bench.arguments.scale)
    bench.say(f"first task after {one_seen['p50_ms']} ms; {events} webhooks, 64 clients")
    before = bench.used()
    many, many_seen = webhooks(bench, 20_000_000, clients=64, requests=events, seconds=3600)
    after = bench.used()
    bench.say(f"{many['rate_per_s']} webhooks/s; {TICKS_PER_SECOND * TICK_SECONDS} schedules")
    due, ticked = ticks(bench)
    figures = {"p50_ms": one_seen["p50_ms"], "p99_ms": one_seen["p99_ms"], "answer_p50_ms": one["p50_ms"],
               "rate_per_s": many["rate_per_s"], "events": events, "tick_p50_ms": ticked["p50_ms"], "tick_p99_ms": ticked["p99_ms"]}
    if bench.server:
        figures["server_cpu_us_per_event"] = round((after["cpu"] - before["cpu"]) * 1e6 / events, 1)
    lost = one["requests"] - one_seen["events"] + many["requests"] - many_seen["events"] + due - ticked["events"]
    doubled = sum(seen["tasks"] - seen["events"] for seen in (one_seen, many_seen, ticked))
    return figures | {"fdatasync_per_s": bench.disk(), "lost": lost + one["bad"] + many["bad"], "doubled": doubled}


WORKLOADS = {"W5": w5}
