"""The `stepstream` command as people and scripts use it."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import unittest

from stepstream_server import BINARY, GREET, HELLO, Server


class CommandLineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.hello = cls.server.folder / "hello.json"
        cls.hello.write_text(json.dumps(HELLO))
        cls.greet = cls.server.folder / "greet.json"
        cls.greet.write_text(json.dumps(GREET))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.server.__exit__()

    def cli(self, *arguments, code=0, input=None):
        done = self.server.run_cli(*map(str, arguments), input=input)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        return done

    def test_the_first_five_minutes(self):
        self.assertIn("created hello", self.cli("create", "hello", self.hello).stdout)
        waited = self.cli("start", "hello", "--input", '{"name": "Ada"}', "--wait")
        self.assertEqual(json.loads(waited.stdout), {"hello": "world"})
        self.assertIn("SUCCEEDED", waited.stderr)
        execution = self.cli("start", "hello", "--name", "second").stdout.strip()
        self.assertEqual(execution, "hello:second")
        self.cli("history", "--follow", execution)
        listed = self.cli("list", "--machine", "hello").stdout
        self.assertIn("hello:second", listed)
        history = self.cli("history", execution).stdout
        self.assertIn("PassStateEntered", history)
        self.assertIn("+hello: \"world\"", history)
        shown = self.cli("show", execution).stdout
        self.assertIn("SUCCEEDED", shown)
        self.assertEqual(json.loads(self.cli("show", execution, "--json").stdout)["name"], "second")
        events = [json.loads(line) for line in self.cli("history", execution, "--json").stdout.splitlines()]
        self.assertEqual(events[0]["type"], "ExecutionStarted")
        self.assertIn("hello", self.cli("machines").stdout)
        self.assertEqual(json.loads(self.cli("definition", "hello").stdout), HELLO)

    def test_update_delete_and_stop(self):
        self.cli("create", "changing", self.greet)
        self.cli("start", "changing", "--name", "x")
        self.cli("stop", "changing:x", "--error", "Enough")
        self.assertIn("Enough", self.cli("show", "changing:x").stdout)
        self.cli("update", "changing", "-", input=json.dumps(HELLO))
        self.assertEqual(json.loads(self.cli("definition", "changing").stdout), HELLO)
        self.cli("delete", "changing")
        self.cli("update", "changing", self.hello, code=1)

    def test_put_creates_updates_or_leaves_alone(self):
        self.assertIn("created placed", self.cli("put", "placed", self.hello).stdout)
        revision = json.loads(self.cli("show", "placed", "--json").stdout)["revision_id"]
        self.assertIn("unchanged placed", self.cli("put", "placed", "-", input=json.dumps(HELLO, indent=7)).stdout)
        self.assertEqual(json.loads(self.cli("show", "placed", "--json").stdout)["revision_id"], revision)
        self.assertIn("updated placed", self.cli("put", "placed", self.greet).stdout)
        self.assertEqual(json.loads(self.cli("definition", "placed").stdout), GREET)
        self.assertIn("is STANDARD", self.cli("put", "placed", self.greet, "--express", code=1).stderr)
        self.cli("put", "placed", "-", code=1, input='{"StartAt": "Nowhere", "States": {}}')
        shown = self.cli("show", "placed").stdout
        self.assertRegex(shown, r"(?m)^type +STANDARD$")
        self.assertRegex(shown, r"(?m)^arn +arn:aws:states:.*:stateMachine:placed$")
        self.assertIn("Does Not Exist", self.cli("show", "nowhere", code=1).stderr)

    def test_list_by_time_and_watching(self):
        self.cli("put", "timed", self.hello)
        self.cli("start", "timed", "--name", "first", "--wait")
        self.assertIn("timed:first", self.cli("list", "-m", "timed", "--since", "1h").stdout)
        self.assertIn("timed:first", self.cli("list", "-m", "timed", "--since", "2020-01-31").stdout)
        self.assertNotIn("timed:first", self.cli("list", "-m", "timed", "--until", "1h").stdout)
        self.assertIn("is no time", self.cli("list", "--since", "yesterday", code=2).stderr)
        watching = subprocess.Popen([BINARY, "list", "-m", "timed", "--watch"], stdout=subprocess.PIPE, text=True,
                                    env=os.environ | {"STEPSTREAM_URL": self.server.url})
        try:
            self.assertIn("timed:first", watching.stdout.readline())
            self.cli("start", "timed", "--name", "second", "--wait")
            line = watching.stdout.readline()  # what is known is not shown again
            while "RUNNING" in line:
                line = watching.stdout.readline()
            self.assertIn("timed:second", line)
        finally:
            watching.kill()
            watching.communicate()
        self.assertIn("Does Not Exist", self.cli("list", "-m", "nowhere", "--watch", code=1).stderr)

    def test_the_test_case_that_is_meant(self):
        greet = {"Return": {"said": "hi"}}
        mocks = {"StateMachines": {"one": {"TestCases": {"Happy": {"Greet": "hi"}}}}, "MockedResponses": {"hi": {"0": greet}}}
        file = self.server.folder / "mocks.json"
        file.write_text(json.dumps(mocks))
        for chosen in ([], ["--test-case", "Happy"], ["--state-machine-name", "one"]):
            done = self.cli("test", self.greet, "--mock-config", file, *chosen)
            self.assertIn('SUCCEEDED  {"said":"hi"}', done.stdout)
        for wrong in (["--test-case", "Sad"], ["--state-machine-name", "two"]):
            self.assertIn("Happy (of one)", self.cli("test", self.greet, "--mock-config", file, *wrong, code=2).stderr)
        mocks["StateMachines"]["two"] = mocks["StateMachines"]["one"]
        file.write_text(json.dumps(mocks))
        said = self.cli("test", self.greet, "--mock-config", file, "--test-case", "Happy", code=2).stderr
        self.assertIn("several state machines", said)
        self.cli("test", self.greet, "--mock-config", file, "--test-case", "Happy", "--state-machine-name", "two")
        self.assertIn("no mocked answer", self.cli("test", self.greet, code=1).stdout)
        said = self.cli("test", self.greet, "--mock-config", self.greet, code=2).stderr  # a workflow is no mock configuration
        self.assertIn("has no StateMachines", said)
        reads = {"StartAt": "M", "States": {"M": {
            "Type": "Map", "End": True,
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"},
                           "Parameters": {"Bucket": "b", "Key": "k"}},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **HELLO}}}}
        self.assertIn("--object-root", self.cli("test", "-", code=1, input=json.dumps(reads)).stderr)

    def in_window(self, columns, *arguments):
        """What a terminal of so many columns shows."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([BINARY, *map(str, arguments)], stdout=theirs, stderr=subprocess.DEVNULL,
                                   env=os.environ | {"STEPSTREAM_URL": self.server.url, "TERM": "xterm"})
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:
            pass  # the program has ended
        os.close(ours)
        self.assertEqual(process.wait(60), 0)
        return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.decode().splitlines()]

    def test_a_window_of_80_columns(self):
        self.cli("put", "github", self.hello)
        self.cli("start", "github", "--name", "github-6a9f72cb-7e8c-48b2-8dc1-e272bdca427b", "--wait")
        listed = self.in_window(80, "list", "-m", "github")
        self.assertRegex(listed[1], r"^github:github-\S{36}  SUCCEEDED  [0-9-]*:?[0-9: ]+  \d+ ms$")
        for shown in (listed, self.in_window(80, "--help"), self.in_window(80, "server", "--help"),
                      self.in_window(80, "help", "test-state"), self.in_window(80, "machines")):
            for line in shown:
                self.assertLessEqual(len(line), 80, line)
        self.assertGreater(max(map(len, self.in_window(200, "server", "--help"))), 100)

    def test_help_is_a_command_too(self):
        self.assertEqual(self.cli("help", "alias", "put").stdout, self.cli("alias", "put", "--help").stdout)
        self.assertEqual(self.cli("help").stdout, self.cli("--help").stdout)
        self.assertIn('no command "nowhere"', self.cli("help", "nowhere", code=2).stderr)

    def test_versions_and_aliases(self):
        self.cli("create", "versioned", self.hello)
        self.assertIn("versioned:1", self.cli("version", "publish", "versioned", "--description", "first").stdout)
        self.cli("update", "versioned", self.greet)
        self.cli("version", "publish", "versioned")
        self.assertIn("first", self.cli("version", "list", "versioned").stdout)
        self.assertIn("1 100 %", self.cli("alias", "put", "versioned", "live", "--route", "1").stdout)
        self.assertIn("SUCCEEDED", self.cli("start", "versioned:live", "--wait").stderr)
        split = self.cli("alias", "put", "versioned", "live", "--route", "1=90", "--route", "2=10").stdout
        self.assertIn("1 90 %, 2 10 %", split)
        self.assertIn("live", self.cli("alias", "list", "versioned").stdout)
        self.assertIn("--route takes", self.cli("alias", "put", "versioned", "live", "--route", "x", code=2).stderr)
        self.assertIn("must not be referenced", self.cli("version", "delete", "versioned", "1", code=1).stderr)
        self.cli("alias", "delete", "versioned", "live")
        self.cli("version", "delete", "versioned", "1")

    def test_activities(self):
        self.cli("activity", "create", "packing")
        self.cli("activity", "create", "packing")
        arn = json.loads(self.cli("activity", "show", "packing", "--json").stdout)["arn"]
        self.assertTrue(arn.endswith(":activity:packing"), arn)
        self.assertIn("packing", self.cli("activity", "list").stdout)
        self.assertIn("must not hold blanks", self.cli("activity", "create", "a b", code=1).stderr)
        self.cli("activity", "delete", "packing")
        self.assertIn("There is no activity", self.cli("activity", "show", "packing", code=1).stderr)

    def test_a_failed_execution_fails_the_command(self):
        failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Nope", "Cause": "because"}}}
        self.cli("create", "failing", "-", input=json.dumps(failing))
        done = self.cli("start", "failing", "--wait", code=1)
        self.assertIn("Nope: because", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_following_while_it_runs(self):
        self.cli("create", "followed", self.greet)
        execution = self.cli("start", "followed", "--name", "f").stdout.strip()
        lines = []
        following = threading.Thread(target=lambda: lines.extend(self.cli("history", "-f", execution).stdout.splitlines()))
        following.start()
        task = self.server.call("POST", "/v1/tasks/poll", {"queue": "greet", "wait_seconds": 20}).json()["tasks"][0]
        self.server.call("POST", "/v1/tasks/complete", {"token": task["token"], "output": {"said": "hi"}})
        following.join(60)
        self.assertIn("ExecutionSucceeded", lines[-1])

    def test_one_state_alone(self):
        task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "ResultPath": "$.sent", "Next": "B",
                "Catch": [{"ErrorEquals": ["Busy"], "Next": "Later"}]}
        text = json.dumps(task)
        shown = self.cli("test-state", "-", "--input", '{"a": 1}', "--mock", '{"MessageId": "7"}', input=text).stdout
        self.assertIn("ResultPath", shown)
        self.assertIn("SUCCEEDED\nnext    B\n", shown)
        caught = json.loads(self.cli("test-state", "-", "--mock-error", "Busy", "--json", input=text).stdout)
        self.assertEqual((caught["status"], caught["nextState"]), ("CAUGHT_ERROR", "Later"))
        self.assertEqual(caught["inspectionData"]["errorDetails"], {"catchIndex": 0})
        self.assertIn("specify a mock", self.cli("test-state", "-", code=1, input=text).stderr)
        machine = self.cli("test-state", self.hello, "--state", next(iter(HELLO["States"])), "--inspection-level", "INFO")
        self.assertEqual(machine.stdout, 'SUCCEEDED\noutput  {"hello":"world"}\n')
        self.assertIn("name the state to test with --state\nIt has ", self.cli("test-state", self.hello, code=1).stderr)
        self.assertIn("State not found in definition\nIt has ", self.cli("test-state", self.hello, "--state", "Nobody", code=1).stderr)
        self.cli("test-state", "-", "--mock-cause", "why", code=2, input=text)
        self.cli("test-state", "-", "--reveal-secrets", code=2, input=text)
        self.assertIn("-:1:10: error", self.cli("test-state", "-", code=1, input='{"Type": "Paas"}').stderr)

    def test_mistakes_are_explained(self):
        broken = self.server.folder / "broken.json"
        broken.write_text('{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Pass",\n      "Next": "Missing"}\n  }\n}\n')
        checked = self.cli("validate", broken, self.hello, code=1).stdout
        self.assertIn(f"{broken}:5:15: error: Missing 'Next' target: Missing [MISSING_TRANSITION_TARGET]\n"
                      '    5 |       "Next": "Missing"}\n'
                      "      |               ^~~~~~~~~\n", checked)
        found = json.loads(self.cli("validate", "--json", broken, code=1).stdout)["diagnostics"][0]
        self.assertEqual((found["line"], found["column"], found["length"]), (5, 15, 9))
        self.assertEqual((found["pointer"], found["location"]), ("/States/A/Next", "/States/A/Next"))
        broken_json = self.server.folder / "broken_json.json"
        broken_json.write_text('{\n  "StartAt": A\n}')
        self.assertIn(f"{broken_json}:2:14: error: Unrecognized token 'A'", self.cli("validate", broken_json, code=1).stdout)
        self.cli("validate", "--type", "EXPRESS", self.hello)
        self.cli("validate", "--type", "FAST", self.hello, code=2)
        self.cli("validate", self.server.folder / "none.json", code=1)
        self.assertIn(f"{self.hello}: valid", checked)
        refused = self.cli("create", "broken", broken, code=1).stderr
        self.assertIn(f"{broken}:5:15: error: Missing 'Next' target: Missing", refused)
        refused = self.cli("create", "broken", broken_json, code=1).stderr
        self.assertIn(f"{broken_json}:2:14: error: Unrecognized token 'A'", refused)
        self.cli("create", "unbroken", self.hello)
        refused = self.cli("update", "unbroken", broken, code=1).stderr
        self.assertIn(f"{broken}:5:15: error: Missing 'Next' target: Missing", refused)
        self.assertIn("none.json: cannot be read: No such file",
                      self.cli("create", "none", self.server.folder / "none.json", code=1).stderr)
        self.assertIn("not JSON", self.cli("start", "hello", "--input", "{", code=1).stderr)
        for arguments in (["start", "hello", "--input-file", broken_json], ["trigger", "put", "t", broken_json],
                          ["test", broken_json]):
            with self.subTest(arguments=arguments):
                self.assertIn(f"{broken_json}:2:14: error: Unrecognized token 'A'", self.cli(*arguments, code=1).stderr)
        self.assertIn("none", self.cli("start", "none", code=1).stderr)
        self.cli("show", "none:none", code=1)
        for wrong in [["frobnicate"], ["start"], ["list", "--status", "HAPPY"], ["list", "--limit", "x"], ["server", "--partitions", "no"]]:
            with self.subTest(arguments=wrong):
                self.cli(*wrong, code=2)

    def test_a_wrong_word_is_told_with_the_right_one(self):
        for arguments, said in [
            (["histry", "x"], 'no command "histry". Did you mean "history"?'),
            (["trigger", "lst"], 'no command "trigger lst". Did you mean "list"?'),
            (["trigger"], "a command is missing: one of list, show, put, delete"),
            (["list", "--jso"], 'no option --jso. Did you mean "--json"?'),
            (["--url", "http://127.0.0.1:1", "list"], "--url: options come behind the command."),
            (["activities"], 'no command "activities". Did you mean "activity list"?'),
            (["list-executions"], 'no command "list-executions". Did you mean "list"?'),
            (["alias", "put"], "See: stepstream alias put --help"),
            (["list", "--limit", "0"], '"0" is no number from 1'),
            (["list", "--status", "SUCEEDED"], 'Did you mean "SUCCEEDED"?'),
            (["version", "delete", "m", "x"], 'a version is a number, not "x"'),
            (["list", "--url", "nowhere"], '"nowhere" must begin with http://'),
        ]:
            with self.subTest(arguments=arguments):
                self.assertIn(said, self.cli(*arguments, code=2).stderr)

    def test_refusals_have_a_reason(self):
        self.cli("create", "reasons", self.hello)
        self.cli("start", "reasons", "--name", "one", "--wait")
        other = self.cli("start", "reasons", "--name", "one", "--input", '{"other": 1}', code=1).stderr
        self.assertIn("an execution of this name exists already", other)
        for command in ["redrive", "stop", "show"]:
            self.assertIn("Execution Does Not Exist: 'arn:aws:states:us-east-1:000000000000:execution:reasons:none'",
                          self.cli(command, "reasons:none", code=1).stderr)
        self.assertIn("Map Run Does Not Exist: 'none'", self.cli("map-run", "update", "none", code=1).stderr)
        self.assertIn("State Machine Does Not Exist", self.cli("list", "--machine", "none", code=1).stderr)
        self.assertIn("Map Run Does Not Exist: 'none'", self.cli("list", "--map-run", "none", code=1).stderr)
        self.assertIn("reasons:one had ended before: SUCCEEDED", self.cli("stop", "reasons:one").stdout)
        self.assertIn("Does Not Exist", self.cli("tail", "--machine", "none", code=1).stderr)

    def test_input_is_text_or_a_file(self):
        echo = self.server.folder / "echo.json"
        echo.write_text(json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}))
        given = self.server.folder / "input.json"
        given.write_text('{"n":1}')
        for form in ['{"n":1}', given, f"@{given}"]:
            with self.subTest(form=str(form)):
                self.assertIn('SUCCEEDED  {"n":1}', self.cli("test", echo, "--input", form).stdout)
                self.assertEqual(self.cli("eval", "$states.input.n", "--input", form).stdout, "1\n")
        self.cli("create", "echo", echo)
        self.assertEqual(self.cli("start", "echo", "--input", f"@{given}", "--wait").stdout, '{"n":1}\n')

    def test_documents_are_put_shown_listed_and_deleted(self):
        self.cli("create", "target", self.hello)
        for kind, document, row in [
            ("trigger", {"state_machine": "target", "schedule": {"expression": "rate(1 hour)"}}, ["nightly", "schedule", "target", "on"]),
            ("sink", {"Type": "stateMachine", "StateMachine": "target"}, ["nightly", "stateMachine", "on"]),
            ("connection", {"authorization": {"basic": {"username": "ada", "password": {"env": "STEPSTREAM_SECRET_ADA"}}}}, ["nightly", "basic"]),
        ]:
            with self.subTest(kind=kind):
                self.assertIn(f"No {kind}s yet", self.cli(kind, "list").stderr)
                put = self.cli(kind, "put", "nightly", "-", input=json.dumps(document))
                self.assertEqual(put.stdout, f"stored {kind} nightly\n")
                listed = self.cli(kind, "list").stdout.splitlines()[1].split()
                self.assertEqual(listed[:len(row)], row)
                self.assertIn("nightly", self.cli(kind, "show", "nightly").stdout)
                self.assertEqual(self.cli(kind, "delete", "nightly").stdout, f"deleted {kind} nightly\n")
                self.cli(kind, "show", "nightly", code=1)

    def test_help_everywhere(self):
        text = self.cli("--help").stdout
        commands = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2].islower()]
        for command in ("server", "validate", "test", "eval", "create", "start", "history", "trigger", "completion"):
            self.assertIn(command, commands)
        for command in commands:
            for line in self.cli(command, "--help").stdout.splitlines():
                self.assertNotRegex(line, r"Excludes:|Needs:|REQUIRED|:POSITIVE|^ +\S+ *$")
        self.assertIn("--listen HOST:PORT ", self.cli("server", "--help").stdout)
        self.assertIn("Exit codes", text)
        self.assertTrue(self.cli("--version").stdout.startswith("stepstream "))

    def test_completion(self):
        script = self.cli("completion", "bash").stdout
        for typed, offered in (("tri", "trigger"), ("version pub", "publish"), ("help version pub", "publish"),
                               ("list --status TIM", "TIMED_OUT"), ("list -s TIM", "TIMED_OUT"), ("completion z", "zsh"),
                               ("list --machine ru", ""), ("list --since 1h --wat", "--watch")):
            words = typed.split()
            ask = f'COMP_WORDS=(stepstream {typed}); COMP_CWORD={len(words)}; _stepstream; echo "${{COMPREPLY[@]}}"'
            done = subprocess.run(["bash", "-c", script + "\n" + ask], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stdout.strip(), offered, typed)

    def test_no_server(self):
        done = subprocess.run([BINARY, "list", "--url", "http://127.0.0.1:1"], capture_output=True, text=True,
                              env={**os.environ, "NO_COLOR": "1"})
        self.assertEqual(done.returncode, 3)
        self.assertIn("no server at http://127.0.0.1:1", done.stderr)


if __name__ == "__main__":
    unittest.main()
