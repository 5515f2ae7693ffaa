#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ctrl-C ends every wait in C, and what it interrupts can be used afterwards. It never ends a host's hook."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import support
import tap

# A wait that only the signal ends. A thread sends it once the wait has begun, which is when the loop, or the host, is busy.
SCRIPT = '''
import os, signal, sys, threading
import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion

loop = Pillion.Loop.get_default()
interrupt = threading.Event()


def send():
    interrupt.wait()
    os.kill(os.getpid(), signal.SIGINT)


def pending():
    return Pillion.Task.new(loop, 'pending')


def block(task, cancellable):
    released.wait()


released = threading.Event()
hook = sys.excepthook
threading.Thread(target=send).start()
try:
    {wait}
except KeyboardInterrupt:
    released.set()
    print('interrupted')
assert sys.excepthook is hook
assert loop.run_until_complete(loop.sleep(1)) is True
'''


class Interrupts(unittest.TestCase):
    def interrupt(self, wait):
        run = support.run_script(SCRIPT.replace('{wait}', wait.strip().replace('\n', '\n    ')))
        self.assertEqual((run.stdout, run.stderr, run.returncode), ('interrupted\n', '', 0))

    def test_run_until_complete(self):
        self.interrupt('''
loop.call_later(10000, interrupt.set)
loop.run_until_complete(pending())''')

    def test_run_until_complete_that_sleeps(self):
        """The last thing that Python does is over when the signal comes."""
        self.interrupt('''
threading.Timer(0.1, interrupt.set).start()
loop.run_until_complete(pending())''')

    def test_run_until_complete_in_a_callback(self):
        self.interrupt('''
loop.call_soon(lambda: loop.run_until_complete(pending()))
loop.call_later(10000, interrupt.set)
loop.run_until_complete(pending())''')

    def test_run_until_complete_with_busy_callbacks(self):
        self.interrupt('''
def again():
    loop.call_soon(again)

again()
loop.call_later(10000, interrupt.set)
loop.run_until_complete(pending())''')

    def test_close_of_a_scope(self):
        self.interrupt('''
scope = Pillion.Scope('scope')
scope.add(pending())
loop.call_later(10000, interrupt.set)
try:
    scope.close(-1)
finally:
    # It is still open, and its tasks were cancelled
    assert not scope.is_closed() and scope.get_live_tasks() == 1
    try:
        scope.close(0)
    except GLib.Error as error:
        assert error.matches(Pillion.error_quark(), Pillion.Error.LEFT_BEHIND)''')

    def test_tick_host_between_two_frames(self):
        self.interrupt('''
host = Pillion.TickHost.new('frames', 0.01)
host.connect('frame', lambda host, frame: interrupt.set())
host.run(0)''')

    def test_test_host_that_waits_for_a_thread(self):
        self.interrupt('''
host = Pillion.TestHost.new()
loop.ensure(host)
task = loop.run_in_thread('thread', block)
loop.call_soon(interrupt.set)
try:
    host.run_until_idle()
finally:
    released.set()
    loop.run_until_complete(task)
    loop.stop()
    loop.ensure(Pillion.CallbackHost.new('frames'))
    loop.stop()''')

    def test_close_of_a_loop(self):
        self.interrupt('''
other = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
task = Pillion.Task.new(other, 'pending')
task.add_done_callback(print)
threading.Timer(0.1, interrupt.set).start()
try:
    other.close(-1)
except GLib.Error:
    raise AssertionError('it was not interrupted')
finally:
    assert other.is_closed()''')


class Hooks(support.Case):
    """Blender, for one, drops a timer that raises."""

    def setUp(self):
        super().setUp()
        self.shown = []
        hook, sys.excepthook = sys.excepthook, lambda kind, error, traceback: self.shown.append(error)
        self.addCleanup(setattr, sys, 'excepthook', hook)

    def raise_in_hook(self, host, start, error, is_over):
        def fail(*_):
            raise error

        support.guest.ensure(host.host)
        start(fail)
        host.run_until(is_over)

    def test_hook_stays(self):
        starts = {
            'call_soon': support.guest.call_soon,
            'call_later': lambda fail: support.guest.call_later(0, fail),
            'done callback': lambda fail: support.guest.sleep(0).add_done_callback(fail),
            'asyncio': self.loop.call_soon,
        }
        for start, function in starts.items():
            for error in KeyboardInterrupt('in a hook'), SystemExit(3):
                with self.subTest(start, error=error):
                    self.shown.clear()
                    reports = []
                    handler = support.guest.connect('unhandled-error', lambda loop, task, *_: reports.append(task.exception().message))
                    self.raise_in_hook(support.FrameHost(), function, error, lambda: reports)
                    support.guest.disconnect(handler)
                    self.assertEqual((self.shown, reports), ([error], [f'{type(error).__name__}: {error}']))

    def test_host_that_asks_for_it(self):
        host = support.FrameHost()
        host.host.raises_interrupts = True
        with self.assertRaises(KeyboardInterrupt):
            self.raise_in_hook(host, support.guest.call_soon, KeyboardInterrupt(), lambda: False)
        self.assertEqual(self.shown, [])


if __name__ == '__main__':
    tap.main()
