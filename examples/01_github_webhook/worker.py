"""Does the tasks of the example. The first look at each commit fails on purpose, so that Retry has work."""
import os

from stepstream_worker import HandlerError, Worker

worker = Worker(os.environ.get("STEPSTREAM_URL", "http://127.0.0.1:8460"), os.environ.get("STEPSTREAM_API_KEY"), concurrency=4)


@worker.handler("check-commit")
def check_commit(event, context):
    if context.retry_count == 0:
        raise HandlerError("Network.Unreachable", "the first request always fails here")
    subject = event["message"].splitlines()[0] if event["message"] else ""
    return {"id": event["id"], "subject": subject, "good": 0 < len(subject) <= 72}


@worker.handler("sum-up")
def sum_up(event, context):
    good = sum(1 for commit in event["commits"] if commit["good"])
    return {**event["branch"], "commits": len(event["commits"]), "good": good}


@worker.handler("size-pull-request")
def size_pull_request(event, context):
    pull_request = event["pull_request"]
    lines = pull_request.get("additions", 0) + pull_request.get("deletions", 0)
    return {"number": pull_request["number"], "action": event["action"], "size": "large" if lines > 400 else "small"}


worker.run()
