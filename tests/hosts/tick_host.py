# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The simulated frame loop."""

import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion


class Host:
    def __init__(self, loop):
        self.n_kicks = 0
        self.enders = []
        self.host = Pillion.TickHost.new('frames', 100.0)
        self.host.connect('frame', self.draw)
        loop.ensure(self.host)

    def draw(self, *_):
        self.n_kicks += 1
        if self.enders[-1]():
            self.host.quit()

    def run(self, is_over):
        self.enders.append(is_over)
        self.host.run(0)
        self.enders.pop()

    def show_dialog(self, is_over):
        self.run(is_over)
