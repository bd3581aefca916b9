"""One failpoint, struck once in a cluster: a node or a worker dies, or sleeps for longer than the others wait for it and wakes up
again, in the middle of executions; then what the engine tells of these is compared with what was started."""
import collections
import contextlib
import dataclasses
import functools
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import cluster

sys.path.insert(0, str(cluster.ROOT / "tests" / "chaos"))
from shared_checks import check_counts, check_names, check_order, history, list_executions  # noqa: E402

MACHINE = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "work", "TimeoutSeconds": 120, "Next": "Pause"},
                                         "Pause": {"Type": "Wait", "Seconds": 1, "End": True}}}
ONCE = dict.fromkeys(("ExecutionStarted", "TaskScheduled", "TaskSucceeded", "WaitStateExited", "ExecutionSucceeded"), 1)
PARTITIONS, SOURCE_PARTITIONS = 8, 4
# How often a point is passed before it strikes: in the middle of the load.
POINTS = {"cp1": 15, "cp2": 30, "cp3": 30, "cp4": 30, "cp5": 30, "cp6": 15, "cp7": 15, "cp8": 15, "cp9": 15, "cp10": 2, "cp11": 1,
          "cp12": 10, "cp13": 2, "cp14": 20, "cp15": 20, "cp16": 2, "w1": 10, "w2": 10, "w3": 10}
JOINING = ("cp10", "cp16")    # struck while the node joins, not by the load
OF_TRIGGER = ("cp14", "cp15")
CALL_SECONDS = 5              # then the same call goes to another node
STRIKE_SECONDS, TAKEOVER_SECONDS, END_SECONDS = 60, 60, 120
wait_until = functools.partial(cluster.wait_until, every=0.1)


def passes(point, number):
    """Another round strikes at another moment."""
    first = POINTS[point]
    return first + 5 * (number % 4) if first >= 10 else first + number % 2 * (point in JOINING)


def is_stopped(process):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    return False


def answers(process):
    return process.poll() is None and not is_stopped(process)


