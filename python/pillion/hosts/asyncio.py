# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""An asyncio event loop as the host: it watches the loop's descriptor, and has timers.

`asyncio.create_task ()` runs coroutines in that event loop, and `pillion.ensure_future ()` in the one that rides on the Pillion loop.
Both can await Pillion's tasks.
"""

from __future__ import annotations

import asyncio

from pillion._library import Pillion
from pillion._loop import EventLoop
from pillion.hosts._base import Host

__all__ = ['AsyncioHost', 'install']


def install(event_loop: asyncio.AbstractEventLoop | None = None, *, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes an event loop, by default the running one, carry a loop, by default the one of this thread. Returns the loop."""
    if event_loop is None:
        try:
            event_loop = asyncio.get_running_loop()
        except RuntimeError as error:
            raise RuntimeError(f'{error}: call install () in a coroutine, or pass the event loop to it') from None
    return AsyncioHost(event_loop).carry(loop)


class AsyncioHost(Host):
    name = 'asyncio'

    def __init__(self, event_loop: asyncio.AbstractEventLoop) -> None:
        if isinstance(event_loop, EventLoop):
            raise TypeError(f'{event_loop!r} rides on a Pillion loop itself, and needs a host')
        super().__init__()
        self.target = event_loop
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, fd: int) -> None:
        self.target.add_reader(fd, self.kick)

    def unwatch(self, fd: int) -> None:
        if not self.target.is_closed():
            self.target.remove_reader(fd)

    def start_timer(self, delay: int) -> None:
        self.stop_timer()
        self._timer = self.target.call_later(delay / 1e6, self.tick)

    def stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
