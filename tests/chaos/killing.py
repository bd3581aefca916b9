"""Kills a server and starts it again, under whatever load there is."""
import random
import time


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
