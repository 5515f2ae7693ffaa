# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""trio as the host: a system task waits for the loop's descriptor and its deadline, and asks before trio sleeps.

`pillion.ensure_future ()` runs asyncio's coroutines, and trio's tasks can await Pillion's tasks.
"""

from __future__ import annotations

import math
from typing import Any

from pillion._library import Pillion
from pillion.hosts._base import Host, import_toolkit

trio: Any = import_toolkit('trio', 'trio', 'python3-trio')

__all__ = ['TrioHost', 'install']


def install(*, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes the running trio carry a loop, by default the one of this thread, until it ends. Returns the loop."""
    return TrioHost().carry(loop)


class TrioHost(Host):
    name = 'trio'
    asks = True

    def __init__(self) -> None:
        super().__init__()
        try:
            self.target = trio.lowlevel.current_trio_token()
        except RuntimeError as error:
            raise RuntimeError(f'{error}: call install () in a task of trio\'s') from None
        self._service: object = None  # what the task that waits serves
        self._scope: Any = None  # of its wait
        self._deadline = math.inf
        self._is_asking = False
        self._instrument = _Instrument(self.ask)

    def watch(self, fd: int) -> None:
        if self._service is None:
            self._service = object()
            trio.lowlevel.spawn_system_task(self._serve, fd, self._service)
            trio.lowlevel.add_instrument(self._instrument)

    def unwatch(self, fd: int) -> None:
        self._service = None
        trio.lowlevel.notify_closing(fd)
        trio.lowlevel.remove_instrument(self._instrument)

    def start_timer(self, delay: int) -> None:
        self._set_deadline(trio.current_time() + delay / 1e6)
        if self._is_asking:
            # trio has already decided how long to sleep
            self.target.run_sync_soon(_nothing, idempotent=True)

    def stop_timer(self) -> None:
        self._set_deadline(math.inf)

    def _set_deadline(self, deadline):
        self._deadline = deadline
        if self._scope is not None:
            self._scope.deadline = deadline

    def ask(self, *_: object) -> None:
        self._is_asking = True
        super().ask()
        self._is_asking = False

    async def _serve(self, fd, service):
        try:
            while self._service is service:
                with trio.CancelScope(deadline=self._deadline) as self._scope:
                    await trio.lowlevel.wait_readable(fd)
                is_due, self._scope = self._scope.cancelled_caught, None
                if is_due:
                    self._deadline = math.inf
                    self.tick()
                else:
                    self.kick()
        except trio.ClosedResourceError:
            pass  # by unwatch ()
        finally:
            if self._service is service:
                # trio ends
                self.end()


class _Instrument(trio.abc.Instrument):  # type: ignore[misc]
    def __init__(self, ask):
        self.ask = ask

    def before_io_wait(self, timeout: float) -> None:
        self.ask()


def _nothing():
    pass
