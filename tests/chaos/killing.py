"""Kills a server and starts it again, under whatever load there is."""
import random
import signal
import time

STRIKE_SECONDS = 60
# How often a point (engine/ports/failpoint.h) may be passed before it strikes.
PASSES = {"cp2": (1, 400), "cp3": (1, 400), "cp12": (1, 40), "cp16": (1, 4), "r1": (1, 400), "r2": (1, 400)}


def kill_and_restart(server, kills, seconds_between, say):
    """Returns the seconds from each kill until the server was ready again."""
    outages = []
    for kill in range(kills):
        time.sleep(seconds_between * random.uniform(0.5, 1.5))  # the load runs meanwhile
        began = time.monotonic()
        server.kill()
        server.start()
        outages.append(time.monotonic() - began)
        say(f"kill {kill + 1} of {kills}: ready after {outages[-1]:.2f} s")
    return outages


def strike_and_restart(server, kills, points, say):
    """The same, but the server dies at points of its own code, one after the other."""
    outages = []
    for kill in range(kills):
        point = points[kill % len(points)]
        armed = f"{point}:kill:{random.randint(*PASSES[point])}"
        server.kill()
        server.environment["STEPSTREAM_FAILPOINT"] = armed
        server.launch()
        if server.process.wait(STRIKE_SECONDS) != -signal.SIGKILL or f"failpoint {point}: kill" not in server.log_tail():
            raise RuntimeError(f"{armed}: the server ended with {server.process.returncode}:\n{server.log_tail()}")
        del server.environment["STEPSTREAM_FAILPOINT"]
        began = time.monotonic()
        server.start()
        outages.append(time.monotonic() - began)
        say(f"kill {kill + 1} of {kills}: at {armed}; ready after {outages[-1]:.2f} s")
    return outages
