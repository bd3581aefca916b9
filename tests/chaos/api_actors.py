"""What goes on while the server is killed, an actor a thread: each changes things of its own through the AWS API, remembers what
was acknowledged, and in the end says what is not as it was acknowledged."""
import itertools
import json
import threading
import time

from api_client import Client, Refused

ROLE = "arn:aws:iam::123456789012:role/chaos"
ENDS_WITHIN_S = 120


def task(resource, **more):
    return {"Type": "Task", "Resource": resource, "End": True, **more}


def machine(**states):
    return json.dumps({"StartAt": next(iter(states)), "States": states})


class Actor(threading.Thread):
    def __init__(self, url, name):
        super().__init__(name=name, daemon=True)
        self.client = Client(url)
        self.stopping = threading.Event()
        self.rounds = 0  # acknowledged ones
        self.problems = []

    def run(self):
        try:
            self.prepare()
            while not self.stopping.is_set():
                self.round(self.rounds)
                self.rounds += 1
        except Exception as error:  # an actor that ends early is a problem like any other
            self.complain(f"{type(error).__name__}: {error}")

    def complain(self, text):
        self.problems.append(f"{self.name}: {text}")

    def expect(self, what, is_, should_be):
        if is_ != should_be:
            self.complain(f"{what} is {is_!r}, not {should_be!r}")

    def create_machine(self, name, definition):
        """CreateStateMachine gives the same machine for the same words, so that it can be repeated."""
        return self.client.call("CreateStateMachine", name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]

    def start_execution(self, machine_arn, name, document):
        try:
            return self.client.call("StartExecution", stateMachineArn=machine_arn, name=name, input=json.dumps(document))["executionArn"]
        except Refused as refused:
            # The first try, whose answer was lost, has started it, and it has ended since.
            if refused.kind != "ExecutionAlreadyExists" or not refused.again:
                raise
            return machine_arn.replace(":stateMachine:", ":execution:") + ":" + name

    def end_of(self, execution_arn):
        until = time.monotonic() + ENDS_WITHIN_S
        while time.monotonic() < until:
            execution = self.client.call("DescribeExecution", executionArn=execution_arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.05)  # asked for its status until it has ended
        self.complain(f"{execution_arn} has not ended")
        return execution


