"""As ledger_worker.cpp, with the Python SDK over Kafka: ledger_worker.py URL LEDGER QUEUE..."""
import itertools
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "workers" / "python"))
from stepstream_worker import HandlerError, Worker  # noqa: E402

url, path, *queues = sys.argv[1:]
ledger = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
runs, lock = itertools.count(1), threading.Lock()
worker = Worker(url, concurrency=8)


def work(_, context):
    value = f"{os.getpid()}-{next(runs)}"
    line = "\t".join((context.execution_arn, context.state_name, str(context.retry_count), context.token, value)) + "\n"
    with lock:
        os.write(ledger, line.encode())
        os.fdatasync(ledger)
    return value


def fail_first(event, context):
    value = work(event, context)
    if context.retry_count == 0:
        raise HandlerError("Chaos.First", "the first attempt fails")
    return value


for queue in queues:
    worker.handle(queue, fail_first if queue == "chaos-flaky" else work)
sys.exit(0 if worker.run() else 1)
