#!/usr/bin/env python3
"""wire_fuzz.py [--requests N] [--seed S] [--threads T]: random requests to the AWS API, made from the service model.

Members are right, missing, too many, of the wrong type, just within and beyond their bounds, in odd Unicode, huge; bodies are cut and
scrambled. Fails on a 5xx that is not documented (501, 503, 507), on an answer that does not fit the model, when no answer comes
within 20 seconds and when the server ends. A finding is printed with its request; the seed repeats the run."""
import argparse
import collections
import http.client
import json
import pathlib
import random
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from stepstream_server import Server  # noqa: E402

import shapes  # noqa: E402

ANSWER_SECONDS = 20
FINDINGS_MAX = 20
ARN = "arn:aws:states:us-east-1:123456789012:"
ROLE = "arn:aws:iam::123456789012:role/any"
PASS = {"Type": "Pass", "End": True}
DEFINITIONS = [json.dumps(d) for d in (
    {"StartAt": "A", "States": {"A": PASS}},
    {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": True}}},
    {"StartAt": "A", "States": {"A": {"Type": "Map", "ItemProcessor": {"StartAt": "B", "States": {"B": PASS}}, "End": True}}},
    {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% $states.input %}", "End": True}}},
    {"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": []}}}, {"StartAt": 1}, {}, PASS,
    {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "B"}]})]
ODD_TEXT = ["", " ", "\x00", "é" * 40, "😀", "\ud800", "\u202e", "a/b", "..", "%00", "{}", "[", "null", "$", "-1", "arn:aws:states", "'\"`;",
            "\x7f", "\ufeff", "A\n", "true", "1e400"]
ODD_VALUES = [None, True, False, 0, -1, 1, 2**31, 2**63, -2**63, 2**200, 0.5, 1e308, "1", "", [], {}, [[]], {"a": {}}, [None]]
RARE_TEXT = 40  # one in so many is of a length up to the bound, which may be a megabyte


