# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The suite that every adapter passes, in Blender. Blender's main loop can't be run from a test, because it is what runs the tests:
each test is a greenlet, and leaves that whenever it wants the main loop to go on."""

import unittest

import bpy
import greenlet

import pillion.testing
from pillion.hosts import blender
from pillion.hosts.blender._host import host


class Suite(pillion.testing.HostSuite, unittest.TestCase):
    sleeps = False

    def install(self):
        return blender.install()

    def run_host(self, is_over):
        while True:
            greenlet.getcurrent().parent.switch()
            if is_over():
                break

    def lose_hook(self):
        bpy.app.timers.unregister(host.timer)


def make_case(name):
    def case():
        result = unittest.TestResult()
        test = greenlet.greenlet(lambda: Suite(name).run(result))
        while True:
            test.switch()
            if test.dead:
                break
            yield
        for _, failure in (*result.errors, *result.failures):
            raise AssertionError(failure)

    return case


for _name in unittest.defaultTestLoader.getTestCaseNames(Suite):
    globals()['case_' + _name.removeprefix('test_')] = make_case(_name)
