#!/usr/bin/env python3
"""workflows_test.py PROGRAM: every workflow of the public collection, with its tasks mocked, runs to an end (`stepstream test`).

Which end is its own affair: the mocked answers are the same for all, and few workflows find in them what they look for."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
ANSWER = {"0-99": {"Return": {"Payload": {"status": "ok"}, "status": "ok"}}}
ENDS = {"SUCCEEDED", "FAILED", "TIMED_OUT"}
SECONDS_MAX = 60


def corpus():
    source = pathlib.Path(os.environ.get("STEPSTREAM_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
    return pathlib.Path(os.environ.get("STEPSTREAM_CORPUS") or source / "../shared/data") / "asl_samples"


def filled(text):
    """Deployments put ARNs and names where the placeholders are."""
    text = re.sub(r'"\$\{([^}"]*)\}"', lambda found: json.dumps(FUNCTION + re.sub(r"\W", "_", found[1])), text)
    return re.sub(r"\$\{([^}]*)\}", lambda found: re.sub(r"\W", "_", found[1]), text)


def tasks(machine):
    for name, state in machine["States"].items():
        if not isinstance(state, dict):
            continue  # one workflow has a QueryLanguage among its states
        if state["Type"] == "Task":
            yield name
        inner = [*state.get("Branches", []), *(state[k] for k in ("Iterator", "ItemProcessor") if k in state)]
        for machine_inside in inner:
            yield from tasks(machine_inside)


def end_of(program, definition, folder):
    names = set(tasks(json.loads(definition)))
    mocks = {"StateMachines": {"workflow": {"TestCases": {"all": {name: name for name in names}}}},
             "MockedResponses": {name: ANSWER for name in names}}
    (folder / "definition.json").write_text(definition)
    (folder / "mocks.json").write_text(json.dumps(mocks))
    done = subprocess.run(
        [program, "test", folder / "definition.json", "--input", "{}", "--mock-config", folder / "mocks.json", "--test-case", "all",
         "--state-machine-name", "workflow", "--object-root", folder, "--json"], capture_output=True, text=True, timeout=SECONDS_MAX)
    return json.loads(done.stdout)["status"] if done.stdout.startswith("{") else done.stderr


def main():
    if not corpus().is_dir():
        print(f"not run: no public workflows at {corpus()}; set STEPSTREAM_CORPUS")
        return 0
    ends, wrong = collections.Counter(), {}
    for path in sorted(corpus().glob("*.json")):
        with tempfile.TemporaryDirectory() as folder:
            end = end_of(sys.argv[1], filled(path.read_text(encoding="utf-8")), pathlib.Path(folder))
        if end in ENDS:
            ends[end] += 1
        else:
            wrong[path.name] = end
    for name, words in wrong.items():
        print(f"{name} has no end: {words[-400:]}")
    print(f"{ends.total()} of {ends.total() + len(wrong)} workflows ran to an end: {dict(ends)}")
    return 0 if ends and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
