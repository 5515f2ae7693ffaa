# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Shared by the tests of the Python package."""

import asyncio
import functools
import os
import subprocess
import sys
import textwrap
import time
import unittest.mock

import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import pillion
import tap

guest = Pillion.Loop.get_default()

MSEC = 1000
SECOND = 1000 * MSEC
HOUR = 3600 * SECOND


class Trouble(Exception):
    pass


def pending(name='pending'):
    return Pillion.Task.new(guest, name)


async def turns(count=3):
    for _ in range(count):
        await asyncio.sleep(0)


async def until(is_over):
    while not is_over():
        await asyncio.sleep(0.0005)


class FrameHost:
    """A frame loop like that of a game. It sleeps until it is woken, for at most a frame, which keeps the tests fast."""

    def __init__(self, name='frames'):
        self.hooked = False
        self.n_installs = self.n_kicks = self.n_wakes = 0
        self.host = Pillion.CallbackHost.new(name)
        self.host.set_install(self.install)
        self.host.set_remove(self.remove)
        self.host.set_wake(self.wake)

    def install(self, loop):
        self.hooked = True
        self.n_installs += 1

    def remove(self, loop):
        self.hooked = False

    def wake(self):
        self.n_wakes += 1

    def frame(self):
        if self.hooked:
            self.n_kicks += 1
            guest.kick()

    def run_until(self, is_over, patience=30):
        end = time.monotonic() + patience
        while not is_over():
            if time.monotonic() > end:
                raise AssertionError('nothing happens')
            self.frame()
            time.sleep(0.001)

    def run_until_done(self):
        """Until the hook is removed by itself"""
        self.run_until(lambda: not self.hooked)


def stop_hosts():
    """From here on the test kicks by itself, which does nothing if a host is only stopped"""
    guest.ensure(None)
    guest.stop()


class Case(unittest.TestCase):
    """A current Pillion loop for each test, which kicks by itself"""

    def setUp(self):
        stop_hosts()
        self.loop = pillion.EventLoop()
        asyncio.set_event_loop(self.loop)
        self.reports = []
        self.addCleanup(self.close)

    def close(self):
        if not self.loop.is_closed():
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.set_exception_handler(lambda *_: None)
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.close()
        asyncio.set_event_loop(None)
        stop_hosts()
        for _ in range(100):
            if not guest.kick():
                break

    def catch_reports(self):
        self.loop.set_exception_handler(lambda loop, context: self.reports.append(context))

    def kick_until(self, is_over, patience=30):
        end = time.monotonic() + patience
        while not is_over():
            self.assertLess(time.monotonic(), end, 'nothing happens')
            guest.kick()
            time.sleep(0.0005)


def done(value=None):
    task = pending('done')
    task.return_value(value)
    return task


def failed(error):
    task = pending('failed')
    task.return_exception(error)
    return task


def obedient(name='obedient'):
    """Ends when it is asked to."""
    return guest.sleep(HOUR)


class TaskCase(Case):
    def setUp(self):
        super().setUp()
        self.shown = []
        patch = unittest.mock.patch('sys.excepthook', lambda kind, value, trace: self.shown.append(value))
        patch.start()
        self.addCleanup(patch.stop)

    def assertFails(self, code, function, *arguments):
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        self.assertTrue(caught.exception.matches(Pillion.error_quark(), code), caught.exception)

    def finish(self, *tasks):
        self.kick_until(lambda: all(task.done() for task in tasks))


def run_outside(case, main):
    return case.loop.run_until_complete(main)


def run_kicked(case, main):
    task = case.loop.create_task(main)
    case.kick_until(task.done)
    return task.result()


def run_hosted(case, main):
    """With the kicks of a host that sleeps until it is woken, or for a frame"""
    host = FrameHost()
    task = case.loop.create_task(main)
    guest.ensure(host.host)
    host.run_until(task.done)
    stop_hosts()
    return task.result()


def use_real_clock():
    """After a host with one of its own"""
    stop_hosts()


def run_virtual(case, main):
    """In a host whose clock jumps when everything waits"""
    host = Pillion.TestHost.new()
    task = case.loop.create_task(main)
    guest.ensure(host)
    end = time.monotonic() + 30
    try:
        while not task.done():
            case.assertLess(time.monotonic(), end, 'nothing happens')
            host.run_until_idle()
            time.sleep(0.0005)
    finally:
        use_real_clock()
    return task.result()


WAYS = (run_outside, run_kicked, run_hosted, run_virtual)


def all_ways(test):
    """A coroutine that tests something, with asyncio outside and with the context outside. It must leave no task behind."""
    @functools.wraps(test)
    def call(self):
        for run in WAYS:
            with self.subTest(run.__name__):
                run(self, test(self))
                # A stopped loop wants no kicks, whatever is left
                self.kick_until(lambda: guest.get_live_tasks() == 0, 10)

    return call


def run_script(text, *arguments, **env):
    """Runs a script in a process of its own; returns the process, with its output."""
    return subprocess.run([sys.executable, '-X', 'faulthandler', '-c', textwrap.dedent(text), *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False, env=dict(os.environ, **env))
