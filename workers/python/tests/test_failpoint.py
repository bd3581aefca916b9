import os
import pathlib
import signal
import subprocess
import sys
import unittest

from stepstream_worker import failpoint

PASSES = "from stepstream_worker import failpoint\nfor number in range(3):\n    failpoint.reach('w2')\n    print(number, flush=True)"


class FailpointTest(unittest.TestCase):
    def run_armed(self, text, program=PASSES):
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60,
                              cwd=pathlib.Path(__file__).parents[1], env={**os.environ, "STEPSTREAM_FAILPOINT": text})

    def test_what_arms_one_is_read_whole(self):
        self.assertEqual(failpoint.parse("w3:stop"), ("w3", signal.SIGSTOP, 1))
        self.assertEqual(failpoint.parse("w1:kill:12"), ("w1", signal.SIGKILL, 12))
        for mistake in ("w1", ":kill", "w1:die", "w1:kill:", "w1:kill:0", "w1:kill:-1", "w1:kill:3x", "W1:kill"):
            self.assertRaises(ValueError, failpoint.parse, mistake)

    def test_the_process_dies_at_the_armed_point_the_nth_time(self):
        done = self.run_armed("w2:kill:2")
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertEqual((done.stdout, done.stderr), ("0\n", "stepstream: failpoint w2: kill\n"))

    def test_other_points_are_passed(self):
        done = self.run_armed("w1:kill:2")
        self.assertEqual((done.returncode, done.stdout), (0, "0\n1\n2\n"))

    def test_a_mistake_ends_the_process(self):
        self.assertNotEqual(self.run_armed("w2:die").returncode, 0)


if __name__ == "__main__":
    unittest.main()
