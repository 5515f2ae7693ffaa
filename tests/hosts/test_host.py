# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The host of the tests, on a virtual clock."""

import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion


class Host:
    def __init__(self, loop):
        self.n_kicks = 0
        self.host = Pillion.TestHost.new()
        loop.ensure(self.host)

    def run(self, is_over):
        while not is_over():
            self.n_kicks += self.host.advance(10_000)

    def show_dialog(self, is_over):
        self.run(is_over)
