# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Finds the guest loop that an event loop rides on, and calls functions on the host's thread."""

import asyncio
import collections
import concurrent.futures
import contextvars
import logging
import os
import threading
from asyncio import events
from collections.abc import Callable, Generator
from typing import Any, ParamSpec, TypeVar

from pillion._library import GLib, Pillion, overrides

log = logging.getLogger('pillion')

_T = TypeVar('_T')
_P = ParamSpec('_P')

_lock = threading.Lock()
_caller: Any = None  # of the host's thread, with its guest loop
_host_thread: int | None = None
_local = threading.local()  # guest: the guest loop of another thread
_main_thread = threading.main_thread().ident
_forked = False  # whether this is the child of a fork () whose parent has used the package


def refuse_fork(*args):
    """Raises an error for use of an object that belongs to the parent of a fork ()."""
    raise RuntimeError('this event loop belongs to the parent of this process: make a new one after the fork')


def _after_fork():
    """Starts afresh in a child: the threads exist only in the parent, and the contexts are shared with it."""
    global _lock, _caller, _host_thread, _local, _forked, _main_thread
    _forked = _forked or _caller is not None or hasattr(_local, 'guest')
    if _forked:
        _kept.append((_caller, _local))
    if _caller is not None:
        _caller.calls.clear()
    _lock, _local = threading.Lock(), threading.local()
    _caller = _host_thread = None
    _main_thread = threading.main_thread().ident


def is_main_thread():
    return threading.get_ident() == _main_thread


class _Caller:
    """Makes the calls that other threads request. PyGObject leaks memory for each function that C calls, so they share one
    function, plus one more for each running call that waits for others."""

    def __init__(self, host):
        self.host = host
        self.calls: collections.deque[_Job] = collections.deque()
        self.levels = []
        self.making = set()  # the numbers of the levels that are making calls
        self.free = 0  # the number of the first level that isn't: that one is rung
        self.add_level()

    def add_level(self):
        source = Pillion.PollSource.new(self.host, -1)
        source.set_callback(_Level(self, len(self.levels)).make)
        self.levels.append(source)

    def call(self, job):
        self.calls.append(job)
        # First the queue, then the bell. make () does it the other way round, so it sees this call or is rung.
        self.levels[self.free].ring()
        if self.host.is_closed():
            self.refuse()

    def make(self, level):
        if not self.calls:
            return -1
        # A call that runs the loop may wait for other calls, and C doesn't call the same function inside itself
        before = self.free
        self.making.add(level)
        free = next(number for number in range(len(self.levels) + 1) if number not in self.making)
        if free == len(self.levels):
            self.add_level()
        self.free = free
        try:
            count = len(self.calls)
            if count > 1:
                self.levels[free].ring()
            for _ in range(count):
                if not self.calls:
                    break
                self.calls.popleft().make()
        finally:
            self.making.discard(level)
            self.free = before
        return 0 if self.calls else -1

    def refuse(self):
        """Refuses the calls that were not made before the loop was closed. From any thread."""
        try:
            while True:
                self.calls.popleft().refuse()
        except IndexError:
            pass


class _Level:
    def __init__(self, caller, number):
        self.caller = caller
        self.number = number

    def make(self, source, deadline):
        try:
            return self.caller.make(self.number)
        except BaseException as error:
            if isinstance(error, Exception) or not overrides.keep(error):
                raise
            return 0

    def __del__(self):
        # The loop is closed
        self.caller.refuse()


_kept: list[Any] = []  # objects of the parent's, which must not be freed in the child
os.register_at_fork(after_in_child=_after_fork)


def is_host(guest):
    """Whether this is the thread of the host, and its guest loop."""
    return _caller is not None and _caller.host is guest and threading.get_ident() == _host_thread


def host_loop():
    """Returns the guest loop of the host's thread, which is the first thread that calls this."""
    global _caller, _host_thread
    thread = threading.get_ident()
    old = None
    with _lock:
        if _caller is not None and thread != _host_thread:
            raise RuntimeError('another thread is the host\'s')
        if _caller is None or _caller.host.is_closed():
            old, _caller = _caller, _Caller(_new_loop() if _forked else _default_loop())
            # Not earlier: a thread without a default loop is not the host's
            _host_thread = thread
        host = _caller.host
    for source in old.levels if old else ():
        source.close()
    return host


