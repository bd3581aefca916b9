"""What runs while the faults strike: four workflows, threads that start them through all nodes, a watcher that remembers
what it was told of each end, and one that keeps the nodes' counters over their deaths."""
import http.client
import threading
import time

STARTERS = 6
GIVE_UP_S = 180
CALL_S = 20
MACHINE_OF = ["chain"] * 4 + ["fan"] * 2 + ["retry"] * 2 + ["timer"] * 2  # by number % 10
MAP_ITEMS = 5


def task(queue, name, following=None, **more):
    state = {"Type": "Task", "Resource": "chaos-" + queue, "ResultPath": "$." + name, **more}
    return state | ({"Next": following} if following else {"End": True})


def wait(seconds, following):
    return {"Type": "Wait", "Seconds": seconds, "Next": following}


ONCE_MORE = [{"ErrorEquals": ["Chaos.First"], "IntervalSeconds": 1, "MaxAttempts": 3}]
ITEM = {"Item": {"Type": "Task", "Resource": "chaos-step", "End": True}}
MACHINES = {
    "chain": {"StartAt": "A", "States": {"A": task("step", "A", "B"), "B": task("call", "B", "C"), "C": task("step", "C")}},
    "fan": {"StartAt": "Both", "States": {
        "Both": {"Type": "Parallel", "ResultPath": "$.both", "Next": "Each", "Branches": [
            {"StartAt": "Left", "States": {"Left": task("step", "Left")}},
            {"StartAt": "Nap", "States": {"Nap": wait(1, "Right"), "Right": task("call", "Right")}}]},
        "Each": {"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.each", "Next": "Last",
                 "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Item", "States": ITEM}},
        "Last": task("step", "Last")}},
    "retry": {"StartAt": "Again", "States": {
        "Again": task("flaky", "Again", "Caught", Retry=ONCE_MORE),
        "Caught": task("flaky", "Caught", "Never", Catch=[{"ErrorEquals": ["Chaos.First"], "Next": "Mended",
                                                           "ResultPath": "$.error"}]),
        "Never": {"Type": "Fail"},
        "Mended": task("step", "Mended")}},
    "timer": {"StartAt": "Nap", "States": {"Nap": wait(1, "Call"), "Call": task("call", "Call", "Sleep"),
                                           "Sleep": wait(3, "Step"), "Step": task("step", "Step")}},
}


def machine_of(number):
    return MACHINE_OF[number % len(MACHINE_OF)]


def input_of(number):
    return {"number": number, "items": list(range(MAP_ITEMS))}


class Caller:
    """A call to whatever node answers, made again until one does."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.made_again = 0
        self.lock = threading.Lock()

    def call(self, first, method, path, body=None):
        until = time.monotonic() + GIVE_UP_S
        attempt = 0
        while time.monotonic() < until:
            try:
                status, answer = self.nodes[(first + attempt) % len(self.nodes)].call(method, path, body, CALL_S)
                if status < 500 and status != 429:
                    return status, answer
            except (OSError, http.client.HTTPException, ValueError):
                pass  # the node is down, or asleep, or dies just now
            attempt += 1
            with self.lock:
                self.made_again += 1
            time.sleep(0.05)  # asks again
        raise RuntimeError(f"{method} {path}: no answer within {GIVE_UP_S} s")


class Load:
    """`allow(n)`: executions 0..n-1 may be started."""

    def __init__(self, nodes):
        self.caller = Caller(nodes)
        self.started = {}  # number: path of the execution
        self.told = {}     # number: what was told of its end, the first time
        self.not_there = 0  # how often an acknowledged one was unknown
        self.problems = []
        self._allowed = self._next = 0
        self._stopping = False
        self._change = threading.Condition()
        self._threads = [threading.Thread(target=self._guarded, args=(self._start_all,), daemon=True) for _ in range(STARTERS)]
        self._threads.append(threading.Thread(target=self._guarded, args=(self._watch,), daemon=True))

    def begin(self):
        for thread in self._threads:
            thread.start()

    def allow(self, count):
        with self._change:
            self._allowed = count
            self._change.notify_all()

    def stop(self):
        with self._change:
            self._stopping = True
            self._change.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _guarded(self, work):
        try:
            work()
        except Exception as error:
            self.problems.append(f"{work.__name__}: {error!r}")

    def _start_all(self):
        while True:
            with self._change:
                self._change.wait_for(lambda: self._stopping or self._next < self._allowed)
                if self._stopping:
                    return
                number = self._next
                self._next += 1
            self._start(number)
            time.sleep(0.02)  # the rate

    def _start(self, number):
        body = {"state_machine": machine_of(number), "name": f"e{number}", "input": input_of(number)}
        status, answer = self.caller.call(number, "POST", "/v1/executions", body)
        # An earlier call may have been applied although its answer was lost, and the execution has ended since. The same
        # goes for a first call whose record was put into the log twice: only the checker sees whether it is there.
        if status >= 300 and answer.get("code") != "ExecutionAlreadyExists":
            self.problems.append(f"start of e{number}: {status} {answer}")
        else:
            self.started[number] = f"/v1/executions/{machine_of(number)}:e{number}"

    def _watch(self):
        """Asks any node for each execution again and again until one says that it has ended."""
        turn = 0
        while not self._stopping:
            open_ones = [number for number in list(self.started) if number not in self.told]
            for number in open_ones[:200]:
                turn += 1
                status, execution = self.caller.call(turn, "GET", self.started[number])
                if status != 200:
                    self.not_there += 1  # Redis has gone back, and the log is not replayed yet: the checker asks again
                elif execution["status"] != "RUNNING":
                    self.told[number] = execution
                if self._stopping:
                    return
            with self._change:
                self._change.wait(0.2)  # asks again


class Counters:
    """The sum of the nodes' counters over all their lives, as far as they were seen."""

    def __init__(self, nodes):
        self._seen = {}  # (node, process, name): value
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(node,), daemon=True) for node in nodes]
        for thread in self._threads:
            thread.start()

    def sum(self, name):
        return sum(value for (_, _, found), value in list(self._seen.items()) if found == name)

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, node):
        while not self._stopping.wait(0.3):
            process = node.process
            if process is None or process.poll() is not None:
                continue
            try:
                text = node.call("GET", "/metrics", timeout=2)[1].decode()
            except (OSError, http.client.HTTPException, AttributeError):
                continue
            for line in text.splitlines():
                name, _, value = line.partition(" ")
                if name.endswith("_total") and "{" not in name:
                    self._seen[node.number, process.pid, name] = float(value)
