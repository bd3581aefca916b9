"""The worker over Kafka: one thread for each queue's consumer, `concurrency` handler threads that send their results
themselves, one thread that sees to deliveries, repeats and signs of life. Needs the package confluent-kafka."""
import collections
import json
import logging
import random
import threading
import time

import confluent_kafka
import confluent_kafka.admin

from . import attempt, failpoint, hosting, task_topic

log = logging.getLogger("stepstream_worker")

PAUSE_AFTER_SECONDS = 0.2   # busy for so long: partitions are paused and polling goes on
COMMIT_SECONDS = 0.05
COMMIT_PATIENCE_SECONDS = 30
FAREWELL_SECONDS = 5
TOLD_AFTER_SECONDS = 1.0    # a handler that runs so long is told to the history
HEARTBEAT_SECONDS_MIN = 1.0  # for one task
PARTITION_MAX = 2**31 - 1
RECORDS_AHEAD_MAX = 10_000  # behind one unfinished task of a partition
DONE_MAX = 10_000           # tokens that are remembered
BACKOFF_SECONDS_MIN, BACKOFF_SECONDS_MAX = 0.05, 5.0

COMMON = {"socket.nagle.disable": True, "socket.keepalive.enable": True, "reconnect.backoff.ms": 50,
          "reconnect.backoff.max.ms": 5000, "client.id": "stepstream-worker", "log.connection.close": False}
PRODUCER = {"enable.idempotence": True, "acks": "all", "linger.ms": 1, "message.timeout.ms": 60_000,
            "message.max.bytes": 8_388_608, "queue.buffering.max.kbytes": 65_536}
CONSUMER = {"enable.auto.commit": False, "enable.auto.offset.store": False, "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "range", "allow.auto.create.topics": False, "check.crcs": True,
            "session.timeout.ms": 10_000, "heartbeat.interval.ms": 2_000, "fetch.wait.max.ms": 50,
            "fetch.error.backoff.ms": 100, "queued.min.messages": 100_000, "queued.max.messages.kbytes": 16_384}


