#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The host suite in a real host: test-suite.py HOST [TEST…], where HOST.py has the host."""

import importlib
import os
import sys
import unittest

import gi
gi.require_version('Pillion', '1')

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import pillion.hosts
import pillion.testing
import tap


class Suite(pillion.testing.HostSuite, unittest.TestCase):
    def install(self):
        return host.install()

    def run_host(self, is_over):
        host.run(is_over)

    def test_is_detected(self):
        name = getattr(host, 'detected', None)
        if name is None:
            self.skipTest('nothing is known about this host')
        self.assertEqual(pillion.hosts.detect().__name__, f'pillion.hosts.{name}')
        self.assertIs(pillion.hosts.install(), self.loop)


if __name__ == '__main__':
    try:
        adapter = importlib.import_module(sys.argv.pop(1))
        host = adapter.Host(None)
    except (ImportError, ValueError) as error:
        print(f'1..0 # SKIP {error}')
        sys.exit()
    Suite.sleeps = getattr(host, 'sleeps', True)
    if host.show_dialog is not None:
        Suite.show_dialog = staticmethod(host.show_dialog)
    if hasattr(host, 'lose_hook'):
        Suite.lose_hook = staticmethod(host.lose_hook)
    for name in getattr(host, 'left_out', ()):
        setattr(Suite, name, None)
    tap.main()
