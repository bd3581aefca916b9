"""`stepstream eval` without arguments, as a person at a terminal sees it: through a pseudo-terminal."""
import os
import pathlib
import pty
import re
import select
import signal
import tempfile
import time
import unittest

from stepstream_server import BINARY

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x07")
DEADLINE_S = 30


class Terminal:
    """The program on a pseudo-terminal: what it showed, and keys for it."""

    def __init__(self, home):
        environment = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "TERM": "xterm", "PATH": "/usr/bin:/bin",
                       "LANG": "C.UTF-8"}
        self.process, self.keys = pty.fork()
        if self.process == 0:
            os.execve(BINARY, [str(BINARY), "eval"], environment)
        self.shown = ""

    def read_until(self, text):
        """What was shown up to `text`, which is taken away with it."""
        until = time.monotonic() + DEADLINE_S
        while text not in self.shown:
            if not self.read_more(until, repr(text)):
                raise AssertionError(f"the end came before {text!r}: {self.shown!r}")
        before, _, self.shown = self.shown.partition(text)
        return before

    def read_more(self, until, wanted):
        """Waits for more to be shown; false at the end of it."""
        if not select.select([self.keys], [], [], max(0, until - time.monotonic()))[0]:
            raise AssertionError(f"{wanted} did not come, but: {self.shown!r}")
        try:
            more = os.read(self.keys, 65536)
        except OSError:  # how Linux says that nobody has the other side open any more
            return False
        self.shown = CONTROL.sub("", self.shown + more.decode("utf-8", "replace")).replace("\r", "")
        return bool(more)

    def type(self, keys):
        os.write(self.keys, keys.encode())

    def ask(self, line, answer):
        self.type(line + "\n")
        return self.read_until(answer)

    def end(self):
        """The exit status."""
        until = time.monotonic() + DEADLINE_S
        while self.read_more(until, "the end"):
            pass
        _, status = os.waitpid(self.process, 0)
        os.close(self.keys)
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        try:
            os.kill(self.process, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.end()


class EvalPromptTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.home = pathlib.Path(self.folder.name)
        self.open = []

    def tearDown(self):
        for terminal in self.open:
            terminal.kill()
        self.folder.cleanup()

    def start(self):
        terminal = Terminal(self.home)
        self.open.append(terminal)
        terminal.read_until("> ")
        return terminal

    def end(self, terminal):
        status = terminal.end()
        self.open.remove(terminal)
        return status

    def test_expressions_are_answered_until_control_d(self):
        terminal = self.start()
        terminal.ask("6 * 7", "\n42\n")
        terminal.read_until("> ")
        terminal.ask(':json {"a": [1, 2]}', "> ")
        terminal.ask("$sum(a) + 100", "\n103\n")
        terminal.read_until("> ")
        terminal.type("\x04")
        self.assertEqual(self.end(terminal), 0)

    def test_a_mistake_has_a_caret_under_it(self):
        terminal = self.start()
        terminal.ask("3 + * 4", "S0201: Syntax error: 4\n  3 + * 4\n        ^\n")

    def test_keys_edit_the_line(self):
        terminal = self.start()
        # Control-A, "1", Control-E, backspace, "2", return: 50 becomes 152.
        terminal.type("50\x01")
        terminal.type("1\x05\x7f2\n")
        terminal.read_until("\n152\n")

    def test_earlier_lines_come_back_also_the_next_time(self):
        terminal = self.start()
        terminal.ask("41 + 1", "\n42\n")
        terminal.read_until("> ")
        terminal.type("\x1b[A\x7f2\n")  # arrow up, backspace, "2"
        terminal.read_until("\n43\n")
        terminal.read_until("> ")
        terminal.type(":quit\n")
        self.assertEqual(self.end(terminal), 0)
        kept = self.home / "state" / "stepstream" / "eval_history"
        self.assertEqual(kept.stat().st_mode & 0o077, 0)
        terminal = self.start()
        terminal.type("\x1b[A\x1b[A\n")  # before :quit
        terminal.read_until("\n43\n")

    def test_control_c_gives_the_line_up(self):
        terminal = self.start()
        terminal.type("\x03")  # at once, while the terminal may still be changing hands
        terminal.read_until("> ")
        terminal.type("1 + ")
        terminal.read_until("1 + ")
        terminal.type("\x03")
        terminal.read_until("> ")
        terminal.ask("2 + 2", "\n4\n")

    def test_a_file_is_the_input(self):
        (self.home / "order.json").write_text('{"lines": [{"price": 2}, {"price": 3}]}')
        terminal = self.start()
        terminal.ask(f":input {self.home / 'order.json'}", "\n> ")
        terminal.ask("$sum(lines.price)", "\n5\n")


if __name__ == "__main__":
    unittest.main()
