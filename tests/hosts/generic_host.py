# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A main loop that calls functions again and again, and knows nothing else."""

import time

import pillion.hosts

from kicks import count_kicks


class Host:
    sleeps = False

    def __init__(self, loop):
        self.functions = []
        self.install(loop)

    def install(self, loop=None):
        self.loop = pillion.hosts.generic.install(self.functions.append, self.functions.remove, loop=loop)
        count_kicks(self)
        self.host = self.loop.get_host()
        return self.loop

    def lose_hook(self):
        self.functions.clear()

    def run(self, is_over):
        while not is_over():
            for function in list(self.functions):
                function()
            time.sleep(0.005)

    def show_dialog(self, is_over):
        self.run(is_over)
