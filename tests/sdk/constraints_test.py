#!/usr/bin/env python3
"""Every constraint of every input member in botocore's model of the service: broken here, one at a time, and refused in the
service's words, without the value where the model calls it sensitive."""
import http.client
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import shapes  # noqa: E402
from stepstream_server import Server  # noqa: E402

MARK = "zq"  # in no text of the service


def sample(shape):
    """A value within the shape's own bounds, with what it requires."""
    kind = shape.type_name
    if kind == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if kind == "list":
        return [sample(shape.member)] * shape.metadata.get("min", 0)
    if kind == "boolean":
        return False
    if kind in ("integer", "long", "float", "double"):
        return shape.metadata.get("min", 0)
    return shape.enum[0] if shape.enum else "1" * max(1, shape.metadata.get("min", 1))


def breaks(shape):
    """(rule, a value that breaks it, the constraint in the service's words as a pattern)"""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    kind = shape.type_name
    if kind == "string":
        if high is not None:
            yield "max", (MARK * high)[:high + 1], f"have (length less than or equal to {high}|size less than or equal to {high} bytes in UTF-8 encoding)"
        if low:
            yield "min", MARK[:low - 1], f"have length greater than or equal to {low}"
        if shape.enum:
            yield "enum", MARK, r"satisfy enum value set: \[(?P<words>[A-Z_, ]+)\]"
        if shape.metadata.get("pattern"):
            yield "pattern", MARK + "\u00e9 \n", "satisfy regular expression pattern: " + re.escape(shape.metadata["pattern"])
    elif kind == "list":
        if high is not None:
            yield "max", [sample(shape.member)] * (high + 1), f"have length less than or equal to {high}"
        if low:
            yield "min", [], f"have length greater than or equal to {low}"
    elif kind in ("integer", "long", "float", "double"):
        if high is not None:
            yield "max", high + 1, rf"have value less than or equal to {high}(\.0)?"
        if low is not None:
            yield "min", low - 1, rf"have value greater than or equal to {low}(\.0)?"


def probes(shape, build, path):
    """(path, rule, input, constraint, member's shape) for each constraint below `shape`; build(value) is the whole input around it."""
    for name, member in shape.members.items():
        given = sample(shape)
        here = f"{path}.{name}" if path else name
        around = lambda value, name=name, given=given: build({**given, name: value})  # noqa: E731
        if name in shape.required_members:
            yield here, "required", build({k: v for k, v in given.items() if k != name}), "not be null", member
        for rule, value, constraint in breaks(member):
            yield here, rule, around(value), constraint, member
        if member.type_name == "structure":
            yield from probes(member, around, here)
        elif member.type_name == "list" and member.member.type_name == "structure":
            yield from probes(member.member, lambda value, around=around: around([value]), f"{here}.1.member")


def refusal(connection, action, document):
    connection.request("POST", "/", json.dumps(document), {
        "X-Amz-Target": "AWSStepFunctions." + action, "Content-Type": "application/x-amz-json-1.0"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def mistake(path, rule, constraint, member, status, answer):
    message = answer.get("message", "")
    if (status, answer.get("__type")) != (400, "ValidationException"):
        return f"is answered {status} {json.dumps(answer)[:200]}"
    found = re.search(rf"Value (?P<value>.*?)at '{re.escape(path)}' failed to satisfy constraint: Member must {constraint}(;|$)", message, re.S)
    if not found:
        return f"is refused otherwise: {message[:300]}"
    if rule == "enum" and set(found["words"].split(", ")) != set(member.enum):
        return f"has the words {found['words']}, not {member.enum}"
    sensitive = bool(member.metadata.get("sensitive"))
    if sensitive and found["value"]:
        return f"repeats what is sensitive: {message[:200]}"
    if not sensitive and not found["value"]:
        return f"does not show the value: {message[:200]}"
    return None


def main():
    tried, wrong = 0, []
    with Server("--account", "123456789012", "--durability", "memory") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for action in shapes.ACTIONS:
            shape = shapes.model.operation_model(action).input_shape
            for path, rule, document, constraint, member in probes(shape, lambda value: value, ""):
                tried += 1
                found = mistake(path, rule, constraint, member, *refusal(connection, action, document))
                if found:
                    wrong.append(f"{action} {path} {rule}: {found}")
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong)
    print(f"constraints: {tried} broken and refused")


if __name__ == "__main__":
    main()
