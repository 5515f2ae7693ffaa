#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs CPython's own asyncio tests against pillion.EventLoop: conformance.py WAY [MODULE…]

WAY is `outside`, where asyncio runs outermost and waits in the context, or `kicked`, where a host kicks the loop
1,000 times per second. A failure counts only if the same test passes with the standard library's loop (the way
`standard`), which only runs the failed tests. Some tests depend on the clock, and fail now and then on a busy machine: a
failed test is run again alone, and counts if it fails three times. There is one line of TAP per module, of which PILLION_SAMPLE
may choose some tests (see sample.py).

Each module has a process for its tests, which reports what it is doing. If it is silent for long, or dies, its current test
has failed, and another process continues after that one.
"""

import asyncio
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import unittest
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from sample import cases, keep_seed, sample

MODULES = ['base_events', 'buffered_proto', 'context', 'events', 'futures', 'futures2', 'locks', 'pep492', 'queues',
           'runners', 'selector_events', 'sendfile', 'server', 'sock_lowlevel', 'ssl', 'sslproto', 'streams',
           'subprocess', 'taskgroups', 'tasks', 'threads', 'timeouts', 'unix_events', 'waitfor']

# The standard loop is tested with each selector; ours has only one, so one of each of these classes is enough
DUPLICATES = ('SelectEventLoop', 'PollEventLoop')

PATIENCE = 60
AGAIN = 2


def kicked(EventLoop):
    class Kicked(EventLoop):
        """What a host with a frame loop at 1 kHz does, as run_forever (). A kicked loop is never stopped; here it must not be
        seen from stop () until it is run again."""

        _asked = False
        _hidden = True

        def _dispatch(self, end):
            return -1 if self._hidden else super()._dispatch(end)

        def stop(self):
            super().stop()
            self._asked = True
            if self._kicked:
                self._hidden = True

        def run_forever(self):
            self._check_closed()
            self._check_running()
            self._attach()
            guest = self._guest
            try:
                self._hidden = False
                # What was done to the loop while it must not be seen
                self._arm()
                while True:
                    last = self._asked
                    guest.kick()
                    if last or self._asked:
                        break
                    time.sleep(0.001)
            finally:
                self._hidden = True
                self._asked = self._stopping = False

    return Kicked


def make_class(way):
    if way == 'standard':
        base = asyncio.SelectorEventLoop
    else:
        from pillion import EventLoop
        base = EventLoop if way == 'outside' else kicked(EventLoop)

    class Loop(base):
        made = 0

        def __init__(self, selector=None):
            Loop.made += 1
            if way == 'standard':
                super().__init__(selector)
            else:
                super().__init__()  # whatever the selector

    return Loop


class Report(unittest.TestResult):
    def __init__(self, say, made):
        super().__init__()
        self.say = say
        self.made = made

    def startTest(self, test):
        super().startTest(test)
        self.outcome = 'passed'
        self.why = ''
        self.before = self.made()
        self.say(['start', test.id()])

    def stopTest(self, test):
        super().stopTest(test)
        self.say(['end', test.id(), self.outcome, self.made() - self.before, self.why])

    def failed(self, test, error):
        self.outcome = 'failed'
        self.why += self._exc_info_to_string(error, test)
        if not isinstance(test, unittest.TestCase):  # a fixture
            self.say(['end', str(test), 'failed', 1, self.why])

    def addFailure(self, test, error):
        self.failed(test, error)

    def addError(self, test, error):
        self.failed(test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.failed(test, error)

    def addUnexpectedSuccess(self, test):
        self.outcome = 'failed'

    def addSkip(self, test, reason):
        self.outcome = 'skipped'


def work(way, module, fd):
    """The process that runs the tests. Standard input says which to leave out, and which to run, or null for all."""
    leave_out, only = json.load(sys.stdin)
    pipe = os.fdopen(fd, 'w', buffering=1)

    def say(what):
        pipe.write(json.dumps(what) + '\n')

    warnings.simplefilter('ignore')
    Loop = make_class(way)
    if way != 'standard':
        asyncio.SelectorEventLoop = Loop
    asyncio.DefaultEventLoopPolicy._loop_factory = Loop
    try:
        importlib.import_module('test.test_asyncio')
        suite = unittest.defaultTestLoader.loadTestsFromName('test.test_asyncio.test_' + module)
    except unittest.SkipTest as reason:
        say(['missing', str(reason)])
        return
    wanted = [test for test in cases(suite)
              if (only is None or test.id() in only) and not type(test).__name__.startswith(DUPLICATES)]
    chosen = [test for test in (sample(wanted) if only is None else wanted) if test.id() not in leave_out]
    unittest.TestSuite(chosen).run(Report(say, lambda: Loop.made))
    say(['over'])
    os._exit(0)


def run(way, module, only=None):
    """Returns an outcome and a reason for each test."""
    results = {}
    while True:
        out, into = os.pipe()
        worker = subprocess.Popen(
            [sys.executable, '-W', 'ignore', __file__, '--work', way, module, str(into)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[into], start_new_session=True,
            env=dict(os.environ, PYTHONASYNCIODEBUG='', G_DEBUG='fatal-criticals'))
        os.close(into)
        worker.stdin.write(json.dumps([list(results), only]).encode())
        worker.stdin.close()

        at, over, text = None, False, b''
        while not over:
            if not select.select([out], [], [], PATIENCE)[0]:
                break
            part = os.read(out, 1 << 16)
            if not part:
                break
            *lines, text = (text + part).split(b'\n')
            for line in map(json.loads, lines):
                if line[0] == 'start':
                    at = line[1]
                elif line[0] == 'end':
                    results[line[1]] = tuple(line[2:])
                    at = None
                else:
                    over = True
        try:
            os.killpg(worker.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        status = worker.wait()
        os.close(out)
        if over:
            return results
        if at is None and status != 0:
            results[f'test_{module}'] = ('failed', 1, f'the process died with status {status}\n')
            return results
        if at is None:
            return results
        results[at] = ('failed', 1, f'hung, or died with status {status}\n')


def main():
    if sys.argv[1] == '--work':
        work(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return 0

    way, modules = sys.argv[1], sys.argv[2:] or MODULES
    try:
        importlib.import_module('test.test_asyncio')
    except ImportError:
        print('1..0 # SKIP CPython\'s tests are not installed (Debian: libpython3.11-testsuite)')
        return 0

    print(f'# PILLION_SEED={keep_seed()}\n1..{len(modules)}', flush=True)
    good, n_run, n_made, n_bad = True, 0, 0, 0
    for number, module in enumerate(modules, 1):
        results = run(way, module)
        failed = [name for name, result in results.items() if result[0] == 'failed']
        for _ in range(AGAIN):
            if failed:
                again = run(way, module, failed)
                failed = [name for name in failed if again.get(name, ('failed',))[0] == 'failed']
        ours = failed
        if failed and way != 'standard':
            standard = run('standard', module, failed)
            ours = [name for name in failed if standard.get(name, ('passed',))[0] != 'failed']
        for name in ours:
            print(f'{name}:\n{results[name][2]}', file=sys.stderr, flush=True)
        n_run += sum(result[0] != 'skipped' for result in results.values())
        n_made += sum(result[0] != 'skipped' and result[1] > 0 for result in results.values())
        n_bad += len(ours)
        good = good and not ours
        print(f'{"not ok" if ours else "ok"} {number} {way}/{module}', flush=True)
    print(f'# {n_run} tests ran, {n_made} of them made a loop; {n_bad} failed that pass with the standard loop',
          flush=True)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
