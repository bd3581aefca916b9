#!/usr/bin/env python3
"""rest_fuzz.py [--seed S] [--examples N]: schemathesis over the server's own /v1/openapi.json. Fails on a 5xx that is not documented,
when no answer comes within 20 seconds, when the server ends, and when fewer than 1,000 requests were made."""
import argparse
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from stepstream_server import Server  # noqa: E402

PROGRAM = pathlib.Path(sys.executable).parent / "schemathesis"
REQUESTS_MIN = 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=20)
    options = parser.parse_args()
    with Server("--durability", "memory") as server:
        # One worker: with two, Hypothesis raises the recursion limit in one thread while Python 3.11 parses in the other,
        # which ends in a SystemError now and then.
        done = subprocess.run(
            [PROGRAM, "run", server.url + "/v1/openapi.json", "--checks", "not_a_server_error", "--request-timeout", "20",
             "--max-examples", str(options.examples), "--workers", "1", "--phases", "examples,coverage,fuzzing",
             "--suppress-health-check", "all", "--no-color", "--seed", str(options.seed)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=server.folder, env={**os.environ, "COLUMNS": "120"})
        ended = server.process.poll() is not None
        if ended:
            print("the server ended: " + server.log()[-2000:])
    cases = re.search(r"(\d+) generated", done.stdout)
    count = int(cases[1]) if cases else 0
    if done.returncode or ended or count < REQUESTS_MIN:
        print(done.stdout[-8000:])
        return 1
    print(f"rest fuzz: {count} requests with seed {options.seed}, no finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