class _Context(attempt.Context):
    @property
    def cancelled(self):
        """The state's timeout is over: the result would be refused."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    @cancelled.setter
    def cancelled(self, _):
        pass


class _Lane:
    def __init__(self, queue, handler):
        self.queue = queue
        self.handler = handler
        self.consumer = None
        self.running = 0      # attempts without a result yet
        self.partitions = {}  # number: Progress
        self.assignment = 0   # grows with each one, and with each loss
        self.paused = False
        self.commit_under_way = False
        self.commit_at = 0.0


class KafkaWorker(hosting.Host):
    """As Worker, for a URL kafka://HOST:PORT[,HOST:PORT...][/PREFIX]. `kafka`: options of its client (librdkafka), such as
    security.protocol. `kafka_partitions`: of a queue's topic if this worker is the first to need it."""

    def __init__(self, url, api_key=None, name=None, concurrency=10, poll_seconds=20.0, automatic_heartbeats=True,
                 drain_seconds=30.0, kafka=None, kafka_partitions=8):
        brokers, self._prefix = task_topic.parse_url(url)
        self._settings = {**COMMON, "bootstrap.servers": brokers}
        self._given = dict(kafka or {})
        self._partitions = kafka_partitions
        self._name = hosting.worker_name(name)
        self._concurrency = max(1, concurrency)
        self._automatic_heartbeats = automatic_heartbeats
        self._drain_seconds = drain_seconds
        self._lanes = []
        self._producer = None
        self._state = threading.Condition(threading.RLock())  # guards everything below
        self._tasks = collections.deque()    # contexts nobody has begun
        self._again = collections.deque()    # (context, type, value): to be sent again
        self._again_at = 0.0
        self._backoff = 0.0
        self._held = {}                      # token: context, until its result is in the log
        self._done = collections.OrderedDict()
        self._sent = 0
        self._busy = 0
        self._stopping = self._ended = self._broken = False

    def handle(self, queue, function):
        self._lanes.append(_Lane(queue, function))

    def stop(self):
        """Takes no more tasks and lets run() return when the running ones are reported. Any thread."""
        with self._state:
            self._stopping = True
            self._tasks.clear()
            self._state.notify_all()

    def run(self):
        """Blocks until stop(), a signal, or an end of its own, which it logs. True: every result is in the log."""
        if not self._lanes:
            raise ValueError("no handler is registered")
        with hosting.stopping_on_signals(self.stop):
            self._producer = self._make_producer()
            consumers = [self._thread(self._consume, lane) for lane in self._lanes]
            threads = [self._thread(self._run_handlers) for _ in range(self._concurrency)]
            reporter = self._thread(self._report)
            for thread in (*consumers, *threads, reporter):
                thread.start()
            with self._state:
                while not self._stopping:
                    self._state.wait(1.0)  # bounded: signals are only seen between waits on some platforms
                done = self._state.wait_for(lambda: self._busy == 0 and not self._again and self._sent == 0, self._drain_seconds)
                self._ended = True
                self._state.notify_all()
            for thread in (*consumers, reporter):
                thread.join(FAREWELL_SECONDS)
            self._producer = None
        if not done:
            log.warning("stopped with work under way; the brokers give it out again")
        return done and not self._broken

    def _thread(self, work, *arguments):
        """One that cannot go on ends the worker: its tasks are given to others, and whoever started it learns of it."""

        def guarded():
            try:
                work(*arguments)
            except Exception:
                log.exception("the worker cannot go on and ends")
                self._broken = True
                self.stop()

        return threading.Thread(target=guarded, daemon=True)

    # ---------------------------------------------------------------- handler threads

    def _run_handlers(self):
        while True:
            with self._state:
                self._state.wait_for(lambda: self._ended or self._tasks)
                if self._ended:
                    return
                context = self._tasks.popleft()
                if context.cancelled or not context._places:  # too late, or another worker's now
                    self._forget(context)
                    continue
                self._busy += 1
                context._started = time.time()
            text = attempt.run(context._lane.handler, context)
            failpoint.reach(failpoint.DONE)
            value = text[:-1] + f', "worker": {json.dumps(self._name)}, "started_ms": {int(context._started * 1000)}}}'
            with self._state:
                self._busy -= 1
                context._finished = True
                context._lane.running -= 1
                self._send(context, "task-failure" if context._failed else "task-success", value)
                self._state.notify_all()

    def _forget(self, context):
        context._lane.running -= 1
        self._finish_places(context)
        del self._held[context.token]
        self._state.notify_all()

    def _finish_places(self, context):
        for assignment, partition, offset in context._places:
            if assignment == context._lane.assignment and partition in context._lane.partitions:
                context._lane.partitions[partition].finish(offset)

    # ---------------------------------------------------------------- tasks

    def _consume(self, lane):
        topic = task_topic.task_topic(self._prefix, lane.queue)
        self._ensure_topic(topic)
        lane.consumer = confluent_kafka.Consumer({
            **self._settings, **CONSUMER, "group.id": task_topic.task_group(self._prefix, lane.queue),
            "on_commit": lambda error, offsets: self._committed(lane, error, offsets), **self._given}, logger=log)
        lane.consumer.subscribe([topic], on_assign=lambda _, given: self._assigned(lane, given),
                                on_revoke=lambda _, __: self._revoked(lane, topic), on_lost=lambda _, __: self._lost(lane))
        full_since = None
        while not self._ended:
            with self._state:
                if full_since is None:
                    self._state.wait_for(lambda: self._ended or self._stopping or not self._full(lane), PAUSE_AFTER_SECONDS)
                full = self._stopping or self._full(lane)
                full_since = (full_since or time.monotonic()) if full else None
            self._pause(lane, topic, full)
            message = lane.consumer.poll(0.1)
            if message is not None:
                self._take(lane, message)
            self._commit(lane, topic)
        self._commit(lane, topic, wait=True)
        lane.consumer.close()

    def _full(self, lane):
        return lane.running >= 2 * self._concurrency or any(len(p) >= RECORDS_AHEAD_MAX for p in lane.partitions.values())

    def _ensure_topic(self, topic):
        admin = confluent_kafka.admin.AdminClient({**self._settings, **self._given}, logger=log)
        while not self._ended:
            try:
                if topic in admin.list_topics(timeout=3).topics:
                    return
                wanted = confluent_kafka.admin.NewTopic(topic, self._partitions)
                admin.create_topics([wanted], request_timeout=3)[topic].result()
                return
            except confluent_kafka.KafkaException as error:
                code = error.args[0].code()
                if code == confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS:
                    return
                log.warning("the topic %s cannot be looked up or made: %s", topic, error)
                if code not in (confluent_kafka.KafkaError._TIMED_OUT, confluent_kafka.KafkaError._TRANSPORT):
                    return

    def _take(self, lane, message):
        if message.error():
            log.warning("%s: %s", message.topic() or lane.queue, message.error())
            return
        with self._state:
            if message.partition() not in lane.partitions or self._stopping:
                return
            progress, offset = lane.partitions[message.partition()], message.offset()
            progress.take(offset)
            context = self._read(lane, message)
            if context is None:
                log.warning("message %d of partition %d for queue %s is no task and was skipped", offset,
                            message.partition(), lane.queue)
                return progress.finish(offset)
            place = (lane.assignment, message.partition(), offset)
            if context.token in self._done:
                return progress.finish(offset)
            if context.token in self._held:  # it runs here, or its result is on its way
                self._held[context.token]._places.append(place)
                return
            context._places = [place]
            self._held[context.token] = context
            lane.running += 1
            failpoint.reach(failpoint.GOT_TASK)
            self._tasks.append(context)
            self._state.notify_all()

    def _read(self, lane, message):
        """The task of a message; None: it is none. Anybody can put anything into a topic."""
        try:
            headers, task = dict(message.headers() or []), json.loads(message.value())
            reply_partition = task_topic.number(headers, "rp")
            if headers.get("v") != b"1" or reply_partition is None or reply_partition > PARTITION_MAX:
                return None
            if not isinstance(task["token"], str) or not task["token"]:
                return None
            context = _Context(task, lane, self._wake)
            deadline = task_topic.number(headers, "deadline")
            if deadline is not None:
                context._deadline = time.monotonic() + task_topic.seconds_until(deadline)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return None
        context._reply_partition = reply_partition
        context._started, context._told = 0.0, False
        return context

    def _pause(self, lane, topic, wanted):
        if wanted == lane.paused:
            return
        lane.paused = wanted
        numbers = [confluent_kafka.TopicPartition(topic, number) for number in lane.partitions]
        if numbers:
            (lane.consumer.pause if wanted else lane.consumer.resume)(numbers)

    def _assigned(self, lane, given):
        with self._state:
            lane.assignment += 1
            lane.partitions = {one.partition: task_topic.Progress() for one in given}
            lane.paused = False

    def _revoked(self, lane, topic):
        self._commit(lane, topic, wait=True)  # what is finished is not to be done again by the next owner
        self._lost(lane)

    def _lost(self, lane):
        """What nobody here has begun is the next owner's; if that is this worker, it comes again."""
        with self._state:
            lane.assignment += 1
            lane.partitions = {}
            for context in self._held.values():
                if context._lane is lane:
                    context._places.clear()
            self._state.notify_all()

    def _commit(self, lane, topic, wait=False):
        now = time.monotonic()
        with self._state:
            # One at a time: the client sends a second one first if it has to repeat the first.
            patience = COMMIT_PATIENCE_SECONDS if lane.commit_under_way else 0
            if not wait and now < lane.commit_at + patience:
                return
            offsets = []
            for number, progress in lane.partitions.items():
                if progress.committable != progress.committed:
                    progress.committed = progress.committable
                    offsets.append(confluent_kafka.TopicPartition(topic, number, progress.committable))
            if not offsets:
                return
            lane.commit_at, lane.commit_under_way = now + COMMIT_SECONDS, not wait
        try:
            lane.consumer.commit(offsets=offsets, asynchronous=not wait)
        except confluent_kafka.KafkaException as error:
            log.warning("offsets of %s: %s", topic, error)
            self._committed(lane, error, offsets)

    def _committed(self, lane, error, offsets):
        with self._state:
            lane.commit_under_way = False
            if error is None:
                return
            for one in offsets or []:  # tried again with the next commit
                progress = lane.partitions.get(one.partition)
                if progress is not None and progress.committed == one.offset:
                    progress.committed = None

    # ---------------------------------------------------------------- results

    def _make_producer(self):
        return confluent_kafka.Producer({**self._settings, **PRODUCER, **self._given}, logger=log)

    def _send(self, context, kind, value):
        """Under the lock. A result is sent again until the brokers have it."""
        result = kind in ("task-success", "task-failure")
        producer = self._producer

        def delivered(error, _):
            with self._state:
                if result:
                    self._sent -= 1
                    self._delivered(context, kind, value, error)
                self._state.notify_all()

        try:
            producer.produce(self._prefix + ".cmd", value, partition=context._reply_partition, on_delivery=delivered,
                             headers={"v": "1", "type": kind, "tok": context.token})
            self._sent += result
        except (BufferError, confluent_kafka.KafkaException) as error:
            if result:
                kafka_error = error.args[0] if isinstance(error, confluent_kafka.KafkaException) else None
                self._delivered(context, kind, value, kafka_error or error)

    def _finish(self, context):
        self._finish_places(context)
        del self._held[context.token]
        self._done[context.token] = True
        if len(self._done) > DONE_MAX:
            self._done.popitem(last=False)

    def _delivered(self, context, kind, value, error):
        if error is None:
            self._backoff = 0.0
            failpoint.reach(failpoint.RESULT_REPORTED)
            return self._finish(context)
        code = error.code() if isinstance(error, confluent_kafka.KafkaError) else None
        if code == confluent_kafka.KafkaError._UNKNOWN_PARTITION:
            log.error("a task of state %s is not the engine's: its result belongs to partition %d of the log, which is not there",
                      context.state_name, context._reply_partition)
            return self._finish(context)
        if code == confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE:
            log.error("a result of state %s is larger than a message may be: %d characters", context.state_name, len(value))
            cause = f"the result has {len(value)} characters, more than a Kafka message may have"
            failure = attempt.failure(context.token, attempt.HandlerError("States.DataLimitExceeded", cause))
            self._again.append((context, "task-failure", json.dumps(failure)))
            return
        if code is not None and error.fatal():
            # The brokers have lost track of this producer's order: it takes nothing more.
            self._producer = self._make_producer()
        log.warning("a result did not get to the brokers (%s); sending it again until it does", error)
        self._backoff = min(max(self._backoff * 2, BACKOFF_SECONDS_MIN), BACKOFF_SECONDS_MAX)
        self._again_at = time.monotonic() + self._backoff * (0.5 + random.random())
        self._again.append((context, kind, value))

    # ---------------------------------------------------------------- signs of life

    def _wake(self):
        pass  # heartbeats are looked for often enough

    def _report(self):
        while not self._ended:
            self._producer.poll(0.05)
            now = time.monotonic()
            with self._state:
                if now >= self._again_at:
                    for _ in range(len(self._again)):
                        self._send(*self._again.popleft())
                for context in list(self._held.values()):
                    if not context._finished and not context.cancelled:
                        self._show_life(context, now)

    def _show_life(self, context, now):
        if context._started and not context._told and time.time() - context._started >= TOLD_AFTER_SECONDS:
            context._told = True
            self._send(context, "task-started", json.dumps({"token": context.token, "worker": self._name,
                                                            "started_ms": int(context._started * 1000)}))
        interval = context._heartbeat_seconds
        if interval <= 0:
            return
        by_timer = self._automatic_heartbeats and now >= context._beaten_at + interval / 3
        wanted = context._heartbeat_wanted and now >= context._beaten_at + min(HEARTBEAT_SECONDS_MIN, interval / 3)
        if by_timer or wanted:
            context._beaten_at, context._heartbeat_wanted = now, False
            self._send(context, "task-heartbeat", json.dumps({"token": context.token}))
