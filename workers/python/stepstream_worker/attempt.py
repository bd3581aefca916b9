"""One attempt of a task: the context that handlers see, and how a handler's end becomes a result."""
import json
import time
import traceback

ERROR_CHARACTERS_MAX = 256
CAUSE_CHARACTERS_MAX = 32_768


class HandlerError(Exception):
    """Fails a task with an error name of your own, for Retry and Catch in the definition."""

    def __init__(self, error_name, message=""):
        super().__init__(message)
        self.error_name = error_name


class Context:
    """The attempt a handler works on; the names follow AWS Lambda's context object where it has one."""

    def __init__(self, task, lane, wake):
        self.token = task["token"]
        self.aws_request_id = self.token
        self.queue = lane.queue
        self.function_name = lane.queue
        self.state_name = task.get("state_name", "")
        self.execution_arn = task.get("execution_arn", "")
        self.retry_count = task.get("retry_count", 0)
        self.delivery = task.get("delivery", 1)
        self.cancelled = False  # the attempt is over: its result would be refused
        timeout_ms = task.get("timeout_ms", 0)
        now = time.monotonic()
        self._deadline = now + timeout_ms / 1000 if timeout_ms > 0 else None
        self._lane = lane
        self._input = task.get("input")
        self._heartbeat_seconds = task.get("heartbeat_ms", 0) / 1000
        self._heartbeat_wanted = False
        self._renewed_at = self._beaten_at = now
        self._finished = False
        self._failed = False
        self._wake = wake

    def get_remaining_time_in_millis(self):
        """Until the state's timeout; None without one."""
        if self._deadline is None:
            return None
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def heartbeat(self):
        """Tells the engine soon that the handler is alive. Costs nothing when called often."""
        if not self._heartbeat_wanted:
            self._heartbeat_wanted = True
            self._wake()


def failure(token, error):
    name = error.error_name if isinstance(error, HandlerError) else type(error).__name__
    stack = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])  # without this module's frame
    try:
        message = str(error)
    except Exception:
        message = f"an exception without words: {name}"
    cause = {"errorMessage": message, "errorType": name, "stackTrace": stack}
    text = json.dumps(cause)
    if len(text) > CAUSE_CHARACTERS_MAX:
        cause["stackTrace"] = []
        cause["errorMessage"] = cause["errorMessage"][: CAUSE_CHARACTERS_MAX // 8]
        text = json.dumps(cause)
    return {"token": token, "error": name[:ERROR_CHARACTERS_MAX], "cause": text}


def run(handler, context):
    """Calls the handler; returns the wire's result object as JSON text."""
    try:
        output = handler(context._input, context)
        return json.dumps({"token": context.token, "output": output}, allow_nan=False)
    except (Exception, SystemExit) as error:  # every failure of a handler is the workflow's business
        context._failed = True
        return json.dumps(failure(context.token, error))
