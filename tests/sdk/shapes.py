"""Answers held against the output shapes of botocore's own model of the service."""
import json
import re

import botocore.session

COMMON_ERRORS = {"ValidationException", "UnknownOperationException", "SerializationException", "ThrottlingException",
                 "AccessDeniedException", "IncompleteSignature", "InvalidSignatureException", "UnrecognizedClientException",
                 "MissingAuthenticationTokenException", "RequestExpired", "ServiceUnavailable", "InvalidClientTokenId"}
NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float), "timestamp": (int, float)}

model = botocore.session.get_session().get_service_model("stepfunctions")
ACTIONS = tuple(model.operation_names)


def mistakes(shape, value, where=""):
    """What is wrong with `value`, as JSON gave it; an empty list when nothing is."""
    kind = shape.type_name
    if kind == "structure":
        return structure_mistakes(shape, value, where)
    if kind == "list":
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        return [m for n, item in enumerate(value) for m in mistakes(shape.member, item, f"{where}[{n}]")]
    if kind == "map":
        if not isinstance(value, dict):
            return [f"{where}: not a map"]
        return [m for key, item in value.items() for m in mistakes(shape.value, item, f"{where}.{key}")]
    if kind == "boolean":
        return [] if isinstance(value, bool) else [f"{where}: not a boolean"]
    if kind in NUMBERS:
        good = isinstance(value, NUMBERS[kind]) and not isinstance(value, bool)
        return bound_mistakes(shape, value, where) if good else [f"{where}: not a {kind}: {value!r}"]
    if not isinstance(value, str):
        return [f"{where}: not a string: {value!r}"]
    if getattr(shape, "enum", None) and value not in shape.enum:
        return [f"{where}: {value!r} is none of {shape.enum}"]
    return bound_mistakes(shape, len(value), where)


def structure_mistakes(shape, value, where):
    if not isinstance(value, dict):
        return [f"{where}: not an object"]
    found = [f"{where}: lacks {name}" for name in shape.required_members if name not in value]
    for name, member in value.items():
        if name not in shape.members:
            found.append(f"{where}.{name}: no such member")
        elif member is None:
            found.append(f"{where}.{name}: null")
        else:
            found += mistakes(shape.members[name], member, f"{where}.{name}")
    return found


def bound_mistakes(shape, number, where):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        return [f"{where}: {number} is not within {low} to {high}"]
    return []


def answer_mistakes(action, status, headers, body):
    """What is wrong with an answer of `action`: its status, headers and body."""
    found = []
    if not headers.get("x-amzn-RequestId"):
        found.append("no x-amzn-RequestId")
    if headers.get("Content-Type") != "application/x-amz-json-1.0":
        found.append(f"Content-Type {headers.get('Content-Type')}")
    try:
        document = json.loads(body)
    except ValueError:
        return [*found, f"not JSON: {body[:200]!r}"]
    operation = model.operation_model(action) if action in ACTIONS else None
    if status == 200 and operation:
        return found + mistakes(operation.output_shape, document, action)
    kind = document.get("__type")
    listed = {shape.error_code for shape in operation.error_shapes} if operation else set()
    if kind not in listed | COMMON_ERRORS:
        found.append(f"{action} does not raise {kind}")
    if headers.get("x-amzn-ErrorType") != kind:
        found.append(f"x-amzn-ErrorType {headers.get('x-amzn-ErrorType')} is not {kind}")
    if not isinstance(document.get("message"), str):
        found.append("no message")
    if not re.fullmatch("4..|503|507", str(status)):
        found.append(f"status {status}")
    return found
