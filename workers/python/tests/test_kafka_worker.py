"""Against the mock broker inside confluent-kafka; skipped where that package is not installed."""
import json
import logging
import threading
import time
import unittest

try:
    import confluent_kafka
except ImportError:
    confluent_kafka = None

from stepstream_worker import HandlerError, Worker

PATIENCE_SECONDS = 30
logging.getLogger("stepstream_worker").setLevel(logging.CRITICAL)


@unittest.skipIf(confluent_kafka is None, "needs confluent-kafka: pip install stepstream-worker[kafka]")
class KafkaWorkerTest(unittest.TestCase):
    def setUp(self):
        self.producer = confluent_kafka.Producer({"test.mock.num.brokers": 1, "linger.ms": 0})
        for topic in ("unit.task.q", "unit.cmd"):
            self.producer.list_topics(topic, timeout=10)  # the mock makes it, with four partitions
        broker = next(iter(self.producer.list_topics(timeout=10).brokers.values()))
        self.address = f"{broker.host}:{broker.port}"
        self.reader = confluent_kafka.Consumer({"bootstrap.servers": self.address, "group.id": "engine"})
        self.reader.assign([confluent_kafka.TopicPartition("unit.cmd", number, 0) for number in range(4)])
        self.reports = []
        self.workers = []

    def tearDown(self):
        for worker, thread in self.workers:
            worker.stop()
            thread.join(PATIENCE_SECONDS)
        self.reader.close()

    def worker(self, handler, **options):
        worker = Worker(f"kafka://{self.address}/unit", name="unit/1", **options)
        worker.handle("q", handler)
        self.ended = []
        thread = threading.Thread(target=lambda: self.ended.append(worker.run()), daemon=True)
        thread.start()
        self.workers.append((worker, thread))
        return worker, thread

    def add_task(self, token, partition=0, headers=(), **changes):
        task = {"token": token, "queue": "q", "state_name": "S", "execution_arn": "arn:e", "input": 1, "retry_count": 2,
                "delivery": 1, "timeout_ms": 0, "heartbeat_ms": 0, **changes}
        self.producer.produce("unit.task.q", json.dumps(task), partition=partition,
                              headers=[("v", "1"), ("tok", token), ("att", "2"), ("rp", "1"), *headers])
        self.producer.flush(10)

    def wait_for(self, condition):
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, self.reports)
            message = self.reader.poll(0.05)
            if message is not None and not message.error():
                headers = dict(message.headers())
                self.assertEqual((message.partition(), headers["v"]), (1, b"1"))
                value = json.loads(message.value())
                self.assertEqual(value["token"], headers["tok"].decode())
                self.reports.append((headers["type"].decode(), value))

    def of(self, *kinds):
        return [value for kind, value in self.reports if kind in kinds]

    def wait_for_results(self, count):
        self.wait_for(lambda: len(self.of("task-success", "task-failure")) >= count)

    def wait_until_committed(self, partition, offset):
        asking = confluent_kafka.Consumer({"bootstrap.servers": self.address, "group.id": "unit.workers.q"})
        place = [confluent_kafka.TopicPartition("unit.task.q", partition)]
        self.wait_for(lambda: asking.committed(place, timeout=10)[0].offset == offset)
        asking.close()

    def test_runs_tasks_and_reports_to_the_reply_partition(self):
        def handler(event, context):
            if event == 7:
                raise HandlerError("Card.Declined", "no money")
            return {"got": event, "state": context.state_name, "retries": context.retry_count}

        for number in range(40):
            self.add_task(f"t{number}", partition=number % 2, input=number)
        _, thread = self.worker(handler, concurrency=4)
        self.wait_for_results(40)
        successes = {value["token"]: value for value in self.of("task-success")}
        self.assertEqual(sorted([*successes, "t7"]), sorted(f"t{number}" for number in range(40)))
        self.assertEqual(successes["t3"]["output"], {"got": 3, "state": "S", "retries": 2})
        self.assertEqual(successes["t3"]["worker"], "unit/1")
        self.assertGreater(successes["t3"]["started_ms"], 1_700_000_000_000)
        self.assertEqual(self.of("task-failure")[0]["error"], "Card.Declined")
        self.wait_until_committed(0, 20)
        self.wait_until_committed(1, 20)
        self.workers[0][0].stop()
        thread.join(PATIENCE_SECONDS)
        self.assertEqual(self.ended, [True])

    def test_commits_nothing_behind_an_unfinished_task_and_passes_over_what_is_none(self):
        gate = threading.Event()

        def handler(event, context):
            if event == "waits":
                gate.wait(PATIENCE_SECONDS)
            return event

        self.add_task("t0")
        self.add_task("t1", input="waits", heartbeat_ms=600)
        self.add_task("late", headers=[("deadline", "1767225600000")])
        self.add_task("other", headers=[("v", "2")])
        self.producer.produce("unit.task.q", b"no JSON", partition=0, headers={"v": "1", "rp": "1"})
        self.add_task("t1", input="waits")
        self.add_task("t6")
        self.worker(handler)
        self.wait_for(lambda: len(self.of("task-heartbeat")) >= 2 and self.of("task-started"))
        self.wait_until_committed(0, 1)
        gate.set()
        self.wait_for_results(3)
        self.wait_until_committed(0, 7)
        self.assertEqual(sorted(value["token"] for value in self.of("task-success")), ["t0", "t1", "t6"])
        self.assertEqual({value["token"] for value in self.of("task-heartbeat", "task-started")}, {"t1"})

    def add_message(self, value, partition_header="1"):
        self.producer.produce("unit.task.q", value, partition=0, headers={"v": "1", "rp": partition_header})
        self.producer.flush(10)

    def test_nothing_that_stands_in_a_topic_stops_the_worker(self):
        for value in (b"[" * 100_000, b"\xff\xfe", b"null", b'{"token": 1}', b'{"token": "a", "timeout_ms": "long"}', b"",
                      b'{"token": "b", "heartbeat_ms": {}}', b"1" * 10_000):
            self.add_message(value)
        self.add_message(b'{"token": "c"}', "99999999999")
        self.add_task("fine")
        self.worker(lambda event, context: event)
        self.wait_for_results(1)
        self.wait_until_committed(0, 10)
        self.assertEqual([value["token"] for value in self.of("task-success", "task-failure")], ["fine"])

    def test_a_task_whose_result_belongs_nowhere_holds_nothing_up(self):
        self.add_message(b'{"token": "lost"}', "99")
        self.add_task("fine")
        _, thread = self.worker(lambda event, context: event)
        self.wait_for_results(1)
        self.wait_until_committed(0, 2)
        self.workers[0][0].stop()
        thread.join(PATIENCE_SECONDS)
        self.assertEqual(self.ended, [True])

    def test_a_thread_that_cannot_go_on_ends_the_worker(self):
        self.add_task("t0")
        worker, thread = self.worker(lambda event, context: event, drain_seconds=0.1)
        self.wait_for_results(1)
        worker._commit = None  # what its consumer calls next
        thread.join(PATIENCE_SECONDS)
        self.assertEqual(self.ended, [False])

    def test_a_result_that_no_message_can_hold_becomes_a_failure(self):
        self.add_task("big")
        self.worker(lambda event, context: "x" * 30_000, kafka={"message.max.bytes": 20_000})
        self.wait_for_results(1)
        self.assertEqual(self.of("task-failure")[0]["error"], "States.DataLimitExceeded")
        self.wait_until_committed(0, 1)


if __name__ == "__main__":
    unittest.main()
