#!/usr/bin/env python3
"""play.py FOLDER [--body FILE | --install]: plays one example against the server at STEPSTREAM_URL: puts definition and trigger in
force, starts the worker, brings about the event, waits for the end, and checks status, output and history against
example.json. Ends with status 1 if something else came out."""
import argparse
import collections
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

URL = os.environ.get("STEPSTREAM_URL", "http://127.0.0.1:8460").rstrip("/")
ROOT = pathlib.Path(__file__).resolve().parent.parent
WAIT_SECONDS = 60


def call(method, path, body=None, headers=None):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    if os.environ.get("STEPSTREAM_API_KEY"):
        request.add_header("Authorization", "Bearer " + os.environ["STEPSTREAM_API_KEY"])
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS + 10) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path}: {error.code} {error.read().decode('utf-8', 'replace')}")
    except urllib.error.URLError as error:
        sys.exit(f"no server at {URL}: {error.reason}. Start one with ./run, or say where it is with STEPSTREAM_URL")


def execution_path(arn):
    return "/v1/executions/" + urllib.parse.quote(arn, safe=":")


def built(name):
    """A program of the build folder."""
    program = pathlib.Path(os.environ.get("STEPSTREAM_BINARY_DIR", str(ROOT / "build"))) / name
    if not program.exists():
        sys.exit(f"{program} is not built: cmake/build build {name}")
    return str(program)