class Versions(Actor):
    """Each round: one update, one version of it, and an alias that routes to the last two."""

    def prepare(self):
        self.arn = self.create_machine(self.name, machine(A={"Type": "Pass", "End": True}))
        self.published = []

    def round(self, number):
        definition = machine(A={"Type": "Pass", "Result": number, "End": True})
        self.client.call("UpdateStateMachine", stateMachineArn=self.arn, definition=definition)
        version = self.client.call("PublishStateMachineVersion", stateMachineArn=self.arn)["stateMachineVersionArn"]
        self.published.append((version, definition))
        routes = [{"stateMachineVersionArn": arn, "weight": weight}
                  for (arn, _), weight in zip(self.published[-2:], (30, 70) if number else (100,))]
        if number == 0:
            self.alias = self.client.call("CreateStateMachineAlias", name="live", routingConfiguration=routes)["stateMachineAliasArn"]
        else:
            self.client.call("UpdateStateMachineAlias", stateMachineAliasArn=self.alias, routingConfiguration=routes)
        self.routes = routes
        shown = self.client.call("DescribeStateMachineAlias", stateMachineAliasArn=self.alias)["routingConfiguration"]
        self.expect("the alias after an update", shown, routes)
        time.sleep(0.05)  # the rate: a state machine has at most 1,000 versions

    def check(self):
        there = [v["stateMachineVersionArn"] for v in self.client.pages("ListStateMachineVersions", "stateMachineVersions",
                                                                       stateMachineArn=self.arn)]
        # A round that was cut short by the end may have published one more.
        mine = [arn for arn, _ in self.published]
        self.expect("the list of versions", [arn for arn in reversed(there) if arn in mine], mine)
        if len(there) > len(mine) + 1 or len(set(mine)) != len(mine):
            self.complain(f"{len(there)} versions of {len(set(mine))} acknowledged ones")
        for arn, definition in self.published[:: max(1, len(self.published) // 20)]:
            self.expect(arn, self.client.call("DescribeStateMachine", stateMachineArn=arn)["definition"], definition)
        shown = self.client.call("DescribeStateMachineAlias", stateMachineAliasArn=self.alias)["routingConfiguration"]
        self.expect("the alias in the end", shown, self.routes)


class MapRuns(Actor):
    """Each round: a Distributed Map over ITEMS children that wait, and its Map Run changed while it goes on."""
    ITEMS = 20

    def prepare(self):
        child = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Sleep",
                 "States": {"Sleep": {"Type": "Wait", "Seconds": 1, "Next": "Keep"}, "Keep": {"Type": "Pass", "End": True}}}
        self.arn = self.create_machine(self.name, machine(M={"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 8,
                                                             "ItemProcessor": child, "End": True}))
        self.started = []

    def round(self, number):
        items = [f"{number}-{i}" for i in range(self.ITEMS)]
        execution = self.start_execution(self.arn, f"map-{number}", {"items": items})
        self.started.append((execution, items))
        for run in self.client.call("ListMapRuns", executionArn=execution)["mapRuns"]:
            try:
                self.client.call("UpdateMapRun", mapRunArn=run["mapRunArn"], maxConcurrency=12)
            except Refused as refused:
                if refused.kind != "ValidationException":  # it has ended meanwhile
                    raise
        time.sleep(0.2)  # the rate

    def check(self):
        for execution, items in self.started:
            ended = self.end_of(execution)
            self.expect(f"{execution}'s output", ended.get("output"), json.dumps(items, separators=(",", ":")))
            runs = list(self.client.pages("ListMapRuns", "mapRuns", executionArn=execution))
            self.expect(f"the number of Map Runs of {execution}", len(runs), 1)
            counts = self.client.call("DescribeMapRun", mapRunArn=runs[0]["mapRunArn"])["executionCounts"]
            self.expect(f"the counts of {execution}", (counts["succeeded"], counts["total"]), (self.ITEMS, self.ITEMS))
            children = [c["executionArn"] for c in self.client.pages("ListExecutions", "executions", mapRunArn=runs[0]["mapRunArn"])]
            self.expect(f"the children of {execution}", (len(children), len(set(children))), (self.ITEMS, self.ITEMS))


class Activities(Actor):
    """Each round: an execution with an activity, done by a worker that is a thread of its own."""

    def prepare(self):
        self.activity = self.client.call("CreateActivity", name=self.name)["activityArn"]
        self.arn = self.create_machine(self.name, machine(Do=task(self.activity, TimeoutSeconds=300)))
        self.started, self.sent = [], {}
        self.worker = threading.Thread(target=self.work, name=f"worker of {self.name}", daemon=True)
        self.worker_ends = threading.Event()
        self.worker.start()

    def round(self, number):
        self.started.append((self.start_execution(self.arn, f"task-{number}", {"number": number}), number))
        time.sleep(0.02)  # the rate

    def work(self):
        client = Client(f"http://{self.client._address.netloc}")
        for attempt in itertools.count():
            if self.worker_ends.is_set():
                return
            given = client.call("GetActivityTask", activityArn=self.activity, workerName="chaos")
            if not given.get("taskToken"):
                continue
            number = json.loads(given["input"])["number"]
            self.sent.setdefault(number, []).append(attempt)
            try:
                client.call("SendTaskSuccess", taskToken=given["taskToken"], output=json.dumps({"number": number, "by": attempt}))
            except Refused as refused:
                # Given twice, or sent twice: the other one counted.
                if refused.kind not in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken"):
                    self.complain(str(refused))

    def check(self):
        for execution, number in self.started:
            ended = self.end_of(execution)
            output = json.loads(ended.get("output") or "{}")
            self.expect(f"{execution}'s number", output.get("number"), number)
            if output.get("by") not in self.sent.get(number, []):
                self.complain(f"{execution} has a result that no worker sent: {output}")
            kinds = [e["type"] for e in self.client.pages("GetExecutionHistory", "events", executionArn=execution)]
            self.expect(f"{execution}'s results", kinds.count("ActivitySucceeded"), 1)
        self.worker_ends.set()
        # Wakes the worker's poll, so that it sees that it is done.
        self.start_execution(self.arn, "the-last", {"number": -1})
        self.worker.join(70)


class Redrives(Actor):
    """Each round: an execution that fails, in a Distributed Map and then in a Parallel, redriven until it succeeds."""

    def prepare(self):
        passes_once_redriven = {"Type": "Pass", "QueryLanguage": "JSONata", "End": True,
                                "Output": "{% $states.context.Execution.RedriveCount >= LEAST ? 'done' : $error('not yet') %}"}
        after = lambda least: {**passes_once_redriven, "Output": passes_once_redriven["Output"].replace("LEAST", str(least))}
        child = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Try", "States": {"Try": after(1)}}
        branches = [{"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}}, {"StartAt": "Retry", "States": {"Retry": after(2)}}]
        self.arn = self.create_machine(self.name, machine(
            Each={"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": child, "ResultPath": "$.each", "Next": "Both"},
            Both={"Type": "Parallel", "Branches": branches, "ResultSelector": {"second.$": "$[1]"}, "End": True}))
        self.ended = []

    def round(self, number):
        execution = self.start_execution(self.arn, f"redrive-{number}", {"items": [1, 2, 3]})
        for redrives in range(10):
            if self.end_of(execution)["status"] == "SUCCEEDED":
                break
            self.client.call("RedriveExecution", executionArn=execution, clientToken=f"{number}-{redrives}")
        self.ended.append((execution, redrives))
        time.sleep(0.05)  # the rate

    def check(self):
        for execution, redrives in self.ended:
            shown = self.client.call("DescribeExecution", executionArn=execution)
            self.expect(f"{execution}'s end", (shown["status"], shown.get("output"), shown["redriveCount"]),
                        ("SUCCEEDED", '{"second":"done"}', redrives))
            kinds = [e["type"] for e in self.client.pages("GetExecutionHistory", "events", executionArn=execution)]
            self.expect(f"{execution}'s redrives", kinds.count("ExecutionRedriven"), redrives)
            runs = list(self.client.pages("ListMapRuns", "mapRuns", executionArn=execution))
            self.expect(f"the number of Map Runs of {execution}", len(runs), 1)
            run = self.client.call("DescribeMapRun", mapRunArn=runs[0]["mapRunArn"])
            self.expect(f"the Map Run of {execution}", (run["status"], run["executionCounts"]["succeeded"]), ("SUCCEEDED", 3))


def all_of(url):
    return [Versions(url, "versions-a"), Versions(url, "versions-b"), MapRuns(url, "map-runs"), Activities(url, "activities"),
            Redrives(url, "redrives")]
