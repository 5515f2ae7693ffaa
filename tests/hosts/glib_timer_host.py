# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GLib's main loop with a timer that kicks, which the loop finds to run its own context."""

import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion

import glib_host


class Host(glib_host.Host):
    def __init__(self, loop):
        self.loop = loop
        self.n_kicks = 0
        self.timer = 0
        self.host = Pillion.CallbackHost.new('glib-timer')
        self.host.set_install(self.install)
        self.host.set_remove(self.remove)
        glib_host.count_iterations(self)
        loop.ensure(self.host)

    def install(self, loop):
        self.timer = GLib.timeout_add(5, self.tick)

    def remove(self, loop):
        GLib.source_remove(self.timer)
        self.timer = 0

    def tick(self):
        # GLib does not dispatch a source inside itself, so each kick has a new one
        self.timer = GLib.timeout_add(5, self.tick)
        self.loop.kick()
        return GLib.SOURCE_REMOVE
