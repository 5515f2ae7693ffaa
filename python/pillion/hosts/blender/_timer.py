# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The hook: a timer of Blender's that kicks the loop.

Blender's event loop can't be woken. It sleeps for 5 ms at a time, so a timer without a delay is called 200 times a second
while Blender is idle, and once a frame while it is busy.
"""

import sys
from time import monotonic
from typing import Any

import bpy

from pillion._library import Pillion
from pillion.hosts.blender._regions import Regions

# The hook is found and removed by this name, also by another copy of this module
NAME = 'pillion.blender'

# A kick that takes longer than this, in seconds, has done something
WORTH = 0.0001

# For so many seconds after such a kick, the timer has no delay
QUIET = 0.5

# After that, and if nothing is due earlier, it has this delay. It is the time that an arrival may have to wait.
IDLE = 0.02

# The delay while a kick would do nothing
HELD = 0.05


class Timer:
    """What installs the hook in Blender, and is the hook."""

    def __init__(self):
        self.host = Pillion.CallbackHost.new(NAME)
        self.host.set_install(self._install)
        self.host.set_remove(self._remove)
        self.loop: Any = None
        self.regions = Regions(self._on_loaded)
        self.longest_kick = 0.0  # seconds, since whoever reads this last reset it
        self._is_installed = self._is_ticking = False
        self._busy_until = 0.0
        # Blender tells timers apart by the function object, and a bound method is a new object each time
        self._function = lambda: self._tick()

    def _install(self, loop):
        if self.loop is not loop:
            self.loop = loop
            self.regions.follow(loop)
            loop.set_budget_mode(Pillion.BudgetMode.AUTOMATIC)
            loop.connect('closed', self._on_closed)
        self._is_installed = True
        self._busy_until = monotonic() + QUIET
        # In background mode, Blender calls no timers: whoever needs a result there waits for it
        if not self._is_ticking and not bpy.app.background:
            self._register()

    def _remove(self, loop):
        self._is_installed = False
        if not self._is_ticking:
            self._unregister()

    def _register(self):
        if not bpy.app.timers.is_registered(self._function):
            bpy.app.timers.register(self._function, persistent=True)

    def _unregister(self):
        if bpy.app.timers.is_registered(self._function):
            bpy.app.timers.unregister(self._function)

    def _on_closed(self, loop):
        if self.loop is loop:
            self.loop = None
            self._is_installed = False
            self.regions.follow(None)

    def _on_loaded(self):
        """Brings the timer back if Blender dropped it with the old file."""
        if self._is_installed and not self._is_ticking and not bpy.app.background and not bpy.app.timers.is_registered(self._function):
            self.loop.hook_lost()

    def _tick(self):
        self._is_ticking = True
        try:
            delay = self._kick()
        except BaseException as error:
            # Blender drops a timer that raises, and SystemExit would end Blender
            sys.excepthook(type(error), error, error.__traceback__)
            delay = 0
        finally:
            self._is_ticking = False
        return delay if self._is_installed else None

    def _kick(self):
        loop = self.loop
        self.regions.update()
        start = monotonic()
        loop.kick()
        now = monotonic()
        took = now - start
        if took > self.longest_kick:
            self.longest_kick = took
        if took > WORTH:
            self._busy_until = now + QUIET
        if not self._is_installed:
            return None
        deadline = loop.get_deadline()
        if self.regions.is_held():
            return HELD
        if deadline == 0 or now < self._busy_until:
            return 0
        return IDLE if deadline < 0 else max(0, min(IDLE, deadline * 1e-6 - monotonic()))
