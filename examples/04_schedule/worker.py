import os

from stepstream_worker import Worker

worker = Worker(os.environ.get("STEPSTREAM_URL", "http://127.0.0.1:8460"), os.environ.get("STEPSTREAM_API_KEY"))


@worker.handler("collect-figures")
def collect_figures(event, context):
    return {"until": event["until"], "figures": [{"shop": "north", "amount": 120}, {"shop": "south", "amount": 345}]}


worker.run()
