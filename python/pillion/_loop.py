# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""An asyncio event loop inside the guest loop.

It is the standard library's loop, whose selector and next timer are one C source in a GLib context (Pillion.PollSource).
There are two ways of running it:

The context is outside: a host's kicks, a program on GTK, or a test's host run the context, and that calls `_dispatch ()`,
which makes a few passes of the loop without ever waiting. It is what the names call kicked.

asyncio is outside: `run_forever ()` and `run_until_complete ()` make the passes, and where there is nothing to do they
wait in the context instead of in the selector, so that GLib's and Pillion's work goes on.

The standard library's private names that are used are `_run_once`, `_ready`, `_scheduled`, `_stopping`, `_thread_id`,
`_csock` and `_internal_fds`; the conformance test shows when a Python changes them.
"""

import asyncio
import atexit
import gc
import heapq
import math
import os
import selectors
import signal
import sys
import threading
import time
import weakref
from asyncio import events, tasks
from asyncio.events import Handle, TimerHandle
from asyncio.futures import Future
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context
from select import EPOLLIN, EPOLLOUT
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, TypeVar

from pillion import _host
from pillion._executor import DaemonExecutor
from pillion._library import GLib, GObject, Pillion, overrides

_T = TypeVar('_T')

# How long one dispatch goes on while there is more to do, in seconds: a quarter of what a kick has by default, so that
# others get their turns in it
SLICE = 0.0005

# How many passes asyncio makes before the context has a turn, while it never has to wait; and how many where the last ones
# took less than so long together, in seconds
PASSES = 16
LIGHT_PASSES = 48
LIGHT = 0.0002

# To look for cycles when the loop falls idle may take this share of the time at most
COLLECT_SHARE = 0.01

monotonic = time.monotonic

_loops = weakref.WeakSet()
_busy = set()  # those with work: as long as they have, somebody has to hold them


class _Selector(selectors.EpollSelector):
    """The standard one. To select without waiting, which a busy loop does all the time, costs one call instead of two."""

    def __init__(self):
        super().__init__()
        self.kicked = False  # whether a pass is under way with the context outside
        self.turns = 0  # how many more may pass before the context has a turn, with asyncio outside
        self.found = False  # whether the last pass found a descriptor that is ready
        self.wait = None  # the loop's way to select, where that may wait
        self._now = self._selector.poll

    def select(self, timeout=None):
        turns = self.turns
        if timeout == 0 and turns > 0:
            self.turns = turns - 1
        elif not self.kicked:
            return self.wait(timeout)
        keys = self._fd_to_key
        ready = self._now(0, len(keys) or 1)
        if not ready:
            self.found = False
            return ready
        self.found = True
        found = []
        for fd, event in ready:
            key = keys.get(fd)
            if key is not None:
                mask = 0
                if event & ~EPOLLIN:
                    mask = EVENT_WRITE
                if event & ~EPOLLOUT:
                    mask |= EVENT_READ
                found.append((key, mask & key.events))
        return found

    def select_now(self):
        self.turns = self.turns or 1
        return self.select(0)

    def select_really(self, timeout):
        return super().select(timeout)


class EventLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop that runs inside the guest loop of its thread. A loop that was made in the main thread is
    in its context from the beginning; on other threads it is when it is first run or used there."""

    def __init__(self) -> None:
        self._source: Any = None
        self._guest: Any = None
        self._owner: int | None = None  # the thread that the source belongs to
        self._armed = True  # whether what becomes ready is seen anyway: in a pass, and when one is on its way
        self._kicked = False  # whether a pass is under way with the context outside
        self._n_external = 0  # functions that an executor runs
        self._turned = 0  # when the context last had a turn, with asyncio outside
        self._awaited = {}  # the tasks of Pillion's that are awaited, and a list of futures for each
        self._busy = False
        self._witness = None  # a weak reference to a task that was last seen pending
        self._collected = (-math.inf, 0)  # when cycles were last looked for, and how long that took
        self._forked = False
        self._outer_wakeup = -1  # who is told of signals while this loop is not run
        self._is_current = False  # whether it is to be its thread's current loop, whoever unsets that
        self._clock = monotonic
        selector = _Selector()
        selector.wait = self._select
        super().__init__(selector)
        _loops.add(self)
        if threading.current_thread() is threading.main_thread():
            self._attach()
        else:
            self._armed = False

    def __repr__(self) -> str:
        return (f'<{type(self).__name__} running={self.is_running()} closed={self.is_closed()} '
                f'debug={self.get_debug()} busy={self._busy}>')

    # In the context and out of it

    @property
    def _context(self):
        """The context that this loop runs. PyGObject's own awaitables, from 3.50 on, ask a loop for it by this name."""
        if self._source is None:
            self._attach()
        return self._guest.get_context()

    def _attach(self):
        """Puts the loop into the context of this thread; out of that of another one."""
        thread = threading.get_ident()
        if self._source is not None:
            if self._owner == thread:
                if not self._guest.is_closed():
                    return
                self._deliver()
            self._detach()
        ref = weakref.ref(self)

        def on_ready(source):
            loop = ref()
            return -1 if loop is None else loop._dispatch()

        def on_host(guest, spec):
            loop = ref()
            if loop is not None:
                loop._follow_clock()

        self._owner = thread
        self._guest = _host.take_guest()
        self._source = Pillion.PollSource.new(self._guest, self._selector.fileno())
        self._source.set_callback(on_ready)
        self._set_ready_time = self._source.set_ready_time
        self._wait = self._source.wait
        self._take_task = self._source.take_task
        self._on_host = self._guest.connect('notify::host', on_host)
        self._source.set_external(self._n_external)
        self._armed = False
        self._follow_clock()
        for task in list(self._awaited):
            if not self._source.watch_task(task):
                self._end_waits_for(task)
        if self._ready or self._scheduled:
            self._arm()

    def _detach(self):
        source, guest = self._source, self._guest
        if source is None:
            return
        self._source = self._guest = None
        self._set_ready_time = self._wait = self._take_task = None
        self._armed = True
        self._set_busy(False)
        source.close()
        guest.disconnect(self._on_host)
        _host.give_back(guest)

    def _follow_clock(self):
        """Goes by the clock of the host, which may be a virtual one."""
        host = self._guest.get_host()
        if host is not None and host.has_own_clock():
            # The host's own, because what the guest goes by has changed already when this is called the next time
            clock = lambda: host.get_now() / 1e6
        else:
            clock = monotonic
        if clock is not self._clock:
            # What is due keeps the time that is left
            shift = clock() - self._clock()
            self._clock = clock
            for timer in self._scheduled:
                timer._when += shift
            if self._scheduled and not self._armed:
                self._arm()

    def _arm(self):
        """Something is ready, and no pass is on its way that would see it."""
        if self._source is None:
            if self._closed or self._forked:
                return
            self._attach()
        elif self._owner != threading.get_ident():
            return  # as with the standard loop, who calls from another thread wakes nobody
        self._armed = True
        if self._guest.is_closed():
            return
        if not self._busy and self._thread_id is None:
            self._set_busy(True)
        self._set_ready_time(0)

    def _set_current(self):
        """asyncio.run () leaves no current loop behind, and then no future could be made between two kicks."""
        try:
            asyncio.get_event_loop()
        except RuntimeError:
            asyncio.set_event_loop(self)

    def _set_busy(self, busy):
        if self._busy != busy:
            self._busy = busy
            if busy:
                _busy.add(self)
            else:
                _busy.discard(self)
            if self._source is not None and self._owner == threading.get_ident():
                self._source.set_busy(busy)

    # The context outside

    def _dispatch(self):
        """Makes a few passes; returns the next ready time."""
        if self._closed:
            return -1
        selector = self._selector
        running = events._get_running_loop()
        hooks = sys.get_asyncgen_hooks()
        stopping = self._stopping
        # A signal's handler may raise anything, between any two of these lines
        try:
            try:
                if self._is_current:
                    self._set_current()
                self._stopping = False
                self._armed = self._kicked = selector.kicked = True
                self._thread_id = self._owner
                if self._debug:
                    self._set_coroutine_origin_tracking(True)
                sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)
                events._set_running_loop(self)
                if self._awaited:
                    self._deliver()
                end = monotonic() + SLICE
                while True:
                    ran = bool(self._ready)
                    self._run_once()
                    # What was done may have made a descriptor ready, but not where none is there
                    ran = ran and len(selector._fd_to_key) > self._internal_fds
                    if self._stopping or not (ran or selector.found or self._ready) or monotonic() >= end:
                        break
            finally:
                # To stop means to stop what runs it, and that was this dispatch
                self._stopping = stopping
                self._kicked = selector.kicked = False
                self._thread_id = None
                if self._debug:
                    self._set_coroutine_origin_tracking(False)
                sys.set_asyncgen_hooks(*hooks)
                events._set_running_loop(running)
            return self._rest()
        except Exception as error:
            self.call_exception_handler({'message': 'Unhandled exception in the event loop', 'exception': error})
        except BaseException as error:
            if not overrides.keep(error):
                self.call_exception_handler({
                    'message': f'{type(error).__name__} in a host that is not written in Python', 'exception': error})
        # The next pass looks what is left
        self._armed = True
        return 0

    def _rest(self):
        """After passes: looks what is left. Returns the ready time, in µs."""
        if self._closed or self._source is None:
            return -1
        if self._ready:
            return 0
        self._armed = False
        selector, scheduled = self._selector, self._scheduled
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False
        busy = (bool(scheduled) or len(selector._fd_to_key) > self._internal_fds or self._n_external > 0 or
                self._has_task())
        if self._busy and not busy:
            self._collect()
            # Which may have brought something to light
            busy = bool(self._ready)
            if busy:
                self._armed = True
                return 0
        self._set_busy(busy)
        return math.ceil(scheduled[0]._when * 1e6) if scheduled else -1

    def _has_task(self):
        """Whether a task is pending. The witness answers that in most cases, at no cost a task."""
        task = self._witness and self._witness()
        if task is not None and not task.done():
            return True
        self._witness = None
        for task in tasks.all_tasks(self):
            ref = weakref.ref(self)

            def on_lost(_):
                # A task that nobody held any more
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
        """Has exceptions shown that nobody fetched, of tasks that are in cycles."""
        now = monotonic()
        last, cost = self._collected
        if now - last >= cost / COLLECT_SHARE:
            gc.collect()
            self._collected = (now, monotonic() - now)

    # asyncio outside

    def run_forever(self) -> None:
        self._check_closed()
        self._check_running()
        self._attach()
        source = self._source
        is_main = threading.current_thread() is threading.main_thread()
        self._armed = True
        source.set_muted(True)
        try:
            if is_main:
                # While it waits in C no handler in Python runs: a signal has to end that
                wakeup = signal.set_wakeup_fd(self._csock.fileno(), warn_on_full_buffer=False)
                if wakeup != self._csock.fileno():
                    self._outer_wakeup = wakeup
            super().run_forever()
        finally:
            if is_main and not self._signal_handlers:
                signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
            if self._outer_wakeup != -1:
                self._read_from_self()
                self._outer_wakeup = -1
            source.set_muted(False)
            if self._source is source and not self._guest.is_closed():
                ready = self._rest()
                if ready == 0:
                    self._arm()
                elif self._scheduled:
                    self._set_ready_time(ready)

    def _handle_signal(self, sig):
        super()._handle_signal(sig)
        if self._outer_wakeup != -1 and sig not in self._signal_handlers:
            # It may be for a loop that is kicked, or for the host
            try:
                os.write(self._outer_wakeup, bytes((sig,)))
            except OSError:
                pass

    def remove_signal_handler(self, sig: int) -> bool:
        removed = super().remove_signal_handler(sig)
        if removed and not self._signal_handlers and self.is_running() and not self._kicked:
            signal.set_wakeup_fd(self._csock.fileno(), warn_on_full_buffer=False)
        return removed

    def stop(self) -> None:
        super().stop()
        # Then the context has a turn in any case: a host may do no more than to stop () and run_forever ()
        self._selector.turns = 0

    @overrides.takes
    def _select(self, timeout):
        """Selects, with asyncio outside, and gives the context a turn or waits in it."""
        selector = self._selector
        if selector.turns <= 0:
            now = monotonic()
            selector.turns = LIGHT_PASSES if now - self._turned < LIGHT else PASSES
            self._turned = now
            self._source.iterate()
            if overrides.kept:
                overrides.raise_kept()
            if self._awaited:
                self._deliver()
        if timeout == 0 or self._ready or not self._awaited:
            found = selector.select_now()
            if found or timeout == 0 or self._ready:
                return found
        # Else what is waited for is in the context
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
                # The descriptors have their turn now and then, and before the next wait
                selector.turns -= 1
                return ()
        # Where another thread runs the context, the wait is the selector's own
        return selector.select_now() if waited else selector.select_really(timeout)

    # Tasks of Pillion's, which the override awaits here

    def _watch_task(self, task):
        """Gives a future that is done when the task is; None where that is another thread's. Its result is whether nobody else waited."""
        futures_of = self._awaited.get(task)
        future = Future(loop=self)
        if futures_of is not None:
            futures_of.append(future)
        elif self._source.watch_task(task):
            self._awaited[task] = [future]
        else:
            return None
        return future

    def _give_up_task(self, task, future):
        """Who awaited the task is not there any more."""
        if self._source is None:
            return  # the loop is closed
        if self._owner != threading.get_ident():
            # That thread collects garbage
            try:
                self.call_soon_threadsafe(self._give_up_task, task, future)
            except RuntimeError:
                pass  # the loop is closed
            return
        futures_of = self._awaited.get(task)
        if futures_of is not None:
            futures_of.remove(future)
            if futures_of:
                return
            del self._awaited[task]
        elif future.cancelled():
            return  # before it was done: nobody counts on this one
        elif not future.result():
            # It is done, and others who waited have yet to run on: who of them asks keeps what it got
            task.cancel()
            return
        self._source.give_up_task(task)

    def _deliver(self):
        take, awaited = self._take_task, self._awaited
        while awaited and (task := take()) is not None:
            self._end_waits_for(task)

    def _end_waits_for(self, task):
        futures_of = [future for future in self._awaited.pop(task, ()) if not future.done()]
        for future in futures_of:
            future.set_result(len(futures_of) == 1)
        if not futures_of:
            self._source.give_up_task(task)

    # What makes work outside of a pass

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

    # Errors, and the end

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        super().default_exception_handler(context)
        guest = self._guest
        if guest is None or guest.is_closed() or self._owner != threading.get_ident():
            return
        if not GObject.signal_has_handler_pending(guest, GObject.signal_lookup('unhandled-error', Pillion.Loop), 0, False):
            return
        # A task that fails, and that nobody looks at, is reported by the guest loop in its way
        error = context.get('exception')
        culprit = context.get('task') or context.get('future')
        name = culprit.get_name() if hasattr(culprit, 'get_name') else 'asyncio'
        text = context.get('message') or 'Unhandled exception in event loop'
        if error is not None:
            text = f'{text}: {type(error).__name__}: {error}'
        # The name of a file may be no UTF-8
        text = text.encode(errors='replace').decode()
        task = Pillion.Task.new(guest, name, None)
        task.return_error(GLib.Error.new_literal(Pillion.error_quark(), text, Pillion.Error.FAILED))

    def close(self) -> None:
        if not self.is_running():
            self._detach()
            self._armed = True  # one that was never used is not to be put into a context now
        super().close()

    def _abandon(self):
        """In the child of a fork (): the loop is the parent's, and so is all in C. It must not be touched, nor freed."""
        _kept.append((self._source, self._guest, self._selector))
        self._forked = self._closed = self._armed = True
        self._source = self._guest = self._thread_id = None
        self._check_closed = self._wait = self._selector.wait = _host.refuse_fork
        self._selector.turns, self._selector.kicked = 0, False


@overrides.wakes
def _end_waits():
    for loop in list(_loops):
        if loop._thread_id == threading.get_ident() and loop._source is not None:
            loop._set_ready_time(0)


@overrides.follows_close
def _tell_of_close():
    """What is awaited in a guest loop that was closed is awaited no more."""
    for loop in list(_loops):
        if loop._awaited and loop._source is not None and loop._owner == threading.get_ident() and loop._guest.is_closed():
            loop._deliver()


_kept = []


def _after_fork():
    _busy.clear()
    wakeup = signal.set_wakeup_fd(-1)
    if not any(loop._csock is not None and loop._csock.fileno() == wakeup for loop in _loops):
        signal.set_wakeup_fd(wakeup)
    # Else a signal to the child would be heard in the parent
    for loop in list(_loops):
        loop._abandon()


def _at_exit():
    # From here on nobody may call into the interpreter
    for loop in list(_loops):
        # One that runs on another thread goes on until that is stopped with the interpreter
        if not loop.is_running() or loop._owner == threading.get_ident():
            loop._detach()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
