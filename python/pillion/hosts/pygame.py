# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A game in pygame as the host.

A frame loop calls `loop.kick ()` once a frame. A loop that sleeps until something happens calls `wait ()` instead of
`pygame.event.wait ()`: that kicks, and sleeps no longer than the loop may.
"""

from __future__ import annotations

import math
from time import monotonic
from typing import Any

from pillion._library import Pillion
from pillion.hosts._base import Host, import_toolkit

pygame: Any = import_toolkit('pygame', 'pygame', 'python3-pygame')

__all__ = ['PygameHost', 'install', 'wait']


def install(*, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes the game carry a loop, by default the one of this thread. Returns the loop, which the game kicks."""
    if not pygame.display.get_init():
        raise RuntimeError('there is no display yet: call pygame.init () first')
    return PygameHost().carry(loop)


def wait(timeout: int = 0) -> Any:
    """Waits for an event like pygame.event.wait (), for `timeout` ms, or 0 for as long as it takes. Meanwhile it kicks the loop."""
    end = monotonic() + timeout / 1000 if timeout > 0 else math.inf
    host = PygameHost.current
    while host is not None and host.loop is not None:
        delay = host.get_delay()
        if delay == 0:
            host.kick()
        event = pygame.event.poll()
        now = monotonic()
        if event.type == pygame.NOEVENT and delay != 0 and now < end:
            left = min(end - now, delay / 1e6 if delay > 0 else math.inf)
            # pygame takes 0 for no limit
            event = pygame.event.wait(max(1, math.ceil(left * 1000)) if left < math.inf else 0)
        if event.type == host.event_type:
            host.kick()
        elif event.type != pygame.NOEVENT or now >= end:
            return event
    return pygame.event.wait(timeout)


class PygameHost(Host):
    name = 'pygame'
    current: PygameHost | None = None  # the one that wait () serves

    def __init__(self) -> None:
        super().__init__()
        # Of the event that wakes the game, and means nothing else
        self.event_type: int = pygame.event.custom_type() if PygameHost.current is None else PygameHost.current.event_type
        self._event = pygame.event.Event(self.event_type)

    def carry(self, loop: Pillion.Loop | None = None) -> Pillion.Loop:
        loop = super().carry(loop)
        PygameHost.current = getattr(loop, 'carrier')
        return loop

    def wake(self) -> None:
        try:
            pygame.event.post(self._event)
        except pygame.error:
            pass  # the display is gone, or so much is in the queue that nothing sleeps
