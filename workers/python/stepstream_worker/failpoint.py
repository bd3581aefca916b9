"""Places where a test makes this process die, or sleep, at the worst moment: STEPSTREAM_FAILPOINT=POINT:kill|stop[:N], as in
engine/ports/failpoint.h; the N-th time it is passed it strikes, once. Thread rule: any thread."""
import os
import re
import signal
import sys
import threading

GOT_TASK = "w1"         # a worker over Kafka has a task
DONE = "w2"             # what the handler does is done, the result is not sent
RESULT_REPORTED = "w3"  # the log has the result, the task's message is not committed

_lock = threading.Lock()


def parse(text):
    """Point, signal, times; a mistake is a ValueError: a test that arms nothing would pass for no reason."""
    found = re.fullmatch(r"((?:cp|w|r)\d+):(kill|stop)(?::([1-9]\d*))?", text, re.ASCII)
    if not found:
        raise ValueError(f'STEPSTREAM_FAILPOINT: "{text}" is not POINT:kill|stop[:N]')
    return found[1], signal.SIGKILL if found[2] == "kill" else signal.SIGSTOP, int(found[3] or 1)


_text = os.environ.get("STEPSTREAM_FAILPOINT")
_armed, _signal, _left = parse(_text) if _text else (None, None, 0)


def reach(point):
    global _left
    if point != _armed:
        return
    with _lock:
        _left -= 1
        if _left != 0:
            return
    print(f"stepstream: failpoint {point}: {'stop' if _signal == signal.SIGSTOP else 'kill'}", file=sys.stderr, flush=True)
    os.kill(os.getpid(), _signal)
