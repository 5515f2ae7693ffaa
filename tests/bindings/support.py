# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Shared by the tests of the API in Python."""

import os
import sys
import time
import unittest

import gi
gi.require_version('Json', '1.0')
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.module import get_introspection_module
from gi.repository import GLib, Pillion

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

# The namespace of the typelib, without the override
Raw = get_introspection_module('Pillion')

MSEC = 1000
SECOND = 1000 * MSEC


class Case(unittest.TestCase):
    def setUp(self):
        self.loop = Pillion.Loop.new(None, Pillion.LoopFlags.DEFAULT)
        self.addCleanup(self.close)

    def close(self):
        if not self.loop.is_closed():
            self.loop.close(10 * SECOND)

    def kick_until_done(self, *tasks):
        """Does what a host does, sleeping as it would in poll ()."""
        end = time.monotonic() + 30
        while not all(task.is_done() for task in tasks) or self.loop.get_live_tasks() > 0:
            self.assertLess(time.monotonic(), end, 'nothing happens')
            if self.loop.kick() and self.loop.get_deadline() != 0:
                GLib.usleep(200)

    def assertFails(self, domain, code, function, *arguments):
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        self.assertTrue(caught.exception.matches(domain, code), caught.exception)
        return caught.exception

    def task(self, name='child'):
        return Pillion.Task.new(self.loop, name, None)

    def done(self, result):
        task = self.task()
        task.return_int(result)
        return task

    def failed(self, message):
        task = self.task()
        task.return_error(GLib.Error.new_literal(Pillion.error_quark(), message, Pillion.Error.FAILED))
        return task