def is_other_thread():
    """Whether another thread is the host's."""
    return _host_thread is not None and threading.get_ident() != _host_thread


def _default_loop():
    try:
        return Pillion.Loop.get_default()
    except RuntimeError:
        raise RuntimeError(
            'this thread can\'t be the host\'s, because it is not the main thread and has no GLib context of its own. Import '
            'pillion.async_loop on the host\'s thread. If this is the host\'s thread, first make its loop: '
            'Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)') from None


def _new_loop():
    return Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)


class _Guest:
    """The guest loop of another thread, and how many event loops ride on it. It ends with its thread, even if those event loops
    are still referenced."""

    def __init__(self):
        self.loop = _new_loop()
        self.users = 0
        self.owner = os.getpid(), threading.get_ident()

    def close(self):
        try:
            self.loop.close(0)
        except GLib.Error as error:
            log.warning('%s', error.message)

    def __del__(self):
        # In another process, and when the interpreter exits, the thread no longer exists
        if self.owner == (os.getpid(), threading.get_ident()) and not self.loop.is_closed():
            self.close()


def take_guest():
    """Returns the guest loop for an event loop that is used on this thread. The host's thread, and threads with a context of
    their own, have one. For any other thread one is created, and its context is the thread's default until give_back ()."""
    if threading.get_ident() == _host_thread or (_host_thread is None and is_main_thread()):
        return host_loop()
    guest = getattr(_local, 'guest', None)
    if guest is None and GLib.MainContext.get_thread_default() is not None:
        return Pillion.Loop.get_default()
    if guest is None or guest.loop.is_closed():
        _local.guest = guest = _Guest()
    guest.users += 1
    return guest.loop


def give_back(loop):
    guest = getattr(_local, 'guest', None)
    if guest is not None and guest.loop is loop:
        guest.users -= 1
        if guest.users == 0:
            del _local.guest
            guest.close()


class HostCall(concurrent.futures.Future[_T]):
    """The outcome of a function that the host's thread calls. It can be awaited in any event loop, and in trio; a thread
    without one calls result ()."""

    def __await__(self) -> Generator[Any, None, _T]:
        trio = overrides.elsewhere.running_trio() if events._get_running_loop() is None else None
        if trio is not None:
            return overrides.elsewhere.wait_for_call(self, trio).__await__()
        return asyncio.wrap_future(self).__await__()

    __iter__ = __await__

    def _refuse_deadlock(self):
        if threading.get_ident() == _host_thread and not self.done():
            raise RuntimeError('the host\'s thread can\'t wait for what it has yet to call: await it')

    def result(self, timeout: float | None = None) -> _T:
        self._refuse_deadlock()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._refuse_deadlock()
        return super().exception(timeout)


class _Job:
    def __init__(self, call, function, arguments, keywords):
        self.call = call
        self.function = function
        self.arguments = arguments
        self.keywords = keywords
        self.context: Any = contextvars.copy_context()  # the caller's, as with asyncio.to_thread ()

    def make(self):
        if not self.call.set_running_or_notify_cancel():
            return
        try:
            result = self.context.run(self.function, *self.arguments, **self.keywords)
        except BaseException as error:
            self.call.set_exception(error)
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                overrides.keep(error)
            self.call = self.function = self.arguments = self.keywords = self.context = None  # because the traceback keeps this frame alive
        else:
            self.call.set_result(result)

    def refuse(self):
        if self.call.set_running_or_notify_cancel():
            self.call.set_exception(RuntimeError('the host\'s loop was closed before it made this call'))


def call_in_host(func: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> HostCall[_T]:
    """Calls `func (*args, **kwargs)` on the host's thread, in the next kick, and wakes a host that sleeps. Any thread may call
    this.

    Await what it returns in any event loop, or in trio; a thread without one calls `result ()`. The result or exception is the
    function's. Cancelling it withdraws the call, unless that is already running."""
    if not callable(func):
        raise TypeError(f'{func!r} can\'t be called')
    if threading.get_ident() == _host_thread or (
            _host_thread is None and is_main_thread()):
        host_loop()
    caller = _caller
    if caller is None:
        raise RuntimeError('there is no host yet: its thread has to use pillion first')
    if caller.host.is_closed():
        raise RuntimeError('the host\'s loop is closed')
    call: HostCall[_T] = HostCall()
    caller.call(_Job(call, func, args, kwargs))
    return call
