"""Logs of executions: levels, data, Express, rotation, kill -9, over REST and the command line; what is watched live."""
import http.client
import json
import pathlib
import subprocess
import threading
import unittest

from stepstream_server import BINARY, HELLO, Server, eventually

FAIL = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "Boom", "Cause": "because"}}}
ACCOUNT = "arn:aws:states:us-east-1:000000000000:"


def aws(server, action, document):
    answer = server.call("POST", "/", document, {"X-Amz-Target": "AWSStepFunctions." + action, "Content-Type": "application/x-amz-json-1.0"})
    assert answer.status == 200, answer.body
    return answer.json()


def logging(level, data=True, group="/aws/vendedlogs/states/Test"):
    return {"level": level, "includeExecutionData": data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"}}]}


def create(server, name, definition, level="ALL", data=True, kind="STANDARD", **more):
    return aws(server, "CreateStateMachine", {"name": name, "definition": json.dumps(definition), "roleArn": "arn:aws:iam::000000000000:role/r",
                                              "type": kind, "loggingConfiguration": logging(level, data, **more)})["stateMachineArn"]


def start(server, machine, name, value="{}"):
    return aws(server, "StartExecution", {"stateMachineArn": machine, "name": name, "input": value})["executionArn"]


def file_lines(folder, name="+aws+vendedlogs+states+Test.log"):
    path = pathlib.Path(folder) / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def of(lines, arn):
    return [line for line in lines if line["execution_arn"] == arn]


class Logs(unittest.TestCase):
    def server(self, *arguments):
        return Server("--durability", "buffered", *arguments)

    def test_a_standard_execution_is_logged_as_its_history(self):
        with self.server() as server:
            arn = start(server, create(server, "hello", HELLO), "one", '{"a": 1}')
            lines = eventually(lambda: (found := of(file_lines(server.data / "logs"), arn)) and found[-1]["type"] == "ExecutionSucceeded" and found)
            history = aws(server, "GetExecutionHistory", {"executionArn": arn})["events"]
            self.assertEqual([(line["id"], line["type"], line["previous_event_id"]) for line in lines],
                             [(str(e["id"]), e["type"], str(e["previousEventId"])) for e in history])
            for line, event in zip(lines, history):
                self.assertEqual(list(line), ["id", "type", "details", "previous_event_id", "event_timestamp", "execution_arn", "redrive_count"])
                self.assertEqual(line["event_timestamp"], str(round(event["timestamp"] * 1000)))
                details = [value for value in event.values() if isinstance(value, dict)]
                self.assertEqual(line["details"], details[0] if details else {})

    def test_levels_and_data(self):
        with self.server() as server:
            arns = {level: start(server, create(server, level.lower(), FAIL, level, level == "ALL"), "e", '{"secret": "s3cr3t"}') for level in ("ALL", "ERROR", "FATAL")}
            off = aws(server, "CreateStateMachine", {"name": "off", "definition": json.dumps(FAIL), "roleArn": "arn:aws:iam::000000000000:role/r"})["stateMachineArn"]
            start(server, off, "e")
            folder = server.data / "logs"
            eventually(lambda: all(of(file_lines(folder), arn) and of(file_lines(folder), arn)[-1]["type"] == "ExecutionFailed" for arn in arns.values()))
            lines = file_lines(folder)
            types = {level: [line["type"] for line in of(lines, arn)] for level, arn in arns.items()}
            self.assertEqual(types["ALL"], ["ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed"])
            self.assertEqual(types["ERROR"], ["FailStateEntered", "ExecutionFailed"])
            self.assertEqual(types["FATAL"], ["ExecutionFailed"])
            self.assertIn("s3cr3t", json.dumps(of(lines, arns["ALL"])))
            self.assertNotIn("s3cr3t", json.dumps(of(lines, arns["ERROR"])))
            self.assertEqual(of(lines, arns["FATAL"])[0]["details"], {"error": "Boom", "cause": "because"})
            self.assertEqual({path.name for path in folder.iterdir()}, {"+aws+vendedlogs+states+Test.log"})
            # Another configuration counts from the next execution on.
            machine = f"{ACCOUNT}stateMachine:fatal"
            aws(server, "UpdateStateMachine", {"stateMachineArn": machine, "loggingConfiguration": {"level": "OFF"}})
            silent = start(server, machine, "silent")
            loud = start(server, f"{ACCOUNT}stateMachine:all", "loud")
            eventually(lambda: len(of(file_lines(folder), loud)) == 5)
            self.assertEqual(of(file_lines(folder), silent), [])

    def test_express_executions_have_no_other_record(self):
        with self.server() as server:
            machine = create(server, "quick", HELLO, kind="EXPRESS")
            arn = start(server, machine, "one")
            ended = aws(server, "StartSyncExecution", {"stateMachineArn": machine, "name": "two", "input": "{}"})
            folder = server.data / "logs"
            for one in (arn, ended["executionArn"]):
                lines = eventually(lambda: (found := of(file_lines(folder), one)) and found[-1]["type"] == "ExecutionSucceeded" and found)
                self.assertEqual([line["type"] for line in lines], ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
                self.assertEqual([line["id"] for line in lines], ["1", "2", "3", "4"])
            read = server.call("GET", f"/v1/logs?execution={arn}").json()["items"]
            self.assertEqual(len(read), 4)

    def test_kill_loses_no_line_of_a_standard_execution(self):
        with self.server() as server:
            machine = create(server, "hello", HELLO)
            arns = []
            for round_number in range(5):
                for i in range(20):
                    arns.append(start(server, machine, f"r{round_number}-{i}"))
                server.kill()
                server.start()
            wanted = {(arn, number) for arn in arns for number in "1234"}
            eventually(lambda: {(line["execution_arn"], line["id"]) for line in file_lines(server.data / "logs")} >= wanted)

    def test_files_are_bounded(self):
        with self.server("--log-file-bytes", "65536", "--log-files", "3") as server:
            folder = server.folder / "elsewhere"
            server.stop()
            server.arguments += ["--log-directory", str(folder)]
            server.start()
            machine = create(server, "hello", HELLO)
            for i in range(400):
                start(server, machine, f"e{i}", json.dumps({"text": "x" * 500}))
            name = "+aws+vendedlogs+states+Test.log"
            eventually(lambda: "stepstream_log_lines_total 1600" in server.call("GET", "/metrics").body.decode())
            self.assertEqual({path.name for path in folder.iterdir()}, {name, name + ".1", name + ".2"})
            self.assertTrue(all(path.stat().st_size <= 65536 for path in folder.iterdir()))
            self.assertFalse((server.data / "logs").exists())

    def test_reading(self):
        with self.server() as server:
            good = start(server, create(server, "hello", HELLO), "good")
            bad = start(server, create(server, "fail", FAIL), "bad")
            silent = server.create("silent", HELLO)
            unlogged = start(server, silent["arn"], "unlogged")
            eventually(lambda: len(of(file_lines(server.data / "logs"), good)) == 4 and len(of(file_lines(server.data / "logs"), bad)) == 5)

            def read(query):
                answer = server.call("GET", "/v1/logs?" + query)
                self.assertEqual(answer.status, 200, answer.body)
                return answer.json()["items"]
            self.assertEqual({line["execution_arn"] for line in read("machine=hello")}, {good})  # one group, two machines
            self.assertEqual([line["type"] for line in read("machine=fail&level=FATAL")], ["ExecutionFailed"])
            self.assertEqual([line["id"] for line in read("machine=fail&limit=2")], ["4", "5"])
            self.assertEqual([line["type"] for line in read("execution=silent:unlogged")][-1], "ExecutionSucceeded")  # from its history
            self.assertEqual(read(f"execution={unlogged}&level=ERROR"), [])
            for query, status in (("", 400), ("machine=nobody", 404), ("execution=hello:nobody", 404), ("machine=hello&level=LOUD", 400),
                                  ("machine=hello&limit=0", 400), ("execution=nothing", 400)):
                self.assertEqual(server.call("GET", "/v1/logs?" + query).status, status, query)

    def test_command_line(self):
        with self.server() as server:
            create(server, "fail", FAIL)
            arn = start(server, f"{ACCOUNT}stateMachine:fail", "bad", '{"a": 1}')
            eventually(lambda: len(of(file_lines(server.data / "logs"), arn)) == 5)
            shown = server.run_cli("logs", "--machine", "fail")
            self.assertEqual(shown.returncode, 0, shown.stderr)
            lines = shown.stdout.splitlines()
            self.assertEqual(len(lines), 5)
            self.assertIn("fail:bad", lines[0])
            self.assertIn("ExecutionFailed", lines[4])
            self.assertIn("Boom", lines[4])
            self.assertNotIn("\x1b", shown.stdout)
            shown = server.run_cli("logs", "--execution", "fail:bad", "--level", "fatal", "--json")
            self.assertEqual([json.loads(line)["type"] for line in shown.stdout.splitlines()], ["ExecutionFailed"])
            self.assertEqual(server.run_cli("logs").returncode, 2)
            self.assertEqual(server.run_cli("logs", "--machine", "nobody").returncode, 1)

    def test_rest_and_command_line_configure_it(self):
        with self.server() as server:
            made = server.create("a", FAIL, logging={"level": "FATAL", "group": "shared"})
            self.assertEqual(made["logging"], {"level": "FATAL", "include_execution_data": False, "group": "shared"})
            definition = server.folder / "b.json"
            definition.write_text(json.dumps(FAIL))
            self.assertEqual(server.run_cli("create", "b", str(definition), "--log", "all", "--log-data", "--log-group", "shared").returncode, 0)
            arns = [start(server, f"{ACCOUNT}stateMachine:{name}", "e") for name in "ab"]
            eventually(lambda: [len(of(file_lines(server.data / "logs", "shared.log"), arn)) for arn in arns] == [1, 5])
            described = aws(server, "DescribeStateMachine", {"stateMachineArn": f"{ACCOUNT}stateMachine:a"})
            self.assertEqual(described["loggingConfiguration"], logging("FATAL", False, "shared"))
            put = server.call("PUT", "/v1/state-machines/a", {"definition": FAIL, "logging": {"level": "ERROR"}})
            self.assertEqual(put.json()["logging"], {"level": "ERROR", "include_execution_data": False, "group": "/aws/vendedlogs/states/a-Logs"})
            put = server.call("PUT", "/v1/state-machines/a", {"definition": FAIL})
            self.assertEqual(put.json()["logging"]["level"], "ERROR")  # what is not given stays
            put = server.call("PUT", "/v1/state-machines/a", {"definition": FAIL, "logging": {"level": "OFF"}})
            self.assertNotIn("logging", put.json())
            for wrong in ("ALL", {}, {"level": "LOUD"}, {"level": "ALL", "group": "a b"}, {"level": "ALL", "colour": 1}):
                self.assertEqual(server.call("PUT", "/v1/state-machines/a", {"definition": FAIL, "logging": wrong}).status, 400, wrong)

    def test_tail(self):
        with self.server() as server:
            server.create("hello", HELLO)
            server.create("other", HELLO)
            tail = subprocess.Popen([BINARY, "tail", "--machine", "hello", "--json"], stdout=subprocess.PIPE, text=True,
                                    env={**server.environment, "STEPSTREAM_URL": server.url})
            self.addCleanup(tail.stdout.close)
            self.addCleanup(tail.wait)
            self.addCleanup(tail.kill)
            seen = []
            reader = threading.Thread(target=lambda: seen.extend(json.loads(line) for line in tail.stdout), daemon=True)
            reader.start()
            number = 0

            def statuses():
                return [line["status"] for line in list(seen) if line.get("execution_arn", "").endswith(f":e{number}") and "status" in line]

            def watched():  # what is started before it watches is not seen
                nonlocal number
                number += 1
                start(server, f"{ACCOUNT}stateMachine:other", f"e{number}")
                start(server, f"{ACCOUNT}stateMachine:hello", f"e{number}")
                try:
                    return eventually(lambda: statuses() == ["RUNNING", "SUCCEEDED"], 2)
                except AssertionError:
                    return False
            eventually(watched)
            self.assertTrue(all(":hello:" in line["execution_arn"] for line in seen))
            types = [line["type"] for line in seen if line["execution_arn"].endswith(f":e{number}") and "type" in line]
            self.assertEqual(types, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
            server.stop()
            self.assertEqual(tail.wait(30), 3)  # the server is gone

    def test_watching_over_rest(self):
        with self.server() as server:
            server.create("fail", FAIL)
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            self.addCleanup(connection.close)
            connection.request("GET", "/v1/logs?level=FATAL", headers={"Accept": "text/event-stream"})
            stream = connection.getresponse()
            self.assertEqual(stream.headers["Content-Type"], "text/event-stream")
            self.assertEqual(stream.readline(), b": here\n")
            arn = start(server, f"{ACCOUNT}stateMachine:fail", "bad")
            events = []
            while len(events) < 3:
                line = stream.readline()
                if line.startswith(b"event: "):
                    events.append((line[7:-1].decode(), json.loads(stream.readline()[6:])))
            self.assertEqual([(kind, data.get("status") or data["type"]) for kind, data in events],
                             [("status", "RUNNING"), ("log", "ExecutionFailed"), ("status", "FAILED")])
            self.assertTrue(all(data["execution_arn"] == arn for _, data in events))


class Completion(unittest.TestCase):
    def test_each_shell(self):
        for shell, wanted in (("bash", "complete -o default -F _stepstream stepstream"), ("zsh", "#compdef stepstream"), ("fish", "complete -c stepstream")):
            printed = subprocess.run([BINARY, "completion", shell], capture_output=True, text=True, timeout=60)
            self.assertEqual(printed.returncode, 0, printed.stderr)
            self.assertIn(wanted, printed.stdout)
            self.assertIn("tail", printed.stdout)
            self.assertIn("machine", printed.stdout)
        self.assertEqual(subprocess.run([BINARY, "completion", "tcsh"], capture_output=True, timeout=60).returncode, 2)

    def test_bash_completes(self):
        script = f'source <("{BINARY}" completion bash); COMP_WORDS=(stepstream {{0}} ""); COMP_CWORD={{1}}; _stepstream; echo "${{COMPREPLY[@]}}"'

        def words(*before):
            text = script.replace("{0}", " ".join(before)).replace("{1}", str(len(before) + 1))
            return subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=60).stdout.split()
        self.assertIn("tail", words())
        self.assertIn("--level", words("logs"))
        self.assertIn("put", words("sink"))
        self.assertIn("--description", words("version", "publish"))


if __name__ == "__main__":
    unittest.main()
