#!/usr/bin/env python3
"""Compares evaluation times of JSONata's own test expressions: ours against the npm package under Node.

  run.py --program BUILD/jsonata_benchmark --cases CORPUS/jsonata [--package DIR/node_modules/jsonata]

Prints the median and quartiles of the ratios per case, and the slowest cases. Cases with a time limit and those
that cannot be written as UTF-8 are left out.
"""
import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def requests(folder):
    for path in sorted(glob.glob(os.path.join(folder, "groups", "*", "*.json"))):
        loaded = json.load(open(path, encoding="utf-8"))
        for n, case in enumerate(loaded if isinstance(loaded, list) else [loaded]):
            if "expr" not in case or "timelimit" in case:
                continue
            out = {"id": f"{os.path.relpath(path, folder)}[{n}]", "expression": case["expr"],
                   "bindings": case.get("bindings") or {}}
            if "data" in case:
                out["input"] = case["data"]
            elif case.get("dataset"):
                out["input"] = json.load(open(os.path.join(folder, "datasets", case["dataset"] + ".json"), encoding="utf-8"))
            try:
                json.dumps(out, ensure_ascii=False).encode("utf-8")
            except UnicodeEncodeError:
                continue
            yield out


def times(command, lines):
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return {row["id"]: row["ns"] for row in map(json.loads, done.stdout.splitlines())}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--program", required=True)
    p.add_argument("--cases", required=True)
    p.add_argument("--package", help="folder of the npm package jsonata; without it only our times are printed")
    p.add_argument("--slowest", type=int, default=15)
    a = p.parse_args()
    lines = "".join(json.dumps(r) + "\n" for r in requests(a.cases))
    ours = times([a.program], lines)
    print(f"ours: {len(ours)} expressions, median {statistics.median(ours.values()):.0f} ns")
    if not a.package or not shutil.which("node"):
        print("no comparison: node or the package jsonata is not there")
        return 0
    theirs = times(["node", os.path.join(HERE, "jsonata_node.js"), os.path.abspath(a.package)], lines)
    ratios = sorted((theirs[i] / ours[i], i) for i in ours if i in theirs)
    values = [r for r, _ in ratios]
    low, middle, high = statistics.quantiles(values, n=4)
    print(f"node: {len(theirs)} expressions, median {statistics.median(theirs.values()):.0f} ns")
    print(f"ratio over {len(values)} expressions: median {middle:.1f}, quartiles {low:.1f} and {high:.1f}")
    for ratio, name in ratios[:a.slowest]:
        print(f"  {ratio:6.1f}  {ours[name]:12.0f} ns  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
