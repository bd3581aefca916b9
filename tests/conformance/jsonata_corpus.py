#!/usr/bin/env python3
"""Runs JSONata's own test suite, where the corpus is there, and fails below 99 % of its cases.

  jsonata_corpus.py PROGRAM      (the program jsonata_eval)
"""
import os
import re
import subprocess
import sys

SHARE_MIN = 99.0


def corpus():
    source = os.environ.get("STEPSTREAM_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
    root = os.environ.get("STEPSTREAM_CORPUS") or os.path.join(source, "..", "shared", "data")
    return os.path.join(root, "jsonata")


def main():
    runner = os.path.join(corpus(), "run.py")
    if not os.path.exists(runner):
        print(f"skipped: no JSONata corpus at {corpus()}; set STEPSTREAM_CORPUS")
        return 0
    done = subprocess.run([sys.executable, runner, "--cli", sys.argv[1], "--show"], capture_output=True, text=True)
    print(done.stdout[-4000:], done.stderr[-2000:])
    share = re.search(r"cases pass \(([0-9.]+) %\)", done.stdout)
    crashed = "exit status" in done.stdout
    return 0 if share and float(share.group(1)) >= SHARE_MIN and not crashed else 1


if __name__ == "__main__":
    sys.exit(main())