def start_worker(folder, plan):
    command = [built(part[len("{build}/"):]) if part.startswith("{build}/") else part for part in plan["worker"]]
    if command[0] == "python3":
        command[0] = sys.executable
    paths = [str(ROOT / "workers/python"), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(command, cwd=folder, env={**os.environ, "STEPSTREAM_URL": URL, "PYTHONPATH": ":".join(paths)})


def secret_of_run(name):
    """./run makes the secret once and keeps it beside its data."""
    file = pathlib.Path(os.environ.get("STEPSTREAM_DATA", ROOT / "data")) / name.lower()
    return file.read_text().strip() if file.exists() else ""


def send_webhook(name, webhook, body):
    """Signs like GitHub does, with the secret that the server reads from the same variable."""
    secret = os.environ.get(webhook["secret_env"]) or secret_of_run(webhook["secret_env"])
    if not secret:
        sys.exit(f"set {webhook['secret_env']} for the server and for this script, to the same secret")
    headers = {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
               "X-GitHub-Delivery": str(uuid.uuid4()), "X-GitHub-Event": webhook["event"]}
    first = call("POST", f"/hooks/{name}", body, headers)
    again = call("POST", f"/hooks/{name}", body, headers)  # GitHub's "Redeliver"
    if first["execution_arn"] != again["execution_arn"]:
        sys.exit("the delivery was sent again and started another execution")
    return first["execution_arn"]


def last_started(name):
    return call("GET", f"/v1/triggers/{name}")["status"]["last_execution_arn"]


def wait_for_trigger(name, before=None):
    """What the trigger has started since `before`."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        arn = last_started(name)
        if arn and arn != before:
            return arn
        time.sleep(0.05)  # there is nothing to wait on: the trigger has not fired yet
    sys.exit("the trigger did not fire")


def brokers():
    return os.environ.get("STEPSTREAM_KAFKA", "127.0.0.1:9092")


def send_records(kafka):
    tool = built("kafka_topic_tool")
    for record in kafka["records"]:
        subprocess.run([tool, brokers(), "send", kafka["topic"], "0", record["key"], json.dumps(record["value"])], check=True)


def answer_as_person(answer):
    """Takes the task that a person is to do from its queue, and answers it by its token."""
    tasks = call("POST", "/v1/tasks/poll", {"queue": answer["queue"], "wait_seconds": 30, "worker": "a person"})["tasks"]
    if not tasks:
        sys.exit("nobody asked the person")
    print("asked:   ", json.dumps(tasks[0]["input"]))
    call("POST", "/v1/tasks/complete", {"token": tasks[0]["token"], "output": answer["output"]})


def bring_about(name, plan, folder, body):
    if "webhook" in plan:
        return send_webhook(name, plan["webhook"], body or (folder / plan["webhook"]["body"]).read_bytes())
    if "kafka" in plan:
        before = last_started(name)
        send_records(plan["kafka"])
        return wait_for_trigger(name, before)
    if plan.get("schedule"):
        return wait_for_trigger(name)
    return call("POST", "/v1/executions", {"state_machine": name, "input": plan["input"]})["execution_arn"]


def whole_history(arn):
    events = []
    while True:
        page = call("GET", f"{execution_path(arn)}/history?limit=1000&after={events[-1]['id'] if events else 0}")["events"]
        events += page
        if len(page) < 1000:
            return events


def counted(events):
    return dict(sorted(collections.Counter(event["type"] for event in events).items()))


def differences(execution, events, plan):
    wrong = []
    for member in ("status", "output"):
        if member in plan["expected"] and execution.get(member) != plan["expected"][member]:
            wrong.append(f"{member}: {json.dumps(execution.get(member))} instead of {json.dumps(plan['expected'][member])}")
    if "history" in plan["expected"] and counted(events) != dict(sorted(plan["expected"]["history"].items())):
        wrong.append(f"history: {json.dumps(counted(events))} instead of {json.dumps(plan['expected']['history'])}")
    if [event["id"] for event in events] != list(range(1, len(events) + 1)):
        wrong.append("the ids of the history have gaps")
    return wrong


def install(name, folder, by_itself=True):
    """by_itself: also triggers that act without anybody's doing, or need a broker."""
    for other in sorted((folder / "machines").glob("*.json")):  # that this one runs
        call("PUT", f"/v1/state-machines/{other.stem}", {"definition": json.loads(other.read_text())})
    call("PUT", f"/v1/state-machines/{name}", {"definition": json.loads((folder / "definition.json").read_text())})
    path = folder / "trigger.json"
    if not path.exists():
        return
    trigger = json.loads(path.read_text())
    if "kafka" in trigger:
        trigger["kafka"]["brokers"] = brokers().split(",")
    if by_itself or "webhook" in trigger:
        call("PUT", f"/v1/triggers/{name}", trigger)


def play(folder, body, body_event):
    plan = json.loads((folder / "example.json").read_text())
    if body:  # another body than the example's own: only its end is known
        plan["expected"] = {"status": "SUCCEEDED"}
        plan["webhook"]["event"] = body_event
    name = plan["state_machine"]
    install(name, folder)
    worker = start_worker(folder, plan) if "worker" in plan else None
    try:
        arn = bring_about(name, plan, folder, body)
        print("started: ", arn.split(":", 6)[6])  # MACHINE:NAME, as the command line takes it
        if "person" in plan:
            answer_as_person(plan["person"])
        execution = call("GET", f"{execution_path(arn)}?wait_seconds={WAIT_SECONDS}")
        events = whole_history(arn)
    finally:
        if worker:
            worker.terminate()
            worker.wait(30)
    if plan.get("schedule") or "kafka" in plan:
        call("DELETE", f"/v1/triggers/{name}")
    print("ended:   ", execution["status"])
    print("output:  ", json.dumps(execution.get("output"))[:500])
    print("history: ", ", ".join(f"{count} {kind}" for kind, count in counted(events).items()))
    return differences(execution, events, plan)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--body", type=pathlib.Path, help="for webhooks: send this file, named EVENT.….json")
    parser.add_argument("--install", action="store_true", help="put definition and trigger in force, no schedule or topic, and end")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if arguments.install:
        install(json.loads((folder / "example.json").read_text())["state_machine"], folder, by_itself=False)
        return 0
    body = arguments.body.read_bytes() if arguments.body else None
    wrong = play(folder, body, arguments.body.name.split(".")[0] if arguments.body else None)
    for line in wrong:
        print("NOT AS EXPECTED:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
