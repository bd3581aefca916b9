#!/usr/bin/env python3
"""every_action_test.py python|javascript|go|cli: one SDK's script with every action, signed, against a real server.

Every answer is held against botocore's output shapes (recording_proxy.py). Fails when the script fails, when an answer does not
fit, when an action was not used, and when one is missing that not_there_yet.txt does not name."""
import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "e2e"))
INSTALLED = ROOT / "build" / ".sdk"
BINARY = pathlib.Path(os.environ.get("STEPSTREAM_BINARY_DIR", ROOT / "build")) / "stepstream"
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ACCOUNT, REGION = "123456789012", "us-east-1"
SCRIPT_SECONDS = 300

COMMANDS = {
    "python": [INSTALLED / "python/bin/python", HERE / "every_action.py"],
    "javascript": ["node", HERE / "every_action.cjs"],
    "go": [INSTALLED / "go/every_action"],
    "cli": ["bash", HERE / "every_action.sh"],
}


class Busy(http.server.BaseHTTPRequestHandler):
    """What the tested HTTP task calls: it always has too much to do."""
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = b'{"busy": true}'
        self.send_response(429)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def busy_server():
    """HOST:PORT of one."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def missing_actions(url):
    """Those that the server calls unknown; asked with a signature, without input."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    import shapes
    found = set()
    for action in shapes.ACTIONS:
        request = botocore.awsrequest.AWSRequest("POST", url + "/", {
            "X-Amz-Target": "AWSStepFunctions." + action, "Content-Type": "application/x-amz-json-1.0"}, "[]")
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(KEY, SECRET), "states", REGION).add_auth(request)
        try:
            urllib.request.urlopen(urllib.request.Request(url + "/", b"[]", dict(request.headers.items())))
        except urllib.error.HTTPError as refusal:
            if json.load(refusal)["__type"] == "UnknownOperationException":
                found.add(action)
    return found


def definitions(sdk, busy_url):
    activity = f"arn:aws:states:{REGION}:{ACCOUNT}:activity:sdk-{sdk}-activity"
    work = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 60, "End": True}}}
    distributed = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **work}
    each = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": distributed, "MaxConcurrency": 1, "End": True}}}
    fast = {"StartAt": "Fast", "States": {"Fast": {"Type": "Pass", "End": True}}}
    ask = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True,
           "Parameters": {"ApiEndpoint": busy_url, "Method": "POST", "RequestBody.$": "$"},
           "Retry": [{"ErrorEquals": ["States.Http.StatusCode.500"]},
                     {"ErrorEquals": ["States.Http.StatusCode.429"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 2}],
           "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]}
    return {"SDK_ASK": json.dumps(ask), "SDK_BUSY": busy_url, "SDK_WORK": json.dumps(work), "SDK_EACH": json.dumps(each), "SDK_FAST": json.dumps(fast)}


def listed_as_missing():
    lines = (HERE / "not_there_yet.txt").read_text().splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def run(sdk, folder):
    import recording_proxy
    import shapes
    from stepstream_server import Server
    keys = pathlib.Path(folder) / "keys.json"
    keys.write_text(json.dumps({"keys": [
        {"id": KEY, "secret": SECRET, "scopes": [{"actions": ["states:*"], "resources": ["*"]}]}]}))
    with busy_server() as busy, Server("--key-file", keys, "--account", ACCOUNT, "--region", REGION, "--http-allow", busy) as server, \
            recording_proxy.RecordingProxy(server.port) as proxy:
        missing = missing_actions(server.url)
        environment = {
            **os.environ, **definitions(sdk, f"http://{busy}/orders"), "SDK_ENDPOINT": proxy.url, "SDK_MISSING": ",".join(sorted(missing)),
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "NODE_PATH": str(INSTALLED / "javascript/node_modules"),
            "PATH": f"{INSTALLED / 'python/bin'}:{os.environ['PATH']}"}
        done = subprocess.run([str(c) for c in COMMANDS[sdk]], env=environment, timeout=SCRIPT_SECONDS)
        problems = list(dict.fromkeys(proxy.mistakes))
        if done.returncode:
            problems.insert(0, f"the script ended with status {done.returncode}")
        problems += [f"missing, and not in not_there_yet.txt: {a}" for a in sorted(missing - listed_as_missing())]
        problems += [f"not used: {a}" for a in shapes.ACTIONS if a not in missing and not proxy.succeeded[a]]
        if proxy.unsigned:
            problems.append(f"{proxy.unsigned} requests were not signed")
    for action in sorted(listed_as_missing() - missing):
        print(f"note: {action} is there now: take it out of not_there_yet.txt")
    print("\n".join(problems[:40]))
    print(f"{sdk}: {len(proxy.succeeded)} of {len(shapes.ACTIONS)} actions, {len(missing)} not there yet, "
          f"{proxy.succeeded.total()} answers and {proxy.refused.total()} refusals checked, {len(problems)} problems")
    return 1 if problems else 0


def main():
    sdk = sys.argv[1]
    try:
        import boto3  # noqa: F401: the model and the signatures come from it
    except ImportError:
        print(f"{sdk}: not run: boto3 is not installed (tests/sdk/install python, then build/.sdk/python/bin/python)")
        return 77
    with tempfile.TemporaryDirectory(prefix="stepstream-sdk-") as folder:
        return run(sdk, folder)


if __name__ == "__main__":
    sys.exit(main())
