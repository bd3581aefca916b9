"""Names and messages of task topics (docs/formats/task_topic.md). Pure: no Kafka client."""
import collections
import re
import time

NAME_CHARACTERS_MAX = 249


def _fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def _name(prefix, kind, queue):
    escaped = "".join(chr(byte) if re.match(r"[A-Za-z0-9.-]", chr(byte)) else f"_{byte:02X}" for byte in queue.encode())
    name = prefix + kind + escaped
    if len(name) <= NAME_CHARACTERS_MAX:
        return name
    return name[: NAME_CHARACTERS_MAX - 18] + f"_-{_fnv1a(queue.encode()):016x}"


def task_topic(prefix, queue):
    return _name(prefix, ".task.", queue)


def task_group(prefix, queue):
    return _name(prefix, ".workers.", queue)


def parse_url(url):
    """("host:port,host:port", prefix) of kafka://HOST:PORT[,HOST:PORT...][/PREFIX]."""
    match = re.fullmatch(r"kafka://((?:[^/,]+:\d+)(?:,[^/,]+:\d+)*)(?:/([A-Za-z0-9._-]*))?", url)
    if not match:
        raise ValueError(f"not a URL of the form kafka://host:port,host:port/prefix: {url}")
    return match[1], match[2] or "stepstream"


def number(headers, name):
    """A header's number; None: not there, or none."""
    text = headers.get(name)
    return int(text) if text is not None and re.fullmatch(rb"[0-9]{1,18}", text) else None


def seconds_until(unix_ms):
    return unix_ms / 1000 - time.time()


class Progress:
    """How far a partition may be committed: behind the longest unbroken run of records that are finished."""

    def __init__(self):
        self._records = collections.OrderedDict()  # offset: finished
        self.committable = None
        self.committed = None

    def take(self, offset):
        self._records[offset] = False

    def finish(self, offset):
        if offset not in self._records:
            return
        self._records[offset] = True
        while self._records:
            first = next(iter(self._records))
            if not self._records[first]:
                return
            del self._records[first]
            self.committable = first + 1

    def __len__(self):
        return len(self._records)
