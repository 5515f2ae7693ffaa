# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A standard asyncio event loop as the host, whose callbacks run inner loops."""

import asyncio

import pillion.hosts

import inner_loop
from kicks import count_kicks


class Host:
    def __init__(self, loop):
        self.asyncio_loop = asyncio.SelectorEventLoop()
        self.install(loop)

    def install(self, loop=None):
        self.loop = pillion.hosts.asyncio.install(self.asyncio_loop, loop=loop)
        count_kicks(self)
        self.host = self.loop.get_host()
        return self.loop

    def ask(self, is_over):
        if is_over():
            self.asyncio_loop.stop()
        else:
            self.asyncio_loop.call_later(0.01, self.ask, is_over)

    def run(self, is_over):
        self.ask(is_over)
        self.asyncio_loop.run_forever()

    def show_dialog(self, is_over):
        inner_loop.run(self.loop, is_over)
