# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the adapters share."""

from __future__ import annotations

import atexit
import importlib
import logging
import math
import os
import weakref
from time import monotonic
from typing import Any, ClassVar

from pillion import _hosted
from pillion._library import GLib, Pillion

log = logging.getLogger('pillion')

# A host that can't ask right before it sleeps also looks now and then, in µs, for what wakes nobody: what is due in a dialog that was
# opened inside a kick, and sources that its own code has attached to the context. As long as nothing wakes it, it looks less and
# less often.
FASTEST_TICK = 10_000
SLOWEST_TICK = 1_000_000
TICK_GROWTH = 4

# A timer that fires this much too late, in seconds, is not set again
SLACK = 0.0005

# In time for a dialog that is opened inside a kick, in seconds
IN_TIME = FASTEST_TICK / 1e6 + SLACK

NEVER = math.inf


class Host:
    """The base class of adapters. `carry ()` makes the host kick a loop.

    A subclass says how its host watches a descriptor, sets a timer, and is woken, as far as it can do these things:

    - `watch (fd)` makes the host call `kick ()` whenever the descriptor is readable, and `unwatch (fd)` ends that;
    - `start_timer (delay)` makes it call `tick ()` once, after `delay` µs, instead of what was set before, and `stop_timer ()` ends
      that;
    - `wake ()` makes a host that sleeps, and has no `watch ()`, call `kick ()`. It is called from any thread;
    - `start ()` makes a host that has none of these call `tick ()` again and again, and `stop ()` ends that.

    A host that can call `ask ()` right before each of its sleeps sets `asks`. One whose main loop runs a GLib context by itself has
    that `context`: then the loop is a passenger, and nothing above is called.

    Everything but `wake ()` happens on the host's thread."""

    # The name of the hook
    name: str = 'python'

    # Whether the host calls ask () right before it sleeps
    asks: ClassVar[bool] = False

    # The context that the host's main loop runs by itself
    context: GLib.MainContext | None = None

    # How long the program's exit may take because of work that is pending, in seconds
    exit_patience: ClassVar[float] = 1.0

    # What the adapter serves, such as a window or an application: there is one adapter for each
    target: Any = None

    def __init__(self) -> None:
        self.loop: Pillion.Loop | None = None  # while the host looks after it
        self.host = Pillion.CallbackHost(name=self.name, context=self.context)
        # Nothing finds a reference cycle through C, so C has only weak references
        self.host.set_install(_weak(self._install))
        self.host.set_remove(_weak(self._remove))
        if type(self).wake is not Host.wake:
            self.host.set_wake(_weak(self.wake))
        self._can_watch = type(self).watch is not Host.watch
        self._has_timer = type(self).start_timer is not Host.start_timer and not self.asks  # which has to be set after each kick
        self._fd = -1
        self._handler = 0
        self._hooked = False
        self._ended = False
        self._due = NEVER  # when the timer fires, by monotonic ()
        self._tick = FASTEST_TICK
        self._is_safety_tick = False  # whether nothing but that is due when the timer fires

    # What a subclass implements

    def watch(self, fd: int) -> None:
        """Watches the descriptor. If that is watched already, makes sure that it still is."""

    def unwatch(self, fd: int) -> None:
        """Stops watching the descriptor."""

    def start_timer(self, delay: int) -> None:
        """Sets the timer, or sets it anew: `tick ()` is due in `delay` µs. 0 means soon, but after what else the host has to do."""

    def stop_timer(self) -> None:
        """Unsets the timer, if it still is set."""

    def wake(self) -> None:
        """Wakes the host, from any thread."""

    def start(self) -> None:
        """Begins to tick: there is work."""

    def stop(self) -> None:
        """Stops ticking, if it still does."""

    # What an adapter calls

    def carry(self, loop: Pillion.Loop | None = None) -> Pillion.Loop:
        """Makes the host kick a loop, by default the one of this thread, and returns that. If the loop has an adapter for the same
        target, that one stays. Any other adapter hands over to this one."""
        if loop is None:
            loop = _hosted.guest_of_thread()
        carrier: Host | None = getattr(loop, 'carrier', None)
        if carrier is not None and type(carrier) is type(self) and carrier.target == self.target:
            loop.ensure(carrier.host)
            return loop
        loop.ensure(self.host)
        setattr(loop, 'carrier', self)
        _close_at_exit(loop, self.exit_patience)
        return loop

    def kick(self, *_: object) -> None:
        """Kicks the loop, because its descriptor is readable, or it has woken the host. It never raises an exception."""
        loop = self.loop
        if loop is None:
            return
        if not self._has_timer:
            loop.kick()
            return
        self._tick = FASTEST_TICK
        if self._hooked and self._due > monotonic() + IN_TIME:
            self._set_timer(FASTEST_TICK, True)
        loop.kick()
        if self._hooked:
            self._plan(FASTEST_TICK)

    def tick(self, *_: object) -> None:
        """Kicks the loop, because the timer has fired."""
        found_nothing = self._is_safety_tick
        self._due = NEVER
        # Not after the kick, because that takes as long as a dialog that is opened inside
        if self._hooked and self._has_timer:
            self._set_timer(FASTEST_TICK, True)
        due = self._due
        loop = self.loop
        if loop is not None:
            loop.kick()
            if self._hooked and self._has_timer:
                if found_nothing and self._due == due:
                    self._tick = min(TICK_GROWTH * self._tick, SLOWEST_TICK)
                    self._unset_timer()
                else:
                    self._tick = FASTEST_TICK
                self._plan(self._tick)

    def ask(self, *_: object) -> None:
        """Sets the timer for the next kick. A host that `asks` calls this right before each sleep."""
        # Like _plan (-1), but a busy host asks after each kick
        loop = self.loop
        if loop is not None:
            delay = loop.prepare_sleep()[2] if self._can_watch else self.get_delay()
            if delay >= 0 and monotonic() + delay / 1e6 + SLACK < self._due:
                self._set_timer(delay, False)

    def lost(self) -> None:
        """Says that the host has dropped its timers and watches by itself."""
        loop = self.loop
        if loop is not None:
            self._leave()
            self._join(loop)
            loop.hook_lost()

    def end(self) -> None:
        """Says that the host has come to its end. Pending work stays pending, until another host carries the loop."""
        loop, self._ended = self.loop, True
        if loop is not None:
            loop.stop()

    def get_delay(self) -> int:
        """Returns in how many µs the loop wants a kick even if nothing wakes the host: 0 for now, -1 for never."""
        loop = self.loop
        if loop is None:
            return -1
        if self._can_watch:
            return loop.prepare_sleep()[2]  # what the answer says follows from the timeout
        # Asking for the descriptor would stop the loop from watching for itself
        deadline = loop.get_deadline()
        return deadline if deadline <= 0 else max(0, deadline - loop.get_now())

    # How it works

    def _install(self, loop):
        if self._ended:
            raise RuntimeError(f'the host {self.name!r} has ended')
        if self.loop is None:
            self._join(loop)
        elif self.loop is not loop:
            raise RuntimeError(f'this host {self.name!r} carries another loop: make a host for each')
        elif self._can_watch:
            self.watch(self._fd)
        if self._hooked:
            # The hook was lost, and what was set may be gone
            self._remove(loop)
        self._hooked = True
        try:
            self.start()
            if self._has_timer:
                self._tick = FASTEST_TICK
                self._plan(FASTEST_TICK)
        except BaseException:
            self._hooked = False
            raise

    def _remove(self, loop):
        self._hooked = False
        self.stop()
        self._unset_timer()

    def _join(self, loop):
        """From now on the descriptor is watched, also while the hook is away: another thread may bring work."""
        fd = -1
        if self._can_watch:
            fd = loop.get_fd()
            self.watch(fd)
        self.loop, self._fd = loop, fd
        self._handler = loop.connect('notify::host', _weak(self._on_host))

    def _leave(self):
        loop: Any = self.loop
        fd = self._fd
        if self._hooked:
            self.stop()
        self.loop, self._fd, self._hooked = None, -1, False
        loop.disconnect(self._handler)
        self._unset_timer()
        if fd >= 0:
            self.unwatch(fd)

    def _on_host(self, loop, _):
        """The loop was closed or stopped, or has another host."""
        if self.loop is loop and loop.get_host() is not self.host:
            self._leave()
            if getattr(loop, 'carrier', None) is self:
                del loop.carrier

    def _plan(self, longest):
        """Sets the timer, unless it fires early enough: firing too early costs less than setting it again."""
        delay = self.get_delay()
        is_safety_tick = longest >= 0 and not 0 <= delay <= longest
        if is_safety_tick:
            delay = longest
        if delay >= 0 and monotonic() + delay / 1e6 + SLACK < self._due:
            self._set_timer(delay, is_safety_tick)

    def _set_timer(self, delay, is_safety_tick):
        self._due = monotonic() + delay / 1e6
        self._is_safety_tick = is_safety_tick
        self.start_timer(delay)

    def _unset_timer(self):
        if self._due != NEVER:
            self._due = NEVER
            self.stop_timer()


def _weak(method):
    """A function that calls a method as long as its object is there."""
    reference = weakref.WeakMethod(method)

    def call(*args):
        method = reference()
        if method is not None:
            method(*args)

    return call


def import_toolkit(module: str, host: str, package: str) -> Any:
    """Imports a toolkit for an adapter, or says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'pillion.hosts.{host} needs {module}, which this Python does not have ({error}). On Debian it is the package '
                          f'{package}.', name=module) from error


_loops: list[tuple[Pillion.Loop, int, float]] = []  # what to close at the exit, the process that each belongs to, and for how long


def _close_at_exit(loop, patience):
    # Before whatever the toolkit does at the exit, which it has registered by now
    atexit.unregister(_close_all)
    atexit.register(_close_all)
    if all(entry[0] is not loop for entry in _loops):
        _loops[:] = [entry for entry in _loops if not entry[0].is_closed()]
        _loops.append((loop, os.getpid(), patience))


def _close_all():
    for loop, process, patience in _loops:
        if process == os.getpid() and not loop.is_closed() and loop.is_on_thread():
            _hosted.close(loop, patience)
    _loops.clear()
