# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Any main loop that calls a function again and again, such as a timer of a toolkit that has no adapter.

    loop = pillion.hosts.generic.install(lambda tick: timers.add(16, tick), timers.remove)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pillion._library import Pillion
from pillion.hosts._base import Host, log

__all__ = ['GenericHost', 'install']


def install(start: Callable[[Callable[..., bool]], object], stop: Callable[[Any], object] | None = None, *,
            wake: Callable[[], object] | None = None, name: str = 'generic', loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes a main loop carry a loop, by default the one of this thread. Returns the loop.

    `start (tick)` makes the main loop call `tick ()` again and again, whatever the arguments. `stop (handle)` ends that; the handle is
    what `start ()` has returned, or else `tick`. Without `stop`, the main loop stops by itself when `tick ()` returns false.

    `wake ()` is called from any thread, and makes the main loop call `tick ()` soon. Without it, the main loop goes on calling while there
    is nothing to do, because a thread may bring something."""
    return GenericHost(start, stop, wake, name).carry(loop)


class GenericHost(Host):
    def __init__(self, start: Callable[[Callable[..., bool]], object], stop: Callable[[Any], object] | None = None,
                 wake: Callable[[], object] | None = None, name: str = 'generic') -> None:
        if not callable(start):
            raise TypeError(f'start has to be a function, and not {start!r}')
        self.name = name
        self._wake = wake
        super().__init__()
        # Otherwise nothing would tell the main loop of what a thread brings
        self.host.set_keeps_hook(wake is None)
        self.target = start
        self._stop = stop
        self._tick_function = self._on_tick  # always the same object, by which main loops find it again
        self._handle: Any = None
        self._is_ticking = False

    def start(self) -> None:
        if not self._is_ticking:
            self._is_ticking = True
            self._handle = self.target(self._tick_function)

    def stop(self) -> None:
        if self._stop is not None and self._is_ticking:
            self._is_ticking = False
            try:
                self._stop(self._tick_function if self._handle is None else self._handle)
            except Exception as error:
                log.debug('The hook of the host %r was gone: %r', self.name, error)

    def wake(self) -> None:
        if self._wake is not None:
            self._wake()

    def _on_tick(self, *_):
        """Kicks. Returns whether it is to be called again."""
        self.kick()
        if self._stop is None:
            self._is_ticking = self.loop is not None and self.loop.is_riding()
        return self._is_ticking
