"""Runs Python functions as workers of a Stepstream engine. Standard library only.

    from stepstream_worker import Worker

    worker = Worker("http://127.0.0.1:8460", concurrency=4)

    @worker.handler("resize-image")
    def resize(event, context):
        return {"size": len(event["key"])}

    worker.run()
"""
from .attempt import Context, HandlerError
from .worker import Worker

__all__ = ["Context", "HandlerError", "Worker"]
