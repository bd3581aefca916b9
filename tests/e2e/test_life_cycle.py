"""Starting, stopping, being killed, running out of disk, being refused."""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile
import threading
import unittest

from stepstream_server import BINARY, GREET, HELLO, WAIT, Server, eventually


def run(*arguments, seconds=60):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=seconds,
                          env={**os.environ, "NO_COLOR": "1"})


class LifeCycleTest(unittest.TestCase):
    def test_restart_keeps_everything(self):
        for end in (Server.stop, Server.kill):
            with self.subTest(end=end.__name__), Server() as server:
                server.create("hello", HELLO)
                server.create("greet", GREET)
                done = server.call("POST", "/v1/executions", {"state_machine": "hello", "name": "d", "wait_seconds": 20})
                self.assertEqual(done.status, 200)
                server.call("POST", "/v1/executions", {"state_machine": "greet", "name": "open", "input": {"x": 1}})
                task = server.call("POST", "/v1/tasks/poll", {"queue": "greet", "wait_seconds": 20}).json()["tasks"][0]
                end(server)
                server.start()
                self.assertEqual(server.call("GET", "/v1/executions/hello:d").json(), done.json())
                # The token is good after the restart, and the task is delivered again meanwhile.
                again = server.call("POST", "/v1/tasks/poll", {"queue": "greet", "wait_seconds": 20}).json()["tasks"][0]
                self.assertEqual(again["token"], task["token"])
                server.call("POST", "/v1/tasks/complete", {"token": task["token"], "output": "late but fine"})
                ended = server.call("GET", "/v1/executions/greet:open?wait_seconds=20").json()
                self.assertEqual(ended["output"], "late but fine")
                self.assertEqual(server.stop(), 0, server.log())

    def test_debug_shows_each_request_and_no_secret(self):
        with Server("--log-level", "debug") as server:
            server.call("GET", "/v1/executions?state_machine=confidential", headers={"Authorization": "confidential"})
            server.call("POST", "/", "{}", {"X-Amz-Target": "AWSStepFunctions.ListStateMachines",
                                            "Content-Type": "application/x-amz-json-1.0"})
            line = eventually(lambda: [l for l in server.log().splitlines() if "ListStateMachines" in l])[0]
            self.assertRegex(line, r" debug +POST / AWSStepFunctions\.ListStateMachines 200 in \d+ us$")
            self.assertRegex(server.log(), r"(?m) debug +GET /v1/executions \d+ in \d+ us$")
            self.assertNotIn("confidential", server.log())

    def test_a_graceful_stop_answers_what_is_open(self):
        with Server() as server:
            server.create("greet", GREET)
            server.call("POST", "/v1/executions", {"state_machine": "greet", "name": "open"})
            server.call("POST", "/v1/tasks/poll", {"queue": "greet", "wait_seconds": 20})
            answers = []
            ask = [lambda: server.call("POST", "/v1/tasks/poll", {"queue": "greet", "wait_seconds": 60}),
                   lambda: server.call("GET", "/v1/executions/greet:open?wait_seconds=60"),
                   lambda: server.call("GET", "/v1/executions/greet:open/history?after=100&wait_seconds=60")]
            polled = [-1]  # what received() itself has sent since `before`

            def received():  # requests that reached a handler: a connection that has sent nothing yet is just closed
                polled[0] += 1
                text = server.call("GET", "/metrics").body.decode()
                return int(next(line.split()[1] for line in text.splitlines()
                                if line.startswith("stepstream_http_requests_total ")))

            before = received()
            threads = [threading.Thread(target=lambda a=a: answers.append(a())) for a in ask]
            for thread in threads:
                thread.start()
            eventually(lambda: received() - before - polled[0] >= len(ask))
            self.assertEqual(server.stop(), 0, server.log())
            for thread in threads:
                thread.join(30)
            self.assertEqual(len(answers), 3)
            for answer in answers:
                self.assertIn(answer.status, (200, 202, 503), answer.body)

    def test_starts_that_were_acknowledged_survive_a_stop_under_load(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal=number), Server() as server:
                server.create("wait", WAIT)
                acknowledged, stopping = [], threading.Event()

                def load(client):
                    for i in range(100_000):
                        name = f"{client}-{i}"
                        try:
                            answer = server.call("POST", "/v1/executions", {"state_machine": "wait", "name": name})
                        except (OSError, ValueError, AssertionError, Exception):
                            return
                        if answer.status == 201:
                            acknowledged.append(name)
                        elif stopping.is_set():
                            return

                threads = [threading.Thread(target=load, args=(client,)) for client in range(4)]
                for thread in threads:
                    thread.start()
                eventually(lambda: len(acknowledged) > 50)
                stopping.set()
                server.stop(number)
                for thread in threads:
                    thread.join(60)
                server.start()
                for name in acknowledged:
                    self.assertEqual(server.call("GET", f"/v1/executions/wait:{name}").status, 200, name)

    def test_second_server_on_the_same_directory(self):
        with Server() as server:
            second = run("server", "--data", server.data, "--listen", "127.0.0.1:0")
            self.assertEqual(second.returncode, 4, second.stderr)
            self.assertEqual(len(second.stderr.strip().splitlines()), 1, second.stderr)
            self.assertIn(str(server.data), second.stderr)

    def test_port_in_use(self):
        with Server() as server:
            second = run("server", "--data", server.folder / "other", "--listen", f"127.0.0.1:{server.port}")
            self.assertEqual(second.returncode, 4, second.stderr)
            self.assertIn("cannot listen on", second.stderr)

    def test_too_little_address_space_is_said_instead_of_an_abort(self):
        if b"__asan_init" in pathlib.Path(BINARY).read_bytes():
            self.skipTest("a program with AddressSanitizer needs terabytes of address space for itself")
        for mib in (128, 192):
            with self.subTest(mib=mib), tempfile.TemporaryDirectory() as folder:
                limit = mib << 20
                process = subprocess.Popen([BINARY, "server", "--data", folder, "--listen", "127.0.0.1:0"], text=True,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
                deadline = threading.Timer(60, process.kill)
                deadline.start()
                ready = any(line.startswith("ready on") for line in process.stdout)  # until one comes, or the end
                if ready:  # it is enough here: nothing to be said
                    process.kill()
                said = process.communicate(timeout=60)[1]
                deadline.cancel()
                if not ready:
                    self.assertEqual(process.returncode, 4, said)
                    self.assertRegex(said, r"cannot start: .*see the limits of .*\(ulimit")

    def test_what_a_file_says_wrongly_ends_the_start_as_a_setting(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "file"
            file.write_text("nonsense")
            for name in ("--key-file", "--mock-config"):
                refused = run("server", "--data", pathlib.Path(folder) / "data", "--listen", "127.0.0.1:0", name, file)
                self.assertEqual(refused.returncode, 2, refused.stderr)
                self.assertIn(f"{name} {file}: ", refused.stderr)

    def test_no_open_door_to_the_network(self):
        with tempfile.TemporaryDirectory() as folder:
            refused = run("server", "--data", folder, "--listen", "0.0.0.0:0")
            self.assertEqual(refused.returncode, 2)
            self.assertIn("--key-file", refused.stderr)

    def test_configuration_file_and_folders(self):
        with Server() as server:
            server.stop()
            definitions = server.folder / "definitions"
            definitions.mkdir()
            (definitions / "hello.json").write_text(json.dumps(HELLO))
            (definitions / "broken.json").write_text('{"StartAt": "A"}')
            config = server.folder / "server.json"
            config.write_text(json.dumps({"definitions": str(definitions), "retention_days": 7, "account": "123456789012"}))
            server.arguments = ["--config", str(config)]
            server.start()
            machine = server.call("GET", "/v1/state-machines/hello").json()
            self.assertIn(":123456789012:", machine["arn"])
            self.assertIn("broken.json", server.log())
            server.stop()
            server.start()
            self.assertEqual(server.call("GET", "/v1/state-machines/hello").json()["revision_id"], machine["revision_id"])
            config.write_text('{"retentoin_days": 7}')
            server.stop()
            refused = run("server", "--config", config)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("retentoin_days", refused.stderr)

    def test_disk_full(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small tmpfs")
        with tempfile.TemporaryDirectory() as folder:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=220m", "tmpfs", folder], capture_output=True).returncode != 0:
                self.skipTest("a tmpfs cannot be mounted here")
            try:
                self.fill_disk(folder)
            finally:
                subprocess.run(["umount", "-l", folder], check=True)

    def fill_disk(self, folder):
        with Server(data=pathlib.Path(folder) / "data") as server:
            server.create("wait", WAIT)
            other = pathlib.Path(folder) / "other"  # somebody else's file

            with open(other, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, 60 << 20)

            def grow_other():
                """The store gives back space by and by: somebody else takes it."""
                disk = os.statvfs(folder)
                more = disk.f_bavail * disk.f_frsize - (48 << 20)
                with open(other, "ab") as file:
                    if more > 0:
                        os.posix_fallocate(file.fileno(), file.tell(), more)

            def readiness():
                grow_other()
                answer = server.call("GET", "/readyz")
                return answer if answer.status == 503 else None

            def space():
                grow_other()
                metrics = server.call("GET", "/metrics").body.decode()
                return [float(re.search(rf"^{name} (\S+)$", metrics, re.M)[1])
                        for name in ("stepstream_disk_free_bytes", "stepstream_disk_free_bytes_min")]

            kept, text = [], "x" * 200_000
            start = lambda name: server.call("POST", "/v1/executions", {"state_machine": "wait", "name": name, "input": text})
            for number in range(2_000):
                answer = start(f"e{number}")
                if answer.status != 201:
                    break
                kept.append(f"e{number}")
            self.assertEqual((answer.status, answer.json()["code"]), (507, "StorageFull"), answer.body)
            self.assertGreater(int(answer.headers["Retry-After"]), 0)
            self.assertEqual(server.call("GET", "/healthz").status, 200)
            self.assertIn("free space", eventually(readiness).json()["detail"])
            eventually(lambda: space()[0] < space()[1])
            for name in (kept[0], kept[-1]):
                self.assertEqual(server.call("GET", f"/v1/executions/wait:{name}").status, 200)
            other.unlink()
            eventually(lambda: server.call("GET", "/readyz").status == 200)
            eventually(lambda: start("again").status == 201)
            self.assertIn("has free space again", server.log())
            server.kill()
            server.start()
            for name in kept + ["again"]:
                self.assertEqual(server.call("GET", f"/v1/executions/wait:{name}").status, 200, name)


if __name__ == "__main__":
    unittest.main()
