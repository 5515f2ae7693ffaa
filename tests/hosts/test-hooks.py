#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A real host loses its hook, and outlives the loop: test-hooks.py HOST [TEST…], where HOST.py is the host's adapter."""

import faulthandler
import importlib
import os
import sys
import time
import unittest

import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

PATIENCE = 10  # s
A_WHILE = 0.2  # s
A_FEW = 100  # kicks in a while: the host polls every 10 ms, and makes thousands if it spins

loop = Pillion.Loop.get_default()
host = None


class Hooks(unittest.TestCase):
    def setUp(self):
        faulthandler.dump_traceback_later(3 * PATIENCE, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)

    def run_host(self, is_over=lambda: False, seconds=A_WHILE):
        end = time.monotonic() + seconds
        host.run(lambda: is_over() or time.monotonic() > end)

    def test_a_lost_hook_is_installed_again(self):
        if loop.is_passenger():
            self.skipTest('no hook is installed')
        loop.hold()
        self.addCleanup(loop.release)
        before = host.n_kicks
        loop.call_soon(lambda: None)
        self.run_host(lambda: host.n_kicks > before, PATIENCE)
        self.assertGreater(host.n_kicks, before)

        host.lose_hook()
        task = loop.sleep(1000)
        self.run_host()
        self.assertFalse(task.is_done())

        loop.ensure(host.host)
        self.run_host(task.is_done, PATIENCE)
        self.assertTrue(task.is_done())

    def test_closed_with_something_pending(self):
        fd = loop.get_fd()
        told = []

        def on_closed(_):
            os.fstat(fd)  # its number is still the loop's
            told.append(loop.is_riding())

        loop.connect('closed', on_closed)
        loop.hold()
        self.run_host()
        pending = Pillion.Task.new(loop, 'pending', None)
        loop.call_soon(lambda: None)
        with self.assertRaisesRegex(GLib.Error, 'pending'):
            loop.close(0)
        # By then the hook was removed
        self.assertEqual(told, [False])

        # Whether the host watches the descriptor or not, nothing rings
        before = host.n_kicks
        self.run_host()
        self.assertLessEqual(host.n_kicks - before, A_FEW)
        pending.return_boolean(True)


if __name__ == '__main__':
    try:
        adapter = importlib.import_module(sys.argv.pop(1))
    except (ImportError, ValueError) as error:
        print(f'1..0 # SKIP {error}')
        sys.exit()
    host = adapter.Host(loop)
    tap.main()
