#!/usr/bin/env python3
"""run_example.py BINARY FOLDER: plays one example against a server of its own, from a fresh data directory; the webhook
example also with the public bodies of STEPSTREAM_CORPUS, where they are."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from server_process import ServerProcess  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]


def public_bodies():
    corpus = pathlib.Path(os.environ.get("STEPSTREAM_CORPUS") or ROOT.parent / "shared/data") / "github_webhooks"
    bodies = sorted(corpus.glob("push.*.json"))
    if not bodies:
        print(f"no public bodies in {corpus}: only the example's own was sent")
    return bodies


def mock_broker(folder):
    """A process that plays a broker with the example's topics until its input is closed, and its address."""
    plan = json.loads((folder / "example.json").read_text())
    if "kafka" not in plan:
        return None, {}
    tool = pathlib.Path(os.environ.get("STEPSTREAM_BINARY_DIR", ROOT / "build")) / "kafka_topic_tool"
    broker = subprocess.Popen([str(tool), "-", "mock", plan["kafka"]["topic"], "1"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    return broker, {"STEPSTREAM_KAFKA": broker.stdout.readline().strip()}


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    broker, address = mock_broker(folder)
    try:
        play_all(binary, folder, {"GITHUB_SECRET": "a secret for this test only", **address})
    finally:
        if broker is not None:
            broker.communicate("", timeout=30)


def play_all(binary, folder, environment):
    with ServerProcess(binary, environment=environment) as server:
        environment = {**os.environ, **environment, "STEPSTREAM_URL": server.url}
        commands = [[]]
        if (folder / "bodies").exists():
            commands += [["--body", str(body)] for body in public_bodies()]
        for more in commands:
            done = subprocess.run([sys.executable, str(ROOT / "examples/play.py"), str(folder), *more], env=environment)
            if done.returncode != 0:
                raise SystemExit(done.returncode)
        if server.stop() != 0:
            raise SystemExit("the server did not end with status 0:\n" + server.log_tail())


if __name__ == "__main__":
    main()
