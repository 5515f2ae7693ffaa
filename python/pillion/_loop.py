# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""An asyncio event loop that runs inside the guest loop.

It is the standard library's event loop, but its selector and its next timer are one C source in a GLib context
(Pillion.PollSource). It runs in one of two ways:

- *Kicked*: a host's kicks, GTK, or a test host run the context. The source calls `_dispatch ()`, which makes a few passes of
  the event loop. It never waits, and it checks the clock after each step.
- *With asyncio outside*: `run_forever ()` and `run_until_complete ()` make the passes. When there is nothing to do, they wait
  in the context rather than in the selector, so GLib and Pillion carry on.

A step may run a main loop itself, for a dialog for instance. That main loop calls `_dispatch ()` inside the step, whichever of
the two ways is in use. `_dispatch ()` then leaves the task that is on the stack, so that other tasks can run. It holds back
whatever would enter the same frame, or the same context of variables, a second time.

This module uses private names of the standard library: `_run_once`, `_ready`, `_scheduled`, `_stopping`, `_thread_id`, `_csock`,
`_internal_fds`, `_process_events`, `_current_handle`, `_timer_cancelled_count` and `_clock_resolution`. The conformance test
fails if a new Python changes them.
"""

import asyncio
import atexit
import gc
import heapq
import math
import os
import signal
import sys
import threading
import time
import weakref
from asyncio import base_events, events, tasks
from asyncio.events import Handle, TimerHandle
from asyncio.futures import Future
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Executor
from contextvars import Context
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, TypeVar

from pillion import _host
from pillion._executor import DaemonExecutor
from pillion._library import GLib, GObject, Pillion, overrides
from pillion._seat import close_empty, keep_empty, leave_seat, take_seat
from pillion._selector import Selector

_T = TypeVar('_T')

# How many passes asyncio makes before the context gets a turn, as long as it never has to wait. It makes more of them if the
# last ones together took less than LIGHT seconds.
PASSES = 16
LIGHT_PASSES = 48
LIGHT = 0.0002

# A pass that only continues what waited for Pillion's tasks need not check descriptors and timers, because the context does so
# in the same kick. Under load, however, a kick may end before it gets there, so one pass in this many checks them.
BLIND_PASSES = 4

# When the loop becomes idle it looks for reference cycles. That may take this share of the time at most, and is skipped if there
# are more young objects than this.
COLLECT_SHARE = 0.01
COLLECT_OBJECTS = 10_000
NEVER_COLLECTED = (-math.inf, 0.0)  # the time of the last search, and its duration

# Times from here on, in seconds, are too large for C, and mean never
NEVER = 2**62 / 1e6

# How many timers there must be, and what share of them cancelled, before they are cleaned up, as in the standard event loop
MANY_TIMERS = 100
MANY_CANCELLED = 0.5

modules = sys.modules
monotonic = time.monotonic
get_ident = threading.get_ident
# Looking these up in the namespace costs as much as a call
take_task = Pillion.PollSource.take_task
watch_task = Pillion.PollSource.watch_task

_loops = weakref.WeakSet()
_busy = set()  # the loops that have work: something has to keep them alive meanwhile


class EventLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop that runs inside the guest loop of its thread. If it is created on the main thread, it joins
    that thread's context at once; on other threads, when it is first used."""

    # These keep the instance below 30 attributes, which is as many as Python stores and looks up fast
    __slots__ = ('_armed', '_awaited', '_busy', '_clock', '_collected', '_end', '_forked', '_guest', '_has_wakeup', '_held',
                 '_is_current', '_is_run', '_kicked', '_n_blind', '_n_calls', '_n_external', '_n_left', '_outer_wakeup', '_own_wakeup',
                 '_owner', '_seat', '_set_ready_time', '_source', '_turned', '_wait', '_witness')

    def __init__(self) -> None:
        self._source: Any = None
        self._guest: Any = None
        self._seat: Any = None
        self._owner: int | None = None  # the thread that the source belongs to
        self._armed = True  # whether what becomes ready will be seen anyway, because a pass is running or on its way
        self._kicked = False  # whether a kick is making a pass
        self._end: float | None = None  # when that pass should end
        self._n_external = 0  # how many functions are running in executors
        self._n_calls = 0  # how many calls of gio () have not ended
        self._turned = 0.0  # with asyncio outside: when the context last had a turn
        self._awaited: Any = {}  # Pillion's tasks that are being awaited, and the futures of each
        self._busy = False
        self._witness: Any = None  # a weak reference to a task that was last seen pending
        self._collected = NEVER_COLLECTED
        self._n_left = 0  # how many steps of the current pass are left
        self._n_blind = 0  # how many passes in a row have begun without checking descriptors and timers
        self._held: Any = []  # ready handles that would enter a frame that is on the stack
        self._forked = False
        self._has_wakeup = False  # whether this loop has taken over the wake-up descriptor for signals, during a wait in C
        self._outer_wakeup = -1  # the descriptor that was set before
        self._is_current = False  # whether it should stay its thread's current loop, even if something unsets that
        self._is_run = False  # whether it serves a single run (), which closes it: nothing else runs it in between
        self._clock = monotonic
        selector = Selector(PASSES)
        selector.wait = self._select
        super().__init__(selector)
        self._own_wakeup = self._csock.fileno()  # this loop's own wake-up descriptor
        _loops.add(self)
        if _host.is_main_thread():
            self._attach()
        else:
            self._armed = False

    def __repr__(self) -> str:
        return (f'<{type(self).__name__} running={self.is_running()} closed={self.is_closed()} '
                f'debug={self.get_debug()} busy={self._busy}>')

    # Joining and leaving the context

    @property
    def _context(self):
        """The context that this loop runs. Since version 3.50, PyGObject's own awaitables look for this name."""
        if self._source is None:
            self._attach()
        return self._guest.get_context()

    def _attach(self):
        """Attaches the loop to this thread's context, and detaches it from another thread's."""
        thread = threading.get_ident()
        if self._source is not None:
            if self._owner == thread:
                if not self._guest.is_closed():
                    return
                self._deliver()
            self._detach()
        self._owner = thread
        self._guest = guest = _host.take_guest()
        self._source, self._seat = source, seat = take_seat(guest, self._selector.fileno())
        seat.loop = weakref.ref(self)
        self._set_ready_time = source.set_ready_time
        self._wait = source.wait
        if not hasattr(guest, 'clock_followed'):
            guest.clock_followed = True
            guest.connect('notify::host', _follow_clocks)
        if self._n_external:
            source.set_external(self._n_external)
        self._armed = False
        self._follow_clock()
        if self._awaited:
            for task in list(self._awaited):
                if not source.watch_task(task):
                    self._end_waits_for(task, self._awaited.pop(task))
        if self._ready or self._scheduled:
            self._arm()

    def _detach(self):
        source, guest, seat = self._source, self._guest, self._seat
        if source is None:
            return
        self._source = self._guest = self._seat = None
        self._set_ready_time = self._wait = None
        self._armed = True
        self._set_busy(False)
        leave_seat(guest, source, seat)
        _host.give_back(guest)

    def _follow_clock(self):
        """Follows the clock of the host, which may be virtual."""
        host = self._guest.get_host()
        if host is not None and host.has_own_clock():
            # The host's own clock: by the next call, the guest loop's has already changed
            clock = lambda: host.get_now() / 1e6
        else:
            clock = monotonic
        if clock is not self._clock:
            # Timers keep the time that they have left
            shift = clock() - self._clock()
            self._clock = clock
            for timer in self._scheduled:
                timer._when += shift
            if self._scheduled and not self._armed:
                self._arm()

    def _arm(self):
        """Says that something is ready that no pass would see otherwise."""
        if self._source is None:
            if self._closed or self._forked:
                return
            self._attach()
        elif self._owner != get_ident():
            return  # as in the standard event loop, a call from another thread doesn't wake this one
        self._armed = True
        if not self._busy and self._thread_id is None:
            if self._guest.is_closed():
                return
            self._set_busy(True)
        self._set_ready_time(0)  # does nothing once the guest loop is closed

    def _set_current(self):
        """Makes this the current loop again. asyncio.run () leaves none, and without one no future can be created between kicks."""
        try:
            asyncio.get_event_loop()
        except RuntimeError:
            asyncio.set_event_loop(self)

    def _set_busy(self, busy):
        if busy:
            _busy.add(self)
        else:
            _busy.discard(self)
        if self._busy != busy:
            self._busy = busy
            if self._source is not None and self._owner == threading.get_ident():
                self._source.set_busy(busy)

    # A pass

    def _run_once(self):
        """Makes a pass, or the rest of one, like the standard event loop. A kick may end it early.

        It takes no arguments because the standard method takes none, and programs wrap it."""
        end = self._end
        if self._n_left == 0:
            self._begin_pass()
        ready = self._ready
        while self._n_left:
            self._n_left -= 1
            handle = ready.popleft()
            if handle._cancelled:
                continue
            if self._debug:
                self._run_watched(handle)
            else:
                handle._run()
            if end is not None and monotonic() >= end:
                break
        handle = None  # otherwise it would be in a cycle with its exception

    def _begin_pass(self, entered=None):
        """Collects what is ready. Whatever the steps of this pass make ready belongs to the next one."""
        scheduled, ready = self._scheduled, self._ready
        if self._held or self._selector.edges:
            self._let_go(entered)
        if scheduled:
            if len(scheduled) > MANY_TIMERS and self._timer_cancelled_count / len(scheduled) > MANY_CANCELLED:
                self._drop_cancelled_timers()
                scheduled = self._scheduled
            while scheduled and scheduled[0]._cancelled:
                self._timer_cancelled_count -= 1
                heapq.heappop(scheduled)._scheduled = False
        if ready or self._stopping:
            timeout = 0
        elif scheduled:
            timeout = min(max(0, scheduled[0]._when - self._clock()), base_events.MAXIMUM_SELECT_TIMEOUT)
        else:
            timeout = None
        found = self._selector.select(timeout)
        if found:
            self._process_events(self._leave_out(found, entered) if entered else found)
        scheduled = self._scheduled
        if scheduled:
            # A virtual clock may be so far on that adding the resolution changes nothing
            until = self._clock() + self._clock_resolution
            while scheduled and scheduled[0]._when <= until:
                timer = heapq.heappop(scheduled)
                timer._scheduled = False
                ready.append(timer)
        self._n_left = len(ready)

    def _run_watched(self, handle):
        outer = self._current_handle
        try:
            self._current_handle = handle
            start = self._clock()
            handle._run()
            took = self._clock() - start
            if took >= self.slow_callback_duration:
                base_events.logger.warning('Executing %s took %.3f seconds', base_events._format_handle(handle), took)
        finally:
            self._current_handle = outer

    def _drop_cancelled_timers(self):
        left = []
        for timer in self._scheduled:
            if timer._cancelled:
                timer._scheduled = False
            else:
                left.append(timer)
        heapq.heapify(left)
        self._scheduled = left
        self._timer_cancelled_count = 0

    # Kicked

    def _dispatch(self, end):
        """Makes a few passes, until the time `end`. Returns the next ready time."""
        if self._closed:
            return -1
        selector = self._selector
        running = events._get_running_loop()
        outer_task = None
        all_told = True  # whether all waiters of finished tasks were told
        thread_id, kicked, stopping, outer_end = self._thread_id, self._kicked, self._stopping, self._end
        hooks = sys.get_asyncgen_hooks()
        library = None
        # A signal handler may raise anything, between any two of these lines
        try:
            try:
                if 'sniffio' in modules:
                    library = _set_library('asyncio')
                if running is not None:
                    outer_task = tasks.current_task(running)
                    if outer_task is not None:
                        tasks._leave_task(running, outer_task)
                if self._is_current:
                    self._set_current()
                if thread_id is None:
                    self._stopping = False
                    self._thread_id = self._owner
                    if self._debug:
                        self._set_coroutine_origin_tracking(True)
                self._armed = self._kicked = selector.kicked = True
                self._end = end
                sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
                events._set_running_loop(self)
                if self._awaited:
                    all_told = self._deliver(end)
                    self._n_blind += 1
                    if self._ready and self._n_left == 0 and thread_id is None and self._n_blind < BLIND_PASSES:
                        self._n_left = len(self._ready)
                    else:
                        self._n_blind = 0
                if thread_id is None:
                    self._make_passes(end)
                else:
                    self._make_inner_passes(end)
            finally:
                self._kicked = selector.kicked = kicked
                self._end = outer_end
                if thread_id is None:
                    # stop () stops whatever runs the loop, and that was this dispatch
                    self._stopping = stopping
                    self._thread_id = None
                    if self._debug:
                        self._set_coroutine_origin_tracking(False)
                sys.set_asyncgen_hooks(*hooks)
                events._set_running_loop(running)
                if library is not None:
                    _set_library(library)
                if outer_task is not None:
                    tasks._enter_task(running, outer_task)
            if not all_told:
                return 0
            return self._rest() if thread_id is None else self._rest_inside()
        except Exception as error:
            self.call_exception_handler({'message': 'Unhandled exception in the event loop', 'exception': error})
        except BaseException as error:
            if not overrides.keep(error):
                self.call_exception_handler({
                    'message': f'{type(error).__name__} in a host that is not written in Python', 'exception': error})
        # The next pass checks what is left
        self._armed = True
        return 0

    def _make_passes(self, end):
        selector = self._selector
        while True:
            ran = bool(self._ready)
            self._run_once()
            if self._held or selector.edges:
                self._let_go()
            # The steps may have made a descriptor ready, if there is any
            ran = ran and len(selector._fd_to_key) > self._internal_fds
            if self._stopping or not (ran or selector.found or self._ready) or monotonic() >= end:
                break

    def _rest(self):
        """Checks what is left after the passes. Returns the ready time, in µs."""
        if self._closed or self._source is None:
            return -1
        if self._ready:
            return 0
        self._armed = False
        ready = self._get_ready_time() if self._scheduled else -1
        if self._awaited or self._is_occupied() or self._has_task():
            if self._busy:
                _busy.add(self)  # run_forever () removes it
            else:
                self._set_busy(True)
        elif self._busy:
            self._collect()
            # This may have found something
            if self._ready:
                self._armed = True
                return 0
            self._set_busy(False)
        return ready

    def _get_ready_time(self):
        """Returns when the next timer is due, in µs, or -1 for never."""
        scheduled = self._scheduled
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False
        return math.ceil(scheduled[0]._when * 1e6) if scheduled and scheduled[0]._when < NEVER else -1

    # Inside a step that runs a main loop

    def _make_inner_passes(self, end):
        """Makes passes that skip what is on the stack."""
        entered = self._get_entered()
        selector = self._selector
        while True:
            ran = bool(self._ready)
            if self._n_left == 0:
                self._begin_pass(entered)
            self._hold(entered)
            if self._n_left:
                self._run_once()
            if self._held or selector.edges:
                self._let_go(entered)
            ran = ran and len(selector._fd_to_key) > self._internal_fds
            if self._stopping or not (ran or selector.found or self._ready) or monotonic() >= end:
                break

    def _rest_inside(self):
        if self._closed or self._source is None:
            return -1
        if self._ready:
            return 0
        # From here on, whatever becomes ready has to say so, or it isn't seen until the main loop ends
        self._armed = False
        return self._get_ready_time()

    def _get_entered(self):
        """Returns the ids of the handles that are on the stack, and of the contexts that they run in."""
        entered = set()
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code in _step_makers:
                handle = frame.f_locals.get('handle')
                if handle is not None:
                    entered.add(id(handle))
                    entered.add(id(handle._context))
            frame = frame.f_back
        return entered

    def _hold(self, entered):
        """Removes from this pass what would re-enter a frame or context that is on the stack."""
        ready = self._ready
        steps = [ready.popleft() for _ in range(self._n_left)]
        left = [handle for handle in steps if id(handle) not in entered and id(handle._context) not in entered]
        if len(left) < len(steps):
            self._held += [handle for handle in steps if id(handle) in entered or id(handle._context) in entered]
        ready.extendleft(reversed(left))
        self._n_left = len(left)

    def _leave_out(self, found, entered):
        """Returns the descriptors whose handles are not on the stack, and keeps the others from being reported again and
        again."""
        others = []
        for key, mask in found:
            reader, writer = key.data
            left = mask
            if id(reader) in entered:
                left &= ~EVENT_READ
            if id(writer) in entered:
                left &= ~EVENT_WRITE
            if left != mask:
                self._selector.set_edge(key.fd, True)
            if left:
                others.append((key, left))
        return others

    def _let_go(self, entered=None):
        """Makes ready whatever was held back and is not on the stack of this call."""
        held, self._held = self._held, []
        if entered:
            self._held = [handle for handle in held if id(handle) in entered or id(handle._context) in entered]
            held = [handle for handle in held if id(handle) not in entered and id(handle._context) not in entered]
        else:
            for fd in list(self._selector.edges):
                self._selector.set_edge(fd, False)
        self._ready.extendleft(reversed(held))

    # Whether there is work

    def _is_occupied(self):
        return bool(self._ready or self._scheduled or len(self._selector._fd_to_key) > self._internal_fds or self._n_external or
                    self._awaited)

    def _has_task(self):
        """Checks whether a task is pending. Usually the witness says so, at no cost per task."""
        task = self._witness and self._witness()
        if task is not None and not task.done():
            return True
        self._witness = None
        for task in tasks.all_tasks(self):
            ref = weakref.ref(self)

            def on_lost(_):
                # Nothing held this task any more
                loop = ref()
                if loop is not None and not loop._closed and not loop._forked and not loop._armed:
                    if loop._owner == threading.get_ident():
                        loop._arm()
                    else:
                        loop._write_to_self()

            self._witness = weakref.ref(task, on_lost)
            return True
        return False

    def _collect(self):
        """Reports exceptions that nothing fetched, of young tasks in reference cycles. Looking at all objects would stall the
        host, so that is left to Python, or to a host that has the time."""
        now = monotonic()
        last, cost = self._collected
        youngest, middle, _ = gc.get_count()
        if now - last >= cost / COLLECT_SHARE and youngest + middle * gc.get_threshold()[0] <= COLLECT_OBJECTS:
            gc.collect(1)
            self._collected = (now, monotonic() - now)

    # With asyncio outside

    def run_forever(self) -> None:
        if self._closed or self._thread_id is not None or events._get_running_loop() is not None:
            return super().run_forever()  # which says what is wrong
        source = self._source
        if source is None or not self._is_run:
            self._attach()
            source = self._source
            source.set_running(True)
        self._armed = True
        self._n_left = 0
        library = _set_library('asyncio') if 'sniffio' in modules else None
        try:
            super().run_forever()
        finally:
            if library is not None:
                _set_library(library)
            if self._has_wakeup:
                self._give_wakeup_back()
            if not self._is_run:
                source.set_running(False)
            if self._source is source and not self._is_run:
                if self._busy:
                    # The next kick checks whether a task is left, because checking takes longer than a short run. A task
                    # that can still go on is kept alive by what it waits for.
                    if not self._is_occupied():
                        _busy.discard(self)
                    self._set_ready_time(0)
                elif self._guest.is_closed():
                    pass
                elif (ready := self._rest()) == 0:
                    self._arm()
                elif ready > 0:
                    self._set_ready_time(ready)

    def run_until_complete(self, future: Awaitable[_T] | Generator[Any, None, _T]) -> _T:
        running = events._get_running_loop()
        if running is None or isinstance(running, EventLoop):
            return super().run_until_complete(future)
        # This is code of a host that is asyncio itself. The host stands still meanwhile, as any host would.
        task = tasks.current_task(running)
        if task is not None:
            tasks._leave_task(running, task)
        events._set_running_loop(None)
        try:
            return super().run_until_complete(future)
        finally:
            events._set_running_loop(running)
            if task is not None:
                tasks._enter_task(running, task)

    # Signals. Python calls their handlers. The standard event loop reads a byte from the wake-up descriptor instead, but here that
    # descriptor belongs to the host, or to the main loop that runs. It is taken over only for a wait in C, during which Python
    # calls no handlers.

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
        if not _host.is_main_thread():
            return super().add_signal_handler(sig, callback, *args)  # which says what is wrong
        ref = weakref.ref(self)

        def on_signal(sig, frame):
            loop = ref()
            if loop is not None and not loop._closed:
                loop._handle_signal(sig)

        wakeup = signal.set_wakeup_fd(-1)
        try:
            super().add_signal_handler(sig, callback, *args)
            signal.signal(sig, on_signal)
            signal.siginterrupt(sig, False)
        finally:
            self._set_wakeup(wakeup)

    def remove_signal_handler(self, sig: int) -> bool:
        if not _host.is_main_thread():
            return super().remove_signal_handler(sig)
        wakeup = signal.set_wakeup_fd(-1)
        try:
            return super().remove_signal_handler(sig)
        finally:
            self._set_wakeup(wakeup)

    def _set_wakeup(self, wakeup):
        """Restores the wake-up descriptor for signals. If none was set and there are handlers, sets this loop's, which wakes
        the host."""
        ours = self._own_wakeup
        wanted = (self._signal_handlers or self._has_wakeup) and self._csock is not None
        if wakeup in (-1, ours):
            wakeup = ours if wanted else -1
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)

    def _take_wakeup(self):
        outer = signal.set_wakeup_fd(self._own_wakeup, warn_on_full_buffer=False)
        self._outer_wakeup = outer if outer != self._own_wakeup else -1
        self._has_wakeup = True

    def _give_wakeup_back(self):
        outer = self._outer_wakeup
        if outer != -1:
            self._read_from_self()
        self._has_wakeup, self._outer_wakeup = False, -1
        self._set_wakeup(outer if outer != -1 else self._own_wakeup)

    def _process_self_data(self, data):
        if self._outer_wakeup != -1:
            # The owner of the other descriptor wants them too
            signals = data.replace(b'\0', b'')
            if signals:
                try:
                    os.write(self._outer_wakeup, signals)
                except OSError:
                    pass

    def stop(self) -> None:
        super().stop()
        if self._thread_id is None:
            # A host may only ever call stop () and run_forever (): then the context gets a turn
            self._selector.turns = 0

    @overrides.takes
    def _select(self, timeout):
        """Selects while asyncio is outside, and gives the context a turn, or waits in it."""
        selector = self._selector
        if selector.turns <= 0:
            now = monotonic()
            selector.turns = LIGHT_PASSES if now - self._turned < LIGHT else PASSES
            self._turned = now
            self._source.iterate()
            self._armed = True
            if overrides.kept:
                overrides.raise_kept()
            if self._awaited:
                self._deliver()
        if timeout == 0 or self._ready or not self._awaited:
            found = selector.select_now()
            if found or timeout == 0 or self._ready:
                return found
        # Otherwise, what is waited for comes through the context
        if not self._has_wakeup and _host.is_main_thread():
            self._take_wakeup()
        self._armed = False
        try:
            waited = self._wait(-1 if timeout is None else math.ceil(timeout * 1e6))
        finally:
            self._armed = True
        if overrides.kept:
            overrides.raise_kept()
        if self._awaited:
            self._deliver()
            if waited and self._ready and selector.turns > 0:
                # Descriptors get their turn now and then, and before the next wait
                selector.turns -= 1
                return ()
        # If another thread runs the context, the selector itself waits
        return selector.select_now() if waited else selector.select_really(timeout)

    # Pillion's tasks, which the override awaits here

    def _watch_task(self, task):
        """Returns a future that is done when the task is, or None if the task belongs to another thread. Its result is
        whether nothing else waited."""
        futures_of = self._awaited.get(task)
        future = Future(loop=self)
        if futures_of is not None:
            futures_of[future] = None
        elif watch_task(self._source, task):
            self._awaited[task] = {future: None}
        else:
            return None
        return future

    def _give_up_task(self, task, future):
        """Says that a waiter of the task is gone."""
        if self._source is None:
            return  # the loop is closed
        if self._owner != threading.get_ident():
            # The garbage collector runs on this thread
            try:
                self.call_soon_threadsafe(self._give_up_task, task, future)
            except RuntimeError:
                pass  # the loop is closed
            return
        futures_of = self._awaited.get(task)
        if futures_of is not None:
            del futures_of[future]
            if futures_of:
                return
            del self._awaited[task]
        elif future.cancelled():
            return  # this happened before the task was done, and nothing counts on this future
        elif not future.result():
            # The task is done, and other waiters have yet to continue: the first one that asks keeps what it got
            task.cancel()
            return
        self._source.give_up_task(task)
        if not self._awaited:
            # No pass takes these any more: they ended while whoever waited for them was being cancelled
            while take_task(self._source) is not None:
                pass

    def _deliver(self, end=math.inf):
        """Ends the waits for tasks that are done, until the time `end`. Returns whether all were ended."""
        source, awaited = self._source, self._awaited
        while awaited and (task := take_task(source)) is not None:
            futures_of = awaited.pop(task, ())
            if len(futures_of) == 1:
                future, = futures_of
                if not future.done():
                    future.set_result(True)
                else:
                    source.give_up_task(task)
            else:
                self._end_waits_for(task, futures_of)
            if awaited and monotonic() >= end:
                return False
        return True

    def _end_waits_for(self, task, futures_of):
        futures_of = [future for future in futures_of if not future.done()]
        for future in futures_of:
            future.set_result(len(futures_of) == 1)
        if not futures_of:
            self._source.give_up_task(task)

    # What makes work outside a pass

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Handle:
        if self._debug or self._closed:
            handle = super().call_soon(callback, *args, context=context)
            if handle._source_traceback:
                del handle._source_traceback[-1]
        else:
            handle = Handle(callback, args, self, context)
            self._ready.append(handle)
        if not self._armed:
            self._arm()
        return handle

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any,
                   context: Context | None = None) -> TimerHandle:
        if self._debug or self._closed or delay is None:
            timer = super().call_later(delay, callback, *args, context=context)
            if timer._source_traceback:
                del timer._source_traceback[-1]
        else:
            timer = TimerHandle(self._clock() + delay, callback, args, self, context)
            heapq.heappush(self._scheduled, timer)
            timer._scheduled = True
        if not self._armed:
            self._arm()
        return timer

    def call_at(self, when: float, callback: Callable[..., object], *args: Any,
                context: Context | None = None) -> TimerHandle:
        timer = super().call_at(when, callback, *args, context=context)
        if timer._source_traceback:
            del timer._source_traceback[-1]
        if not self._armed:
            self._arm()
        return timer

    def time(self) -> float:
        return self._clock()

    def _timer_handle_cancelled(self, handle):
        if handle._scheduled:
            self._timer_cancelled_count += 1
        if not self._armed:
            self._arm()

    def _add_reader(self, fd, callback, *args):
        handle = super()._add_reader(fd, callback, *args)
        if not self._armed:
            self._arm()
        return handle

    def _remove_reader(self, fd):
        removed = super()._remove_reader(fd)
        if not self._armed:
            self._arm()
        return removed

    def _add_writer(self, fd, callback, *args):
        handle = super()._add_writer(fd, callback, *args)
        if not self._armed:
            self._arm()
        return handle

    def _remove_writer(self, fd):
        removed = super()._remove_writer(fd)
        if not self._armed:
            self._arm()
        return removed

    def run_in_executor(self, executor: Executor | None, func: Callable[..., _T], *args: Any) -> asyncio.Future[_T]:
        if executor is None and self._default_executor is None and not self._executor_shutdown_called:
            self._default_executor = DaemonExecutor(thread_name_prefix='asyncio')
        future = super().run_in_executor(executor, func, *args)
        if isinstance(future, Future) and not future.done():
            self._count_external(1)
            future.add_done_callback(self._on_executed)
        return future

    def _on_executed(self, future):
        self._count_external(-1)

    def _count_external(self, change):
        self._n_external += change
        if self._source is not None and self._owner == threading.get_ident():
            self._source.set_external(self._n_external)
            if not self._armed:
                self._arm()

    # Errors and closing

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        super().default_exception_handler(context)
        guest = self._guest
        if guest is None or guest.is_closed() or self._owner != threading.get_ident():
            return
        if not GObject.signal_has_handler_pending(guest, GObject.signal_lookup('unhandled-error', Pillion.Loop), 0, False):
            return
        # The guest loop reports a task whose failure nothing handles
        error = context.get('exception')
        culprit = context.get('task') or context.get('future')
        name = culprit.get_name() if hasattr(culprit, 'get_name') else 'asyncio'
        text = context.get('message') or 'Unhandled exception in event loop'
        if error is not None:
            text = f'{text}: {type(error).__name__}: {error}'
        # A file name need not be UTF-8
        text = text.encode(errors='replace').decode()
        task = Pillion.Task.new(guest, name, None)
        task.return_error(GLib.Error.new_literal(Pillion.error_quark(), text, Pillion.Error.FAILED))

    def close(self) -> None:
        if not self.is_running():
            self._detach()
            self._armed = True  # a loop that was never used must not join a context now
            self._n_left = 0
            self._held.clear()
            if self._selector is not None:
                self._selector.wait = None  # otherwise only the garbage collector could free the two
        super().close()

    def _abandon(self):
        """Gives the loop up in the child of a fork (). It and everything in C belong to the parent: they must be neither used
        nor freed."""
        _kept.append((self._source, self._guest, self._selector))
        self._forked = self._closed = self._armed = True
        self._source = self._guest = self._thread_id = None
        self._check_closed = self._wait = self._selector.wait = _host.refuse_fork
        self._selector.turns, self._selector.kicked = 0, False


