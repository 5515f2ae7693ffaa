# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The place of an EventLoop in the context of a guest loop: a source, and what it calls."""

from typing import Any

from pillion import _host
from pillion._library import Pillion

# Looking this up in the namespace costs as much as a call
new_source = Pillion.PollSource.new


class Seat:
    """What the source in a context calls. It must not keep the source alive, because nothing finds a reference cycle through C."""

    __slots__ = ('loop',)

    def __init__(self):
        self.loop = _nobody  # a weak reference

    def dispatch(self, source, deadline):
        loop = self.loop()
        return -1 if loop is None else loop._dispatch(deadline * 1e-6)


def _nobody():
    return None


# The guest loop, source and seat that the last loop on the host's thread left behind, for the next one. Making them takes a good
# part of a short run.
_empty: Any = None


def take_seat(guest, fd):
    global _empty
    if _empty and _host.is_host(guest):
        (left, source, seat), _empty = _empty, None
        if left is guest and source.reuse(fd):
            return source, seat
        source.close()  # its guest loop is closed
    source, seat = new_source(guest, fd), Seat()
    source.set_callback(seat.dispatch)
    return source, seat


def leave_seat(guest, source, seat):
    global _empty
    seat.loop = _nobody
    if _empty is None and _host.is_host(guest) and source.reuse(-1):
        _empty = guest, source, seat
    else:
        source.close()


_kept = []


def keep_empty():
    """After a fork: what the parent left behind must not be freed in the child."""
    global _empty
    _kept.append(_empty)
    _empty = None


def close_empty():
    """At exit: what was left behind is closed, and nothing is left behind any more."""
    global _empty
    if _empty:
        _empty[1].close()
    _empty = ()
