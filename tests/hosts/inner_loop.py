# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""An inner loop for hosts that have none of their own: what a program writes that waits inside a callback."""

import select
import time

import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion


def run(loop, is_over):
    """Asks every 10 ms whether it is over."""
    while not is_over():
        due = time.monotonic() + 0.01
        while (rest := due - time.monotonic()) > 0:
            sleep(loop, rest)


def sleep(loop, longest):
    """Like the outer loop, but asking right before"""
    answer, fd, timeout = loop.prepare_sleep()
    if answer == Pillion.Sleep.NOT_YOURS:
        time.sleep(longest)
        return
    is_ours = 0 <= timeout / 1e6 <= longest
    if select.select([fd], [], [], timeout / 1e6 if is_ours else longest)[0] or is_ours:
        loop.kick()
