"""As task_worker.cpp, with the Python SDK: task_worker.py URL QUEUE CONCURRENCY MILLISECONDS [NAME=VALUE...]"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "workers" / "python"))
from stepstream_worker import Worker  # noqa: E402

url, queue, concurrency, takes = sys.argv[1:5]
worker = Worker(url, concurrency=int(concurrency), kafka=dict(option.split("=", 1) for option in sys.argv[5:]))


@worker.handler(queue)
def work(event, context):
    time.sleep(int(takes) / 1000)  # what a handler does
    return event


sys.exit(0 if worker.run() else 1)
