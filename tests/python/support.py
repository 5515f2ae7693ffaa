# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests of the Python package need."""

import asyncio
import os
import subprocess
import sys
import textwrap
import time
import unittest

import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import pillion
import tap

guest = Pillion.Loop.get_default()


class FrameHost:
    """A frame loop as a game has one. It sleeps until it is woken, or as long as a frame at most, which keeps the tests
    fast."""

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
        """Until the hook goes by itself"""
        self.run_until(lambda: not self.hooked)


class Case(unittest.TestCase):
    """A current loop of ours for each test"""

    def setUp(self):
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
        guest.stop()
        while guest.kick():
            pass

    def catch_reports(self):
        self.loop.set_exception_handler(lambda loop, context: self.reports.append(context))

    def kick_until(self, is_over, patience=30):
        end = time.monotonic() + patience
        while not is_over():
            self.assertLess(time.monotonic(), end, 'nothing happens')
            guest.kick()
            time.sleep(0.0005)


def run_script(text, *arguments, **env):
    """Runs a script in a process of its own; returns that, with what it printed."""
    return subprocess.run([sys.executable, '-X', 'faulthandler', '-c', textwrap.dedent(text), *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False, env=dict(os.environ, **env))