def _set_library(name):
    """Sets the asynchronous library that sniffio finds running on this thread. trio sets it to "trio" while its tasks run, also
    if such a task is the host that kicks. Returns what it was, if anything."""
    local = getattr(modules['sniffio'], 'thread_local', None)  # since sniffio 1.3
    if local is None:
        return None
    outer = local.name
    if outer is not None:  # else sniffio finds asyncio by itself
        local.name = name
    return outer


def _follow_clocks(guest, spec):
    for loop in list(_loops):
        if loop._guest is guest:
            loop._follow_clock()


def new_loop_to_run() -> EventLoop:
    """A loop for a single run (): in between, the host need not be told anything, and nothing need be checked."""
    loop = EventLoop()
    if loop._source is not None:
        loop._source.set_running(True)
        loop._armed = loop._is_run = True
    return loop


# The code objects that run steps. The step is in their variable `handle`.
_step_makers = {EventLoop._run_once.__code__, base_events.BaseEventLoop._run_once.__code__}


@overrides.wakes
def _end_waits():
    for loop in list(_loops):
        if loop._thread_id == threading.get_ident() and loop._source is not None:
            loop._set_ready_time(0)


@overrides.follows_close
def _tell_of_close():
    """Ends the waits for tasks of a guest loop that was closed."""
    for loop in list(_loops):
        if loop._awaited and loop._source is not None and loop._owner == threading.get_ident() and loop._guest.is_closed():
            loop._deliver()


_kept = []


def _after_fork():
    keep_empty()
    _busy.clear()
    wakeup = signal.set_wakeup_fd(-1)
    if not any(loop._csock is not None and loop._csock.fileno() == wakeup for loop in _loops):
        signal.set_wakeup_fd(wakeup)
    # Otherwise the parent would hear the child's signals
    for loop in list(_loops):
        loop._abandon()


def _at_exit():
    # From here on nothing may call into the interpreter
    close_empty()
    for loop in list(_loops):
        # A loop that is running on another thread carries on until the interpreter stops that thread
        if not loop.is_running() or loop._owner == threading.get_ident():
            loop._detach()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
