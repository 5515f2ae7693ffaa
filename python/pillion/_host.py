# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Which guest loop an event loop rides on, and how other threads reach the host's."""

import asyncio
import collections
import concurrent.futures
import os
import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from pillion import _raising
from pillion._library import GLib, Pillion

_T = TypeVar('_T')

_lock = threading.Lock()
_host: Pillion.Loop | None = None  # the guest loop of the host's thread
_host_thread: int | None = None
_local = threading.local()  # loop and users: the guest loop of another thread, and how many event loops ride on it
_forked = False  # whether this is the child of a fork () whose parent has used the package


def refuse_fork(*args):
    """For what belongs to the parent of a fork ()."""
    raise RuntimeError('this event loop belongs to the parent of this process: make a new one after the fork')


def _after_fork():
    """The threads are in the parent only, and its contexts are shared with it: here everything begins anew."""
    global _lock, _host, _host_thread, _local, _forked, _source
    _forked = _forked or _host is not None or hasattr(_local, 'guest')
    if _forked:
        _kept.append((_host, _local, _source))
    _calls.clear()
    _lock, _local = threading.Lock(), threading.local()
    _host = _host_thread = _source = None


_calls: 'collections.deque[_Job]' = collections.deque()  # what other threads want called
_source: Any = None  # rung when there are some


class _Caller:
    """Makes the calls. PyGObject leaks something with each function that C is to call, so there is one for all of them."""

    def make(self, source):
        for _ in range(len(_calls)):
            _calls.popleft().make()
        return 0 if _calls else -1

    def __del__(self):
        # The loop was closed before they were made
        while _calls:
            _calls.popleft().refuse()


_kept: list[Any] = []  # of the parent's: it must not be freed here
os.register_at_fork(after_in_child=_after_fork)


def host_loop():
    """The guest loop of the host's thread, on that thread: the one that asks first."""
    global _host, _host_thread, _source
    thread = threading.get_ident()
    with _lock:
        if _host is None:
            _host_thread = thread
        elif thread != _host_thread:
            raise RuntimeError('another thread is the host\'s')
        if _host is None or _host.is_closed():
            _host = _new_loop() if _forked else Pillion.Loop.get_default()
            _source = Pillion.PollSource.new(_host, -1)
            _source.set_callback(_Caller().make)
        return _host


def _new_loop():
    return Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)


def take_guest():
    """The guest loop for an event loop that is used on this thread. The host's threads and those with a context of their
    own have one; for another thread one is made, with a context that is the thread's default until give_back ()."""
    is_main = threading.current_thread() is threading.main_thread()
    if threading.get_ident() == _host_thread or (is_main and _host_thread is None):
        return host_loop()
    guest = getattr(_local, 'guest', None)
    if guest is None and GLib.MainContext.get_thread_default() is not None:
        return Pillion.Loop.get_default()
    if guest is None or guest.is_closed():
        _local.guest = guest = _new_loop()
        _local.users = 0
    _local.users += 1
    return guest


def give_back(guest):
    if getattr(_local, 'guest', None) is guest:
        _local.users -= 1
        if _local.users == 0:
            del _local.guest
            guest.close(0)


class HostCall(concurrent.futures.Future[_T]):
    """The outcome of a function that the host's thread calls. It is awaited in any event loop; a thread without one waits
    in result ()."""

    def __await__(self) -> Generator[Any, None, _T]:
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
    def __init__(self, call, function, arguments):
        self.call = call
        self.function = function
        self.arguments = arguments

    def make(self):
        if not self.call.set_running_or_notify_cancel():
            return
        try:
            result = self.function(*self.arguments)
        except BaseException as error:
            self.call.set_exception(error)
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                _raising.keep(error)
            self.call = self.function = self.arguments = None  # the traceback holds this frame
        else:
            self.call.set_result(result)

    def refuse(self):
        if self.call.set_running_or_notify_cancel():
            self.call.set_exception(RuntimeError('the host\'s loop was closed before it made this call'))


def call_in_host(func: Callable[..., _T], *args: Any) -> HostCall[_T]:
    """Calls a function on the host's thread, in its next kick, from any thread, and wakes a host that sleeps.

    Returns what can be awaited in any event loop, or waited for by a thread that has none: `result ()`. Its result is
    that of the function, as is its exception. To cancel it takes the call back, unless it is being made."""
    if not callable(func):
        raise TypeError(f'{func!r} can\'t be called')
    if threading.get_ident() == _host_thread or (
            _host_thread is None and threading.current_thread() is threading.main_thread()):
        host_loop()
    host = _host
    if host is None:
        raise RuntimeError('there is no host yet: its thread has to use pillion first')
    if host.is_closed():
        raise RuntimeError('the host\'s loop is closed')
    call: HostCall[_T] = HostCall()
    _calls.append(_Job(call, func, args))
    _source.ring()
    return call
