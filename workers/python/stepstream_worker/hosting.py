"""What the workers over HTTP and over Kafka have in common: how they get their handlers and their name, and how a signal ends
them."""
import contextlib
import os
import signal
import socket
import threading


class Host:
    """Subclasses give handle(queue, function)."""

    def handler(self, queue):
        """Decorator: the function (event, context) does the tasks of `queue`; what it returns is the output."""

        def register(function):
            self.handle(queue, function)
            return function

        return register


def worker_name(given):
    """At most 80 characters; without a name of its own: HOST/PROCESS."""
    return (given or f"{socket.gethostname()[:60]}/{os.getpid()}")[:80]


@contextlib.contextmanager
def stopping_on_signals(stop):
    """Within it SIGTERM and SIGINT call `stop` on a thread of its own; on another thread than the main one nothing happens."""
    previous = {}
    if threading.current_thread() is threading.main_thread():
        # Not from the signal handler itself: it may have interrupted a holder of the lock.
        begin_stop = lambda *_: threading.Thread(target=stop, daemon=True).start()
        previous = {number: signal.signal(number, begin_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
