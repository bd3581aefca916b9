"""W9: the AWS API against /v1, a long history paged out, and lists of many executions."""
import http.client
import json
import re
import threading
import time
import urllib.parse

import observed
import workloads

ROUNDS, STARTS, CLIENTS = 4, 3000, 8
ITEMS = 6248  # four events each, and six of the Map's and the execution's: just under AWS's 25,000
PAGES = 20  # of 1,000 executions
JSON_TYPE = {"Content-Type": "application/json"}


def target(action):
    return {"X-Amz-Target": "AWSStepFunctions." + action, "Content-Type": "application/x-amz-json-1.0"}


class Connection:
    def __init__(self, url):
        self.http = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body, headers):
        return self.ask("POST", path, body, headers)

    def ask(self, *request):
        self.http.request(*request)
        answer = self.http.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{request[1]}: {answer.status} {content[:300]}")
        return content


def start_cpu_us(bench, path, body, headers):
    """The server's processor time of a start, with CLIENTS at a time."""
    connections = [Connection(bench.url) for _ in range(CLIENTS)]
    failed = []

    def work(connection):
        try:
            for _ in range(STARTS // CLIENTS):
                connection.post(path, body, headers)
        except (OSError, RuntimeError) as wrong:
            failed.append(wrong)

    before = observed.cpu_seconds(bench.pid)
    threads = [threading.Thread(target=work, args=(c,)) for c in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return (observed.cpu_seconds(bench.pid) - before) / STARTS * 1e6


def history(bench):
    each = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": workloads.one_pass(), "End": True}}}
    bench.create("long", each)
    body = {"state_machine": "long", "input": [0] * ITEMS, "wait_seconds": 60}
    execution = bench.call("POST", "/v1/executions", body)
    if execution["status"] != "SUCCEEDED":
        raise RuntimeError(f"the long execution: {execution['status']}")
    connection, token, events = Connection(bench.url), None, 0
    began = time.monotonic()
    while True:
        ask = {"executionArn": execution["execution_arn"], "maxResults": 1000, **({"nextToken": token} if token else {})}
        content = connection.post("/", json.dumps(ask), target("GetExecutionHistory"))
        events += content.count(b'"timestamp":')
        found = re.search(rb'"nextToken":"([^"]+)"', content[-4000:]) or re.search(rb'"nextToken":"([^"]+)"', content[:4000])
        if not found:
            return events, time.monotonic() - began
        token = found[1].decode()


def listing(bench, machine):
    """The server's processor time of a page of 1,000 among 200,000 executions: its own API, with a status, and AWS's."""
    count = int(200_000 * bench.arguments.scale)
    bench.say(f"{count} executions to list")
    bench.load(workloads.start_body("pass", workloads.payload(), 0), "execution_arn", status=201, clients=64, requests=count,
               seconds=600)
    connection, figures = Connection(bench.url), {}

    def rest(filters):
        return lambda token: json.loads(connection.get(f"/v1/executions?state_machine=pass&limit=1000{filters}&page_token={token}"))

    def wire(token):
        ask = {"stateMachineArn": machine, "maxResults": 1000, **({"nextToken": token} if token else {})}
        return json.loads(connection.post("/", json.dumps(ask), target("ListExecutions")))

    for name, page in (("rest", rest("")), ("by_status", rest("&status=SUCCEEDED")), ("wire", wire)):
        token, before = "", observed.cpu_seconds(bench.pid)
        for _ in range(PAGES):
            found = page(token)
            if len(found.get("items", found.get("executions"))) != 1000:
                raise RuntimeError("a page is not full")
            token = found.get("next_page_token", found.get("nextToken"))
        figures[f"list_page_cpu_ms_{name}"] = (observed.cpu_seconds(bench.pid) - before) / PAGES * 1000
    return figures


def w9(bench):
    bench.create("pass", workloads.one_pass())
    machine = bench.call("GET", "/v1/state-machines/pass")["arn"]
    text = workloads.payload(230)
    wire = (bench, "/", json.dumps({"stateMachineArn": machine, "input": text}), target("StartExecution"))
    plain = (bench, "/v1/executions", workloads.start_body("pass", text, 0), JSON_TYPE)
    start_cpu_us(*plain)  # warm
    costs = {"wire": [], "rest": []}
    for _ in range(ROUNDS):  # by turns: what else the machine does meets both
        costs["wire"].append(start_cpu_us(*wire))
        costs["rest"].append(start_cpu_us(*plain))
    middle = {name: sorted(values)[len(values) // 2] for name, values in costs.items()}
    events, seconds = history(bench)
    return {"start_cpu_us_wire": middle["wire"], "start_cpu_us_rest": middle["rest"],
            "wire_over_rest_percent": (middle["wire"] / middle["rest"] - 1) * 100, "history_events": events,
            "history_events_per_s": events / seconds,
            **listing(bench, machine)}


WORKLOADS = {"W9": w9}
