# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Blender as the host: one of its timers kicks the loop.

Blender's event loop can't be woken. It sleeps for 5 ms at a time, so a timer without a delay is called 200 times a second
while Blender is idle, and once a frame while it is busy.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

import bpy

from pillion._library import Pillion
from pillion.hosts._base import Host
from pillion.hosts.blender._regions import Regions

# A kick that takes longer than this, in seconds, has done something
WORTH = 0.0001

# For so many seconds after such a kick, the timer has no delay
QUIET = 0.5

# After that, and if nothing is due earlier, it has this delay. It is how long an arrival may have to wait.
IDLE = 0.02

# The delay while a kick would do nothing
HELD = 0.05

# The delay while there is nothing to do: a thread may bring something
AWAY = 0.1


class BlenderHost(Host):
    name = 'blender'
    asks = True  # what the timer's function returns is the next delay
    exit_patience = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.regions = Regions(self._on_loaded)
        self.longest_kick = 0.0  # in seconds, since whoever reads this has reset it
        self.on_join: Callable[[Pillion.Loop], object] | None = None  # is told which loop is kicked from now on
        self._is_ticking = False
        self._busy_until = 0.0
        # Blender tells timers apart by the function object, and a bound method is a new object each time
        self.timer = lambda: self._on_timer()

    def _join(self, loop):
        super()._join(loop)
        self.regions.follow(loop)
        loop.set_budget_mode(Pillion.BudgetMode.AUTOMATIC)
        if self.on_join is not None:
            self.on_join(loop)

    def _leave(self):
        super()._leave()
        self.regions.follow(None)
        self._stop_timer()

    def _install(self, loop):
        super()._install(loop)
        self._busy_until = monotonic() + QUIET
        # At once, whatever delay the timer has now
        self._stop_timer()
        self._start_timer()

    def _start_timer(self):
        # In background mode, Blender calls no timers: whoever needs a result there waits for it
        if not bpy.app.background and not self._is_ticking and not bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.register(self.timer, persistent=True)

    def _stop_timer(self):
        # Inside the timer's function, what that returns is the next delay
        if not self._is_ticking and bpy.app.timers.is_registered(self.timer):
            bpy.app.timers.unregister(self.timer)

    def _on_loaded(self):
        """Brings the timer back if Blender has dropped it together with a file."""
        if self.loop is not None and not bpy.app.timers.is_registered(self.timer):
            self._start_timer()

    def _on_timer(self):
        """Returns when Blender is to call this again, in seconds."""
        self._is_ticking = True
        try:
            delay = self._kick_once()
        except BaseException as error:
            # Blender drops a timer that raises, and SystemExit would end Blender
            sys.excepthook(type(error), error, error.__traceback__)
            delay = 0
        finally:
            self._is_ticking = False
        return None if self.loop is None else delay

    def _kick_once(self):
        self.regions.update()
        start = monotonic()
        self.kick()
        now = monotonic()
        took = now - start
        if took > self.longest_kick:
            self.longest_kick = took
        if took > WORTH:
            self._busy_until = now + QUIET
        if not self._hooked:
            return AWAY
        if self.regions.is_held():
            return HELD
        if now < self._busy_until:
            return 0
        delay = self.get_delay()
        return IDLE if delay < 0 else min(IDLE, delay / 1e6)


# There is one Blender in a process
host = BlenderHost()


def install(*, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes Blender carry a loop, by default the one of this thread, whatever file is open, until `remove ()`. Returns the loop.

    You may call it as often as you like."""
    _prepare()
    return host.carry(loop)


_is_prepared = False


def _prepare():
    """Does now what the first kicks would otherwise stop Blender for: importing the HTTP library takes dozens of milliseconds, and so
    does Python's first search for garbage among everything that Blender has loaded. Later ones only follow great growth."""
    global _is_prepared
    if _is_prepared:
        return
    _is_prepared = True
    try:
        importlib.import_module('gi.repository.PillionHttp')
    except ImportError:
        pass  # it need not be installed
    gc.collect()


def remove() -> None:
    """Removes the hook. What is pending stays pending until the next `install ()`."""
    Pillion.Loop.stop_by_name(host.name)


def is_online() -> bool:
    """Whether the user lets add-ons use the network. Blender asks since version 4.2."""
    return bool(getattr(bpy.app, 'online_access', True))


def guest() -> Any:
    """The loop that Blender kicks, or that it would kick."""
    return Pillion.Loop.find_by_name(host.name) or Pillion.Loop.get_default()
