# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Shared by hosts with timers that can't ask before each sleep: a timer is set before each kick and after it."""

import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion

SLOWEST = 100  # ms


class TimerHost:
    """A subclass has start_timer (ms), which replaces the running timer, and stop_timer ()."""

    def __init__(self, name, loop):
        self.loop = loop
        self.n_kicks = 0
        self.hooked = False
        self.host = Pillion.CallbackHost.new(name)
        self.host.set_install(self.install)
        self.host.set_remove(self.remove)
        loop.ensure(self.host)

    def install(self, loop):
        self.hooked = True
        self.set_timer()

    def remove(self, loop):
        self.hooked = False
        self.stop_timer()

    def set_timer(self):
        if not self.hooked:
            return
        answer, _, timeout = self.loop.prepare_sleep()
        if answer == Pillion.Sleep.KICK:
            self.start_timer(1)
        elif answer == Pillion.Sleep.WAIT and timeout >= 0:
            self.start_timer(min(SLOWEST, -(-timeout // 1000)))
        else:
            self.start_timer(SLOWEST)

    def kick(self, *_):
        self.n_kicks += 1
        # The kick may take as long as a dialog is open
        self.set_timer()
        self.loop.kick()
        self.set_timer()
