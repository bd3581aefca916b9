"""W4, W6: executions that sleep."""
import datetime
import time

import observed
import workloads


def sleepers(bench, count, machine="sleep"):
    body = workloads.start_body(machine, workloads.payload(230), wait_seconds=0)
    return bench.load(body, "execution_arn", status=201, clients=64, requests=count, seconds=600)


def first_w1(bench):
    """Seconds until a new one-task workflow is done."""
    began = time.monotonic()
    answer = bench.call("POST", "/v1/executions", {"state_machine": "one", "input": {"n": 1}, "wait_seconds": 30})
    if answer["status"] != "SUCCEEDED":
        raise RuntimeError(f"the first workflow after the restart: {answer}")
    return time.monotonic() - began


def lateness(bench, count):
    """`count` timers that come due within ten seconds: how late each was, from the stop times of the executions."""
    bench.create("due", workloads.wait_until())
    seconds_to_start = max(5.0, count / 4000)
    base_ms = int(time.time() + seconds_to_start) * 1000  # Wait takes whole seconds, as AWS does: one burst a second
    slots = 10
    bad = 0
    for slot in range(slots):
        due_ms = base_ms + slot * 10_000 // slots
        until = datetime.datetime.fromtimestamp(due_ms // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = f'{{"state_machine": "due", "name": "due-{due_ms}-#NUMBER#", "input": {{"until": "{until}"}}}}'
        bad += bench.load(body, "execution_arn", status=201, clients=64, requests=count // slots, seconds=600)["bad"]
    if time.time() * 1000 > base_ms:
        bench.say("starting took longer than planned: the first timers were due at once")
    time.sleep(max(0.0, base_ms / 1000 + 10 - time.time()))  # until all are due
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and bench.call("GET", "/v1/executions?state_machine=due&status=RUNNING&limit=1")["items"]:
        time.sleep(0.2)  # asks again until none runs
    late, early, running, token = [], 0, 0, ""
    while True:
        page = bench.call("GET", f"/v1/executions?state_machine=due&limit=1000&page_token={token}")
        for execution in page["items"]:
            due_ms = int(execution["name"].split("-")[1])
            if execution["status"] != "SUCCEEDED":
                running += 1
                continue
            stop = round(datetime.datetime.fromisoformat(execution["stop_time"].replace("Z", "+00:00")).timestamp() * 1000)
            late.append(stop - due_ms)
            early += stop < due_ms
        token = page.get("next_page_token", "")
        if not token:
            break
    late.sort()
    return {"timers": len(late), "timer_lateness_p50_ms": late[len(late) // 2], "timer_lateness_p99_ms": late[int(len(late) * 0.99)],
            "timers_early": early, "timers_not_done": running + bad}


def w4(bench):
    count = int(100_000 * bench.arguments.scale)
    bench.create("one", workloads.chain(1))
    bench.create("sleep", workloads.wait_two_hours())
    with bench.worker(workloads.QUEUE):
        first_w1(bench)
    rss_before, disk_before, before = observed.rss_mb(bench.pid), observed.disk_bytes(bench.server.data), bench.used()
    bench.say(f"starting {count} executions that sleep")
    started = sleepers(bench, count)
    after = bench.used()
    rss, disk = observed.rss_mb(bench.pid), observed.disk_bytes(bench.server.data)
    bench.say(f"{started['rate_per_s']} starts/s; kill -9 and start again")
    bench.server.kill()
    began = time.monotonic()
    with bench.worker(workloads.QUEUE):
        ready = bench.server.start()
        first_w1(bench)
        restart = time.monotonic() - began
    bench.say(f"first workflow after {restart:.2f} s; {count} timers due within ten seconds")
    timers = lateness(bench, count)
    return {"p50_ms": started["p50_ms"], "p99_ms": started["p99_ms"], "rate_per_s": started["rate_per_s"],
            "server_cpu_us_per_workflow": round((after["cpu"] - before["cpu"]) * 1e6 / count, 1),
            "rss_mb": round(rss, 1), "rss_added_bytes_per_sleeper": round((rss - rss_before) * 1048576 / count),
            "disk_added_bytes_per_sleeper": round((disk - disk_before) / count),
            "bytes_per_workflow": round((after["bytes"] - before["bytes"]) / count),
            "flushes_per_workflow": round((after["flushes"] - before["flushes"]) / count, 3),
            "ready_after_kill_s": round(ready, 3), "first_workflow_after_kill_s": round(restart, 3), **timers,
            "fdatasync_per_s": bench.disk(), "lost": started["bad"] + timers["timers_not_done"], "doubled": 0}


def w6(bench):
    scale = bench.arguments.scale
    definitions, finished, sleeping = int(10_000 * scale), int(100_000 * scale), int(100_000 * scale)
    bench.say(f"{definitions} definitions")
    body = '{"name": "idle-#NUMBER#", "definition": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}'
    made = bench.load(body, "arn", status=201, path="/v1/state-machines", clients=16, requests=definitions, seconds=600)
    bench.create("pass", workloads.one_pass())
    bench.create("sleep", workloads.wait_two_hours())
    bench.say(f"{finished} finished executions")
    ended = bench.load(workloads.start_body("pass", workloads.payload(), 0), "execution_arn", status=201, clients=64,
                       requests=finished, seconds=600)
    bench.say(f"{sleeping} sleeping executions")
    asleep = sleepers(bench, sleeping)
    time.sleep(5)  # compactions that the load has left behind
    seconds = 20
    bench.say(f"idle for {seconds} s")
    before = bench.used()
    began = time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - began
    after = bench.used()
    commits = after["flushes"] - before["flushes"]
    return {"idle_cpu_percent": round((after["cpu"] - before["cpu"]) / elapsed * 100, 3),
            "store_flushes_per_s": round(commits / elapsed, 3), "bytes_written_per_s": round((after["bytes"] - before["bytes"]) / elapsed),
            "rss_mb": round(observed.rss_mb(bench.pid), 1), "fdatasync_per_s": bench.disk(),
            "lost": made["bad"] + ended["bad"] + asleep["bad"], "doubled": 0}


WORKLOADS = {"W4": w4, "W6": w6}
