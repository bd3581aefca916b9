import json
import logging
import os
import signal
import subprocess
import sys
import threading
import unittest

from stepstream_worker import HandlerError, Worker
from stepstream_worker.connection import Refused
from tests.fake_engine import FakeEngine

logging.getLogger("stepstream_worker").setLevel(logging.CRITICAL)


class WorkerTest(unittest.TestCase):
    def setUp(self):
        self.engine = FakeEngine()
        self.addCleanup(self.engine.stop)

    def start(self, handlers, **options):
        worker = Worker(self.engine.url, concurrency=options.pop("concurrency", 4), drain_seconds=10, **options)
        for queue, function in handlers.items():
            worker.handle(queue, function)
        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(worker.run()), daemon=True)
        thread.start()

        def stop():
            worker.stop()
            thread.join(15)
            return outcome[0] if outcome else None

        self.addCleanup(stop)
        return stop

    def test_runs_tasks_and_reports_what_handlers_return(self):
        for number in range(40):
            self.engine.add_task("q", f"t{number}", {"a": number}, retry_count=2)
        stop = self.start({"q": lambda event, context: {"sum": event["a"] + 1, "retries": context.retry_count}})
        self.assertTrue(self.engine.wait_for_results(40))
        self.assertEqual(self.engine.results["t7"], {"token": "t7", "output": {"sum": 8, "retries": 2}})
        self.assertTrue(stop())

    def test_an_exception_becomes_error_and_cause_as_lambda_writes_them(self):
        def fail(event, context):
            if event:
                raise HandlerError("Card.Declined", "no money")
            return {}["missing"]

        self.engine.add_task("q", "a", 1)
        self.engine.add_task("q", "b", 0)
        self.start({"q": fail})
        self.assertTrue(self.engine.wait_for_results(2))
        self.assertEqual(self.engine.results["a"]["error"], "Card.Declined")
        cause = json.loads(self.engine.results["b"]["cause"])
        self.assertEqual(self.engine.results["b"]["error"], "KeyError")
        self.assertEqual((cause["errorMessage"], cause["errorType"]), ("'missing'", "KeyError"))
        self.assertIn("in fail", cause["stackTrace"][0])

    def test_whatever_a_handler_raises_fails_its_task_alone(self):
        class Wordless(Exception):
            def __str__(self):
                raise RuntimeError("no words")

        def fail(event, context):
            if event == 0:
                sys.exit(3)
            if event == 1:
                raise Wordless
            return event

        for number in range(3):
            self.engine.add_task("q", f"t{number}", number)
        stop = self.start({"q": fail}, concurrency=1)
        self.assertTrue(self.engine.wait_for_results(3))
        self.assertEqual([self.engine.results[f"t{number}"].get("error") for number in range(3)], ["SystemExit", "Wordless", None])
        self.assertTrue(stop())

    def test_answers_that_are_not_the_engines_are_asked_for_again(self):
        self.engine.nonsense = [(200, {}, b"<html>a proxy</html>"), (200, {}, b"[" * 100_000), (200, {}, b"[]"),
                                (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"maintenance")]
        self.engine.add_task("q", "t", 1)
        stop = self.start({"q": lambda event, context: event})
        self.assertTrue(self.engine.wait_for_results(1))
        self.assertTrue(stop())

    def test_a_thread_that_cannot_go_on_ends_the_worker(self):
        self.engine.nonsense = [(200, {}, b'{"tasks": [{"no": "token"}]}')]
        worker = Worker(self.engine.url)
        worker.handle("q", lambda event, context: event)
        with self.assertRaises(KeyError):
            worker.run()

    def test_an_output_that_is_not_json_fails_the_task(self):
        self.engine.add_task("q", "a")
        self.start({"q": lambda event, context: object()})
        self.assertTrue(self.engine.wait_for_results(1))
        self.assertEqual(self.engine.results["a"]["error"], "TypeError")

    def test_results_are_sent_again_after_a_broken_connection_and_count_once(self):
        started, go, runs = threading.Event(), threading.Event(), []

        def slow(event, context):
            started.set()
            go.wait(10)
            runs.append(1)
            return 1

        self.engine.add_task("q", "t")
        stop = self.start({"q": slow})
        self.assertTrue(started.wait(10))
        self.engine.stop()
        go.set()
        self.engine.break_next = 1
        self.engine.start()
        self.assertTrue(self.engine.wait_for_results(1))
        self.assertEqual(len(runs), 1)
        self.assertTrue(stop())

    def test_a_result_that_the_engine_cannot_take_now_is_sent_again(self):
        self.engine.refuse_results = 2
        self.engine.add_task("q", "a")
        self.engine.add_task("q", "b")
        self.start({"q": lambda event, context: 1}, poll_seconds=0.05)
        self.assertTrue(self.engine.wait_for_results(2))

    def test_a_token_that_is_running_is_not_started_again_and_its_lease_is_renewed(self):
        self.engine.lease_ms = 300
        started, go, runs = threading.Event(), threading.Event(), []

        def slow(event, context):
            runs.append(1)
            started.set()
            go.wait(10)

        self.engine.add_task("q", "t")
        self.start({"q": slow})
        self.assertTrue(started.wait(10))
        self.engine.add_task("q", "t")
        self.assertTrue(self.engine.wait_for(
            lambda: any(request.get("holding") == ["t"] for _, request in self.engine.requests)))
        go.set()
        self.assertTrue(self.engine.wait_for_results(1))
        self.assertEqual(len(runs), 1)

    def test_heartbeats_are_sent_and_tell_a_handler_that_it_is_cancelled(self):
        def until_cancelled(event, context):
            step = threading.Event()
            while not context.cancelled:
                step.wait(0.005)  # polls its own flag, as a handler does
            return "stopped"

        self.engine.cancelled.add("t")
        self.engine.add_task("q", "t", heartbeat_ms=60)
        self.start({"q": until_cancelled})
        self.assertTrue(self.engine.wait_for_results(1))
        self.assertEqual(self.engine.results["t"]["output"], "stopped")

    def test_a_heartbeat_of_the_handler_is_sent(self):
        def beat(event, context):
            context.heartbeat()
            self.engine.wait_for(lambda: any(path == "/v1/tasks/heartbeat" for path, _ in self.engine.requests))

        self.engine.add_task("q", "t", heartbeat_ms=60_000)
        self.start({"q": beat}, automatic_heartbeats=False)
        self.assertTrue(self.engine.wait_for_results(1))
        self.assertIn(("/v1/tasks/heartbeat", {"tokens": ["t"]}), self.engine.requests)

    def test_the_engines_refusal_ends_the_worker(self):
        self.engine.status = 401
        worker = Worker(self.engine.url)
        worker.handle("q", lambda event, context: 1)
        with self.assertRaises(Refused):
            worker.run()

    def test_sigterm_lets_running_handlers_finish_and_reports_them(self):
        self.engine.add_task("q", "t")
        program = f"""
import os, signal
from stepstream_worker import Worker
worker = Worker({self.engine.url!r}, concurrency=2)
@worker.handler("q")
def stop_me(event, context):
    os.kill(os.getpid(), signal.SIGTERM)
    while not worker._stopping: pass
    return "finished"
raise SystemExit(0 if worker.run() else 1)
"""
        folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        done = subprocess.run([sys.executable, "-c", program], cwd=folder, timeout=30)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.engine.results["t"]["output"], "finished")


if __name__ == "__main__":
    unittest.main()