class Worker:
    """A worker over Kafka topics; one that is silent for six seconds has lost its tasks to others. `python`: the interpreter of
    one of the Python SDK; otherwise it is of the C++ SDK."""

    def __init__(self, shared, failpoint=None, python=None):
        command = [python, cluster.ROOT / "tests" / "kafka" / "task_worker.py"] if python else [cluster.BINARIES / "kafka_task_worker"]
        environment = {**os.environ, **({"STEPSTREAM_FAILPOINT": failpoint} if failpoint else {})}
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([*command, f"kafka://{shared.kafka.address}/{shared.name}", "work", "4", "5",
                                         "session.timeout.ms=6000"], stdout=self.log, stderr=self.log, env=environment)

    def told(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(60)
        self.log.close()

    close = stop


@dataclasses.dataclass(frozen=True)
class Strike:
    point: str
    kind: str   # kill or stop
    sdk: str    # of the worker; empty: a node's
    round: int

    @property
    def name(self):
        return "-".join(part for part in (self.point, self.sdk, self.kind, str(self.round)) if part)


class Struck:
    """A strike in `shared`, which has one node that never dies, and its worker; the victim comes besides."""

    def __init__(self, shared, strike, count, python):
        self.shared, self.count = shared, count
        self.point, self.kind, self.name = strike.point, strike.kind, strike.name
        self.python = python if strike.sdk == "python" else None
        self.survivor = shared.nodes[0]
        self.failpoint = f"{self.point}:{self.kind}:{passes(self.point, strike.round)}"
        self.started = 0

    # ---------------------------------------------------------------------------------------- load

    def start_one(self):
        body = {"state_machine": self.name, "name": f"e{self.started}", "input": {"number": self.started}}
        for attempt in range(30):
            living = [node for node in self.shared.nodes if answers(node.process)]
            node = living[(self.started + attempt) % len(living)]
            try:
                status, answer = node.call("POST", "/v1/executions", body, timeout=CALL_SECONDS)
            except OSError:  # swallowed by the victim, or not yet listening
                continue
            # The first call may have been applied although its answer was lost; it may even have ended.
            if status < 300 or (status < 500 and answer.get("code") == "ExecutionAlreadyExists"):
                self.started += 1
                return
            if status != 429 and status < 500:
                raise RuntimeError(f"start of e{self.started}: {status} {answer}")
            time.sleep(0.05)  # asks again
        raise RuntimeError(f"e{self.started} cannot be started")

    def start(self, until):
        while self.started < until:
            self.start_one()

    def start_by_trigger(self):
        """The executions are those of the records of a topic."""
        self.tool("create", self.name, SOURCE_PARTITIONS)
        self.survivor.must("PUT", f"/v1/triggers/{self.name}", {"state_machine": self.name, "kafka": {
            "brokers": [self.shared.kafka.address], "topic": self.name, "start": "earliest"}})

    def tool(self, *arguments):
        subprocess.run([str(cluster.BINARIES / "kafka_topic_tool"), self.shared.kafka.address, *map(str, arguments)], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)

    def names(self):
        if self.point in OF_TRIGGER:
            return {f"{self.name}-{self.name}-{n % SOURCE_PARTITIONS}-{n // SOURCE_PARTITIONS}": None for n in range(self.count)}
        return {f"e{n}": {"number": n} for n in range(self.started)}

    # ---------------------------------------------------------------------------------------- the strike

    def run(self):
        """What became of the executions: a Counter."""
        self.survivor.must("PUT", f"/v1/state-machines/{self.name}", {"definition": MACHINE})
        if self.point.startswith("w"):
            self.strike_worker()
        else:
            self.strike_node()
        return self.check(wait_until("every execution has ended", self.all_ended, END_SECONDS))

    def strike_worker(self):
        worker = Worker(self.shared, self.failpoint, self.python)
        try:
            until = time.monotonic() + STRIKE_SECONDS
            while answers(worker.process):  # the group gives it tasks in a while
                self.start_one()
                if time.monotonic() > until:
                    raise RuntimeError(f"{self.name}: not reached by {self.started} executions")
            if f"failpoint {self.point}: {self.kind}" not in worker.told():
                raise RuntimeError(f"{self.name}: the worker ended by itself:\n{worker.told()}")
            self.start(max(self.count, self.started + 20))
            wait_until("the other worker ends them all", self.all_ended, END_SECONDS)
        finally:
            worker.stop()  # wakes it, and lets it tell what it still believes

    def strike_node(self):
        of_trigger = self.point in OF_TRIGGER
        if of_trigger:
            self.start_by_trigger()
        if self.point in JOINING:
            self.start(self.count // 2)
        victim = cluster.Node(self.shared.kafka.address, self.shared.redis.address, 2, *self.shared.arguments, partitions=PARTITIONS)
        victim.environment["STEPSTREAM_FAILPOINT"] = self.failpoint
        self.shared.nodes.append(victim)
        if self.point in JOINING:
            victim.launch()
        else:
            victim.start()
            self.shared.wait_until_shared(TAKEOVER_SECONDS)
        if of_trigger:
            wait_until("the victim reads the topic, too", lambda: f'stepstream_kafka_lag{{trigger="{self.name}"' in
                               victim.call("GET", "/metrics")[1].decode(), TAKEOVER_SECONDS)
            self.tool("produce", self.name, SOURCE_PARTITIONS, self.count, 0)
        else:
            self.start(self.count // 2)
            if self.point == "cp11":
                self.shared.add_node(3)
            self.start(self.count)
        self.struck(victim)
        if of_trigger:
            wait_until("every record has its execution", lambda: len(self.listed()) >= self.count, END_SECONDS)
            self.survivor.must("DELETE", f"/v1/triggers/{self.name}")
        for node in self.shared.nodes[1:]:
            code = node.stop()
            if node is not victim or self.kind == "stop":
                if code != 0:
                    raise RuntimeError(f"{self.name}: node {node.number} ended with {code}:\n{node.log_tail()}")
            node.clean()
        del self.shared.nodes[1:]
        self.shared.wait_until_shared(TAKEOVER_SECONDS)

    def struck(self, victim):
        wait_until(f"{self.failpoint} strikes", lambda: not answers(victim.process), STRIKE_SECONDS)
        if f"failpoint {self.point}: {self.kind}" not in victim.log_tail():
            raise RuntimeError(f"{self.name}: the node ended by itself:\n{victim.log_tail()}")
        others = [node for node in self.shared.nodes if node is not victim]

        def taken_over():
            return sum(node.metric("stepstream_partitions_held") for node in others) == PARTITIONS and all(
                node.metric("stepstream_partitions_replaying") == 0 for node in others)
        wait_until("the others hold all partitions", taken_over, TAKEOVER_SECONDS)
        if self.kind == "kill":
            return
        victim.process.send_signal(signal.SIGCONT)
        wait_until("the zombie is one of them again", lambda: answers(victim.process) and self.ready(victim),
                           TAKEOVER_SECONDS)
        self.shared.wait_until_shared(TAKEOVER_SECONDS)

    def ready(self, node):
        with contextlib.suppress(OSError):
            return node.call("GET", "/readyz", timeout=CALL_SECONDS)[0] == 200
        return False

    # ---------------------------------------------------------------------------------------- the checker

    def listed(self):
        return list_executions(self.survivor.url, self.name)

    def all_ended(self):
        items = self.listed()
        return items if len(items) >= len(self.names()) and all(item["status"] != "RUNNING" for item in items) else None

    def check(self, ended):
        inputs = self.names()
        problems, lost, doubled = check_names(inputs, inputs, [item["name"] for item in ended])
        found = collections.Counter(executions=len(ended), lost=lost, duplicated=doubled)
        for item in ended:
            name = f"{self.name}:{item['name']}"
            execution, events = self.survivor.must("GET", f"/v1/executions/{name}"), history(self.survivor.url, name)
            wrong = check_order(name, events) + check_counts(name, events, ONCE)
            if execution["status"] != "SUCCEEDED" or execution["output"] != (inputs.get(item["name"]) or execution["input"]):
                wrong.append(f"{name}: {execution}")
            twice = any(sum(event["type"] == one for event in events) > 1 for one in ONCE)
            found.update(duplicated=twice, changed=bool(wrong) and not twice)
            problems += wrong
        found["changed"] += any(problem.startswith("unknown") for problem in problems)
        for problem in problems:
            print("PROBLEM:", problem, flush=True)
        return found
