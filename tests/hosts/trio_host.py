# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""trio as the host, whose callbacks run inner loops. It ends whenever a test no longer runs it."""

import trio

import pillion.hosts
from pillion import _hosted

import inner_loop
from kicks import count_kicks


class Host:
    left_out = ['test_stopped_and_installed_again']  # it is installed whenever it runs

    def __init__(self, loop):
        self.loop = loop
        self.given = loop
        count_kicks(self)

    def install(self, loop=None):
        self.loop = _hosted.guest_of_thread()
        return self.loop

    def run(self, is_over):
        async def main():
            pillion.hosts.trio.install(loop=self.given)
            assert pillion.hosts.detect() is pillion.hosts.trio
            while not is_over():
                await trio.sleep(0.01)

        trio.run(main)

    def show_dialog(self, is_over):
        inner_loop.run(self.loop, is_over)
