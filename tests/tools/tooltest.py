# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Shared by the tests of the command: running it, its server, a terminal for it, and TAP."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from sample import sample_suite

TOOL = os.environ["PILLION_TOOL"]
PATIENCE = 60


def environment(**changes):
    """The environment of the tests with some variables changed; None removes one."""
    env = dict(os.environ, TERM="xterm")
    env.pop("LANGUAGE", None)
    env.pop("NO_COLOR", None)
    for name, value in changes.items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


def run(*args, cwd=None, input="", **changes):
    """Run the command on pipes until it ends."""
    return subprocess.run([TOOL, *args], capture_output=True, text=True, encoding="utf-8", errors="surrogateescape", cwd=cwd,
                          timeout=PATIENCE, env=environment(**changes), input=input)


def wait_for(condition, what):
    """Check over and over until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} never came")
        select.select([], [], [], 0.005)


class Server:
    """The command's own server."""

    def __init__(self):
        self.process = subprocess.Popen([TOOL, "serve"], stdout=subprocess.PIPE, text=True, env=environment())
        self.url = self.process.stdout.readline().strip()

    def get(self, path):
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + path) as answer:
            return answer.read()

    def catalogue(self):
        return json.loads(self.get("catalogue.json"))

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status


class OwnServer:
    """`with OwnServer () as url:` runs the command's own server."""

    def __enter__(self):
        self.server = Server()
        return self.server.url

    def __exit__(self, *args):
        self.server.stop()


class Terminal:
    """The command on its own terminal, keeping every byte."""

    def __init__(self, *args, width=80, height=24, cwd=None, **changes):
        self.output = b""
        self.master, slave = pty.openpty()
        self.resize(width, height)
        self.process = subprocess.Popen([TOOL, *args], stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
                                        env=environment(**changes), start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def resize(self, width, height):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self):
        """Read what is there, or wait for it; False at the end."""
        readable, _, _ = select.select([self.master], [], [], PATIENCE)
        if not readable:
            raise AssertionError("the terminal stays silent")
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        self.output += data
        return data != b""

    def read_until(self, pattern):
        while not re.search(pattern, self.output):
            if not self.read():
                raise AssertionError(f"{pattern!r} never came, but {self.output[-2000:]!r}")

    def finish(self):
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait(PATIENCE)

    def pictures(self):
        """What was drawn from one moment to the next, each as a list of lines without colours."""
        found = re.findall(rb"\x1b\[\?2026h(.*?)\x1b\[\?2026l", self.output, re.DOTALL)
        return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode("utf-8", "replace")).replace("\r", "").splitlines()
                for text in found]


class ToolTest(unittest.TestCase):
    """A test with its own folder, and a server for all tests of its class."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pillion-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def url(self, path):
        return self.server.url + path


class TapResult(unittest.TestResult):
    """A line of TAP for each test, with what went wrong as comments below it."""

    def __init__(self):
        super().__init__()
        self.n = 0

    def say(self, test, word, note=""):
        self.n += 1
        print(f"{word} {self.n} - {test.id().removeprefix('__main__.')}{note}", flush=True)

    def complain(self, test, error):
        self.say(test, "not ok")
        for line in self._exc_info_to_string(error, test).splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say(test, "ok")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.complain(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.complain(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.complain(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(test, "ok", f" # SKIP {reason}")


def main():
    """Runs the tests, or a sample of them if the only argument says that there may be one."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    if sys.argv[1:] == ["--sampled"]:
        suite = sample_suite(suite)
    result = TapResult()
    suite.run(result)
    print(f"1..{result.n}", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)
