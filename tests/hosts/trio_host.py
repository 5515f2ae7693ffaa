# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""trio as the host. It has no inner loops, and ends whenever a test no longer runs it."""

import trio

import pillion.hosts
from pillion import _hosted


class Host:
    show_dialog = None
    left_out = ['test_stopped_and_installed_again']  # it is installed whenever it runs

    def __init__(self, loop):
        pass

    def install(self, loop=None):
        return _hosted.guest_of_thread()

    def run(self, is_over):
        async def main():
            pillion.hosts.trio.install()
            assert pillion.hosts.detect() is pillion.hosts.trio
            while not is_over():
                await trio.sleep(0.01)

        trio.run(main)
