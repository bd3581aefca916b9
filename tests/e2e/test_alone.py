"""The embedded backend alone: nothing of the cluster's is needed, started, connected to, or running inside the process."""
import pathlib
import socket
import unittest

from stepstream_server import GREET, HELLO, Server, eventually

TRIGGER = {"state_machine": "hello", "kafka": {"brokers": ["127.0.0.1:1"], "topic": "orders"}}
LISTENS = "0A"


def threads(pid):
    return [(task / "comm").read_text().strip() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]


def kafka_threads(pid):
    """librdkafka names its threads rdk:main, rdk:broker1 and so on."""
    return [name for name in threads(pid) if name.startswith("rdk:")]


def children(pid):
    return "".join((task / "children").read_text() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()).split()


def tcp_sockets(pid):
    """(local port, remote port, state) of the process's own sockets."""
    inodes = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue  # closed since
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            field = line.split()
            if field[9] in inodes:
                found.append((int(field[1].split(":")[1], 16), int(field[2].split(":")[1], 16), field[3]))
    return found


class AloneTest(unittest.TestCase):
    def test_embedded_needs_and_uses_no_kafka_redis_or_java(self):
        with Server(environment={"PATH": "/nonexistent", "JAVA_HOME": ""}) as server:
            server.create("hello", HELLO)
            server.create("greet", GREET)
            done = server.call("POST", "/v1/executions", {"state_machine": "hello", "wait_seconds": 20})
            self.assertEqual(done.json()["status"], "SUCCEEDED")
            server.call("POST", "/v1/executions", {"state_machine": "greet", "name": "g"})
            task = server.call("POST", "/v1/tasks/poll", {"queue": "greet", "wait_seconds": 20}).json()["tasks"][0]
            server.call("POST", "/v1/tasks/complete", {"token": task["token"], "output": "fine"})
            self.assertEqual(server.call("GET", "/v1/executions/greet:g?wait_seconds=20").json()["output"], "fine")
            pid = server.process.pid
            with socket.create_connection(("127.0.0.1", server.port)):  # seen below: the means are good
                sockets = eventually(lambda: (lambda found: len(found) > 1 and found)(tcp_sockets(pid)))
            self.assertEqual([port for port, _, state in sockets if state == LISTENS], [server.port])
            self.assertEqual({port for port, _, _ in sockets}, {server.port}, "a connection to somebody else")
            self.assertEqual(kafka_threads(pid), [])
            self.assertEqual(children(pid), [])

    def test_kafka_begins_with_the_first_trigger_that_asks_for_it(self):
        with Server() as server:
            server.create("hello", HELLO)
            self.assertEqual(kafka_threads(server.process.pid), [])
            self.assertLess(server.call("PUT", "/v1/triggers/orders", TRIGGER).status, 300)
            self.assertTrue(eventually(lambda: kafka_threads(server.process.pid)))


if __name__ == "__main__":
    unittest.main()
