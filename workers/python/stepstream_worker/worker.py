"""The worker: one polling thread for each queue, `concurrency` handler threads, one thread that reports results,
leases and heartbeats while the polls wait. A result is kept until the engine has decided it."""
import collections
import json
import logging
import random
import threading
import time

from . import attempt, hosting
from .connection import Connection, Refused, Unavailable

log = logging.getLogger("stepstream_worker")

BACKOFF_SECONDS_MIN, BACKOFF_SECONDS_MAX = 0.05, 5.0
TASKS_MAX = RESULTS_MAX = 1000
BODY_CHARACTERS_MAX = 900_000


class _Lane:
    """A queue and what this worker does for it."""

    def __init__(self, queue, handler, connection):
        self.queue = queue
        self.handler = handler
        self.connection = connection
        self.running = 0       # attempts without a result yet
        self.wants_results = False  # the polling thread waits for a free handler and takes results along


class _Backoff:
    def __init__(self):
        self._seconds = 0.0

    def reset(self):
        self._seconds = 0.0

    def next(self, at_least=0):
        self._seconds = min(max(self._seconds * 2, BACKOFF_SECONDS_MIN), BACKOFF_SECONDS_MAX)
        return max(at_least, self._seconds * (0.5 + random.random()))


class Worker(hosting.Host):
    """Runs handlers for task queues. A task is delivered at least once; its result counts once.

    `concurrency`: handlers at once, over all queues. `automatic_heartbeats`: False leaves the heartbeats of states
    with HeartbeatSeconds to the handler (context.heartbeat()). `drain_seconds`: how long run() waits for running
    handlers after stop(), SIGTERM or SIGINT. With a URL kafka://HOST:PORT/PREFIX the tasks come from Kafka (KafkaWorker)."""

    def __new__(cls, url="http://127.0.0.1:8460", *arguments, **options):
        if not url.startswith("kafka://"):
            return super().__new__(cls)
        try:
            from .kafka_worker import KafkaWorker
        except ImportError as error:
            raise ImportError("a URL kafka://... needs: pip install stepstream-worker[kafka]") from error
        return KafkaWorker(url, *arguments, **options)

    def __init__(self, url="http://127.0.0.1:8460", api_key=None, name=None, concurrency=10, poll_seconds=20.0,
                 automatic_heartbeats=True, drain_seconds=30.0):
        self._url, self._api_key = url, api_key
        self._name = hosting.worker_name(name)
        self._concurrency = max(1, concurrency)
        self._poll_seconds = poll_seconds
        self._automatic_heartbeats = automatic_heartbeats
        self._drain_seconds = drain_seconds
        self._lanes = []
        self._state = threading.Condition()  # guards everything below
        self._tasks = collections.deque()    # contexts nobody has begun
        self._results = collections.deque()  # (context, text): not under way
        self._sent = 0                       # results under way
        self._held = {}                      # token: context, until its result is decided
        self._busy = 0                       # handlers running
        self._lease_seconds = 30.0
        self._stopping = self._ended = False
        self._refused = None

    def handle(self, queue, function):
        self._lanes.append(_Lane(queue, function, Connection(self._url, self._api_key)))

    def stop(self):
        """Takes no more tasks and lets run() return when the running ones are reported. Any thread."""
        with self._state:
            self._stopping = True
            self._tasks.clear()
            self._state.notify_all()
        for lane in self._lanes:
            lane.connection.interrupt()

    def run(self):
        """Blocks until stop() or a signal. True: every result was reported. Raises Refused when the engine will
        never accept this worker's requests, and what else ended one of its threads."""
        if not self._lanes:
            raise ValueError("no handler is registered")
        threads = [threading.Thread(target=self._guarded, args=(self._run_handlers,), daemon=True) for _ in range(self._concurrency)]
        threads += [threading.Thread(target=self._guarded, args=(self._poll, lane), daemon=True) for lane in self._lanes]
        threads.append(threading.Thread(target=self._guarded, args=(self._report,), daemon=True))
        with hosting.stopping_on_signals(self.stop):
            for thread in threads:
                thread.start()
            with self._state:
                while not self._stopping:
                    self._state.wait(1.0)  # bounded: signals are only seen between waits on some platforms
                done = self._state.wait_for(self._all_reported, self._drain_seconds)
                self._ended = True
                self._state.notify_all()
        for lane in self._lanes:
            lane.connection.interrupt()
        if self._refused:
            raise self._refused
        if not done:
            log.warning("stopped with work under way; the engine gives it out again")
        return done

    def _all_reported(self):
        return self._refused or (self._busy == 0 and not self._results and self._sent == 0)

    def _guarded(self, loop, *arguments):
        try:
            loop(*arguments)
        except Refused as error:
            log.error("%s", error)
            self._give_up(error)
        except Exception as error:  # a thread that cannot go on ends the worker, so that its tasks go to others
            log.exception("the worker cannot go on and ends")
            self._give_up(error)

    def _give_up(self, error):
        with self._state:
            self._refused = error
            self._stopping = True
            self._state.notify_all()

    # ---------------------------------------------------------------- handler threads

    def _run_handlers(self):
        while True:
            with self._state:
                self._state.wait_for(lambda: self._ended or self._tasks)
                if self._ended:
                    return
                context = self._tasks.popleft()
                self._busy += 1
            text = attempt.run(context._lane.handler, context)
            with self._state:
                self._busy -= 1
                context._finished = True
                context._lane.running -= 1
                self._results.append((context, text))
                self._state.notify_all()

    # ---------------------------------------------------------------- polling

    def _poll(self, lane):
        backoff = _Backoff()
        while True:
            with self._state:
                lane.wants_results = True
                self._state.wait_for(lambda: self._stopping or lane.running < self._concurrency)
                lane.wants_results = False
                if self._stopping:
                    self._state.notify_all()
                    return
                sent = self._take_results()
                body = self._body(lane.queue, min(self._concurrency - lane.running, TASKS_MAX), self._poll_seconds, sent)
            try:
                answer = lane.connection.post("/v1/tasks/poll", body, self._poll_seconds)
            except Unavailable as error:
                self._give_back(sent)
                if not self._stopping:
                    self._rest(backoff, error)
                continue
            if self._decide(sent, answer) == 0:
                backoff.reset()
            else:
                self._rest(backoff, Unavailable("the engine cannot take results now"))
            self._accept(lane, answer)

    def _accept(self, lane, answer):
        with self._state:
            self._lease_seconds = max(answer.get("lease_ms", 30_000) / 1000, 0.1)
            for task in answer.get("tasks", []):
                known = self._held.get(task["token"])
                if known is not None:  # delivered again while it runs here, or while its result is on its way
                    known._renewed_at = time.monotonic()
                elif not self._stopping:
                    context = attempt.Context(task, lane, self._wake)
                    self._held[context.token] = context
                    lane.running += 1
                    self._tasks.append(context)
            self._state.notify_all()

    def _wake(self):
        with self._state:
            self._state.notify_all()

    def _rest(self, backoff, error):
        pause = backoff.next(error.retry_after)
        log.warning("%s; trying again in %.2f s", error, pause)
        with self._state:
            self._state.wait_for(lambda: self._ended or self._stopping, pause)
            if self._stopping and not self._ended:  # draining: still do not hammer an engine that is away
                self._state.wait_for(lambda: self._ended, min(pause, 0.2))

    # ---------------------------------------------------------------- results

    def _take_results(self):
        sent, characters = [], 0
        while self._results and len(sent) < RESULTS_MAX:
            characters += len(self._results[0][1])
            if sent and characters > BODY_CHARACTERS_MAX:
                break
            sent.append(self._results.popleft())
        self._sent += len(sent)
        return sent

    def _body(self, queue, tasks_max, wait_seconds, sent):
        now = time.monotonic()
        holding = [c for c in self._held.values() if not c._finished and now >= c._renewed_at + self._lease_seconds / 4]
        for context in holding:
            context._renewed_at = now
        head = {"queue": queue, "worker": self._name, "tasks_max": tasks_max, "wait_seconds": wait_seconds}
        if holding:
            head["holding"] = [c.token for c in holding]
        text = json.dumps(head)
        if sent:  # results are JSON text already
            text = text[:-1] + ', "results": [' + ",".join(result for _, result in sent) + "]}"
        return text.encode()

    def _give_back(self, sent):
        with self._state:
            self._sent -= len(sent)
            self._results.extendleft(reversed(sent))
            self._state.notify_all()

    def _decide(self, sent, answer):
        """Forgets what the engine has decided; returns how many results must be sent again."""
        decisions = answer.get("results", [])
        again = []
        with self._state:
            for index, (context, text) in enumerate(sent):
                decision = decisions[index] if index < len(decisions) else {"accepted": False, "retry": True}
                if not decision.get("accepted") and decision.get("retry"):
                    again.append((context, text))
                    continue
                if not decision.get("accepted"):
                    log.warning("a result of state %s was not accepted: %s %s", context.state_name,
                                decision.get("code"), decision.get("message"))
                self._held.pop(context.token, None)
            self._sent -= len(sent)
            self._results.extendleft(reversed(again))
            self._state.notify_all()
        return len(again)

    # ---------------------------------------------------------------- reports, leases, heartbeats

    def _due_heartbeats(self, now):
        due = []
        for context in self._held.values():
            interval = context._heartbeat_seconds / 3
            by_timer = self._automatic_heartbeats and interval > 0 and now >= context._beaten_at + interval
            if not context._finished and not context.cancelled and (by_timer or context._heartbeat_wanted):
                due.append(context)
        return due[:TASKS_MAX]

    def _next_look(self, now):
        """Seconds until the next lease or heartbeat is due."""
        times = [now + 60]
        for context in self._held.values():
            if not context._finished:
                times.append(context._renewed_at + self._lease_seconds / 3)
                if self._automatic_heartbeats and context._heartbeat_seconds > 0 and not context.cancelled:
                    times.append(context._beaten_at + context._heartbeat_seconds / 3)
        return max(0.0, min(times) - now)

    def _renewal_due(self, now):
        return any(not c._finished and now >= c._renewed_at + self._lease_seconds / 3 for c in self._held.values())

    def _report(self):
        connection, backoff = Connection(self._url, self._api_key), _Backoff()
        while True:
            with self._state:
                now = time.monotonic()
                beats = self._due_heartbeats(now)
                poll_takes_them = any(lane.wants_results and lane.running < self._concurrency for lane in self._lanes)
                report = (self._results and (self._stopping or not poll_takes_them)) or self._renewal_due(now)
                if self._ended:
                    connection.close()
                    return
                if not beats and not report:
                    self._state.wait(self._next_look(now))
                    continue
                if beats:
                    for context in beats:
                        context._heartbeat_wanted = False
                        context._beaten_at = context._renewed_at = now
                    path, sent = "/v1/tasks/heartbeat", []
                    body = json.dumps({"tokens": [c.token for c in beats]}).encode()
                else:
                    sent = self._take_results()
                    path, body = "/v1/tasks/poll", self._body(self._lanes[0].queue, 0, 0, sent)
            try:
                answer = connection.post(path, body)
            except Unavailable as error:
                self._give_back(sent)
                for context in beats:
                    context._heartbeat_wanted = True
                self._rest(backoff, error)
                continue
            for context, beat in zip(beats, answer.get("heartbeats", [])):
                context.cancelled = bool(beat.get("cancelled"))
            if self._decide(sent, answer) == 0:
                backoff.reset()
            else:
                self._rest(backoff, Unavailable("the engine cannot take results now"))
