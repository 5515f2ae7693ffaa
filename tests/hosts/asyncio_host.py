# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A standard asyncio event loop as the host, whose callbacks run inner loops."""

import asyncio
import select
import time

import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion

from timer_host import TimerHost


class Host(TimerHost):
    timer = None

    def __init__(self, loop):
        self.asyncio_loop = asyncio.SelectorEventLoop()
        super().__init__('asyncio', loop)
        self.asyncio_loop.add_reader(loop.get_fd(), self.kick)

    def start_timer(self, msec):
        self.stop_timer()
        self.timer = self.asyncio_loop.call_later(msec / 1000, self.kick)

    def stop_timer(self):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def ask(self, is_over):
        if is_over():
            self.asyncio_loop.stop()
        else:
            self.asyncio_loop.call_later(0.01, self.ask, is_over)

    def run(self, is_over):
        self.ask(is_over)
        self.asyncio_loop.run_forever()

    def show_dialog(self, is_over):
        while not is_over():
            due = time.monotonic() + 0.01
            while (rest := due - time.monotonic()) > 0:
                self.sleep(rest)

    def sleep(self, longest):
        """Like the outer loop, but asking right before"""
        answer, fd, timeout = self.loop.prepare_sleep()
        if answer == Pillion.Sleep.NOT_YOURS:
            time.sleep(longest)
            return
        is_ours = 0 <= timeout / 1e6 <= longest
        if select.select([fd], [], [], timeout / 1e6 if is_ours else longest)[0] or is_ours:
            self.n_kicks += 1
            self.loop.kick()
