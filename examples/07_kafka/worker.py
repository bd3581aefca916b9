"""Checks large orders."""
import os

from stepstream_worker import Worker

worker = Worker(os.environ.get("STEPSTREAM_URL", "http://127.0.0.1:8460"), os.environ.get("STEPSTREAM_API_KEY"), concurrency=2)


@worker.handler("check-order")
def check(event, context):
    return {"approved": event["total"] < 1000}


if __name__ == "__main__":
    worker.run()
