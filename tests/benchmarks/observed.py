"""What is seen of the server from outside: processor time and memory from /proc, bytes from /proc/PID/io, flushes from
/metrics."""
import os
import pathlib
import re
import urllib.request

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def compiler_seconds(pid):
    """Of a Java virtual machine: what the threads that compile have used."""
    seconds = 0.0
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            text = (thread / "stat").read_text()
        except OSError:  # has just ended
            continue
        if "CompilerThre" in text:
            fields = text.rpartition(")")[2].split()
            seconds += (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
    return seconds


def rss_mb(pid, peak=False):
    found = re.search(r"VmHWM:\s+(\d+)" if peak else r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024


def bytes_written(pid):
    """Sent to the page cache for files (write calls), sockets not counted; -1 where /proc hides it."""
    try:
        return int(re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(), re.M).group(1))
    except (OSError, AttributeError):
        return -1


def metric(url, name):
    """Sum over all labels of a metric; None when there is no such metric."""
    with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
        text = answer.read().decode()
    values = re.findall(rf"^{name}(?:\{{[^}}]*\}})? ([0-9.e+-]+)$", text, re.M)
    return sum(map(float, values)) if values else None


def redis_commits(ask):
    """Scripts that Redis has run, and the seconds of its processor they took; `ask` is a redis-cli."""
    found = re.search(r"^cmdstat_evalsha:calls=(\d+),usec=(\d+)", ask("INFO", "commandstats"), re.M)
    return (int(found.group(1)), int(found.group(2)) / 1e6) if found else (0, 0.0)


def disk_bytes(folder):
    return sum(f.stat().st_blocks * 512 for f in pathlib.Path(folder).rglob("*") if f.is_file())
