"""The workloads: their definitions, inputs, and what a right answer holds."""
import json

QUEUE = "noop"


def payload(number_of_bytes=256):
    """A JSON object of so many bytes."""
    text = json.dumps({"id": 1, "pad": ""}, separators=(",", ":"))
    return json.dumps({"id": 1, "pad": "x" * (number_of_bytes - len(text))}, separators=(",", ":"))


def task(next_state):
    return {"Type": "Task", "Resource": QUEUE, **({"Next": next_state} if next_state else {"End": True})}


def chain(length):
    names = [f"T{i}" for i in range(length)]
    return {"StartAt": "T0", "States": {n: task(names[i + 1] if i + 1 < length else None) for i, n in enumerate(names)}}


def fan_out(items):
    """A Map with a task for each item. An execution has at most 25,000 events, and each task takes five: larger ones are distributed."""
    mode = {"Mode": "INLINE"} if items <= 4000 else {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "ItemsPath": "$.items", "End": True,
        "ItemProcessor": {"ProcessorConfig": mode, "StartAt": "T", "States": {"T": task(None)}}}}}


def wait_two_hours():
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7200, "End": True}}}


def wait_until():
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "TimestampPath": "$.until", "End": True}}}


def ten_local_states():
    """Express: five times Choice and Pass, ten states."""
    states = {"Wrong": {"Type": "Fail", "Error": "Wrong"}}
    for i in range(5):
        states[f"C{i}"] = {"Type": "Choice", "Choices": [{"Variable": "$.id", "NumericEquals": 1, "Next": f"P{i}"}], "Default": "Wrong"}
        states[f"P{i}"] = {"Type": "Pass", "Parameters": {"n": i, "id.$": "$.id"}, **({"Next": f"C{i + 1}"} if i < 4 else {"End": True})}
    return {"StartAt": "C0", "States": states}


def one_pass():
    return {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def start_body(machine, input_text, wait_seconds=30):
    wait = f', "wait_seconds": {wait_seconds}' if wait_seconds else ""
    return f'{{"state_machine": "{machine}", "input": {input_text}{wait}}}'