class Maker:
    """Makes one request at a time; `chance` decides all of it."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.known = collections.deque([ARN + kind for kind in (
            "stateMachine:a", "stateMachine:wait", "stateMachine:fast", "activity:a", "execution:a:one", "stateMachine:a:1",
            "stateMachine:a:live", "mapRun:a/b:c", "execution:", "stateMachine:a#b", "express:fast:a:b")], maxlen=300)

    def text(self, name, shape):
        pick = self.chance.random()
        if getattr(shape, "enum", None) and pick < 0.8:
            return self.chance.choice(shape.enum)
        if "arn" in name.lower() and pick < 0.85:
            return ROLE if name == "roleArn" else self.chance.choice(self.known)
        if name == "definition" and pick < 0.85:
            return self.chance.choice(DEFINITIONS)
        if name.endswith("Token") and pick < 0.5:
            return self.chance.choice(self.known)
        if name in ("input", "output", "variables", "context", "result") and pick < 0.7:
            return json.dumps(self.chance.choice(ODD_VALUES))
        if name == "name" and pick < 0.8:
            return self.chance.choice(("a", "wait", "fast", "b", "live", "c" * 80))
        if pick < 0.95:
            return self.chance.choice(ODD_TEXT)
        bounds = [b for b in (shape.metadata.get("min"), shape.metadata.get("max")) if b is not None]
        bounds = [b for b in bounds if b < 4096 or self.chance.randrange(RARE_TEXT) == 0]
        length = max(0, self.chance.choice(bounds or [1]) + self.chance.choice((-1, 0, 1)))
        return self.chance.choice(("a", "é", "{")) * length

    def number(self, shape):
        bounds = [b for b in (shape.metadata.get("min"), shape.metadata.get("max")) if b is not None]
        if self.chance.random() < 0.6:
            return self.chance.choice(bounds or [0, 1, 100]) + self.chance.choice((-1, 0, 1))
        return self.chance.choice((0, -1, 7, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 1e300, 0.5))

    def value(self, name, shape, depth=0):
        if self.chance.random() < 0.04:
            return self.chance.choice(ODD_VALUES)
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            return [self.value(name, shape.member, depth + 1) for _ in range(self.chance.choice((0, 1, 1, 2, 3, 60)))]
        if kind == "map":
            return {self.text("key", shape.key): self.value(name, shape.value, depth + 1) for _ in range(2)}
        if kind == "boolean":
            return self.chance.random() < 0.5
        return self.number(shape) if kind in shapes.NUMBERS else self.text(name, shape)

    def structure(self, shape, depth):
        out = {}
        for name, member in shape.members.items():
            if self.chance.random() < (0.95 if name in shape.required_members else 0.35):
                out[name] = self.value(name, member, depth + 1)
        if self.chance.random() < 0.03:
            out[self.chance.choice(ODD_TEXT)] = self.chance.choice(ODD_VALUES)
        return out

    def scramble(self, body):
        pick = self.chance.randrange(6)
        at = self.chance.randrange(len(body) + 1)
        if pick == 0:
            return body[:at]
        if pick == 1:
            return body[:at] + bytes([self.chance.randrange(256)]) + body[at + 1:]
        if pick == 2:
            return b"[" * self.chance.choice((1, 100, 5000))
        if pick == 3:
            return body[:-1] + b',"input":1e400}' if body.endswith(b"}") else body
        return self.chance.choice((b"", b"null", b"1", b'"a"', b"[]", b"\xff\xfe", b'{"a":1,"a":2}', b'{"\\ud800":"\\udc00"}'))

    def request(self):
        action = self.chance.choice(shapes.ACTIONS)
        document = self.structure(shapes.model.operation_model(action).input_shape, 0)
        if action == "GetActivityTask" and ":activity:" in str(document.get("activityArn", "")):
            document["activityArn"] += "-not"  # an answer would be a minute away
        body = json.dumps(document).encode()
        if self.chance.random() < 0.05:
            body = self.scramble(body)
        return action, body


def finding(action, body, answer, content):
    if answer.status in (413, 501, 503, 507):  # 413: the server's own bound of a body, before it knows which API is meant
        return []
    if not content:
        return [f"{action}: status {answer.status} without a body"]
    found = shapes.answer_mistakes(action, answer.status, answer.headers, content)
    # The model calls it required, and METADATA_ONLY means without it.
    return [f"{action}: {m}" for m in found if not (m == f"{action}: lacks definition" and b"METADATA_ONLY" in body)]


class Fuzz:
    def __init__(self, server, options):
        self.server, self.options = server, options
        self.statuses, self.findings, self.lock = collections.Counter(), {}, threading.Lock()

    def learn(self, maker, content):
        """What an answer names is used by later requests."""
        document = json.loads(content)
        for name, value in document.items():
            if isinstance(value, str) and (name.endswith("Arn") or name == "nextToken"):
                maker.known.append(value)

    def record(self, action, body, answer, content):
        found = finding(action, body, answer, content)
        with self.lock:
            self.statuses[answer.status] += 1
            for what in found:
                self.findings.setdefault(what, (body[:600], content[:300]))

    def work(self, number):
        maker = Maker(self.options.seed * 1000 + number)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=ANSWER_SECONDS)
        for _ in range(self.options.requests // self.options.threads):
            if len(self.findings) >= FINDINGS_MAX:
                return
            action, body = maker.request()
            try:
                connection.request("POST", "/", body, {
                    "X-Amz-Target": "AWSStepFunctions." + action, "Content-Type": "application/x-amz-json-1.0"})
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as broken:
                with self.lock:
                    self.findings.setdefault(f"{action}: no answer: {broken!r}", (body[:600], b""))
                connection.close()
                continue
            self.record(action, body, answer, content)
            if answer.status == 200:
                self.learn(maker, content)

    def run(self):
        threads = [threading.Thread(target=self.work, args=(n,)) for n in range(self.options.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.server.process.poll() is not None:
            self.findings["the server ended: " + self.server.log()[-2000:]] = (b"", b"")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=40000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    with Server("--account", "123456789012", "--durability", "memory") as server:
        fuzz = Fuzz(server, options)
        fuzz.run()
    for what, (body, content) in fuzz.findings.items():
        print(f"{what}\n    {body!r}\n    {content!r}")
    sent = fuzz.statuses.total()
    print(f"wire fuzz: {sent} requests with seed {options.seed}, statuses {dict(sorted(fuzz.statuses.items()))}, "
          f"{len(fuzz.findings)} findings")
    return 1 if fuzz.findings or sent < options.requests * 0.99 else 0


if __name__ == "__main__":
    sys.exit(main())
