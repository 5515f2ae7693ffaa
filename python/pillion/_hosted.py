# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The event loop of the host's thread, for code that runs between its steps: the host's handlers, GLib's callbacks, and the
coroutines of a host that is itself asyncio or trio."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import logging
import sys
import threading
import time
import weakref
from asyncio import events
from collections.abc import Awaitable
from typing import Any, TypeVar

from pillion import _host
from pillion._library import GLib, Pillion, overrides
from pillion._loop import EventLoop

log = logging.getLogger('pillion')

_T = TypeVar('_T')

# How long nothing may run an event loop that has something to run, in seconds, before the user is told
PATIENCE = 10

_expected: weakref.WeakSet[EventLoop] = weakref.WeakSet()  # the event loops that have been told to begin
_guest: Any = None  # the guest loop of the host's thread, once its event loop was asked for


def get_loop() -> EventLoop:
    """The event loop of the host's thread. It stays with the guest loop, so that whoever imports this package again finds
    it."""
    global _guest
    closed, _guest = _guest, _host.host_loop()
    if closed is not None and closed is not _guest and closed.is_closed():
        # The guest loop and its event loop keep each other, in a way that the garbage collector can't see
        loop = closed.__dict__.pop('asyncio_loop', None)
        if loop is not None and not loop.is_running():
            loop.close()
    loop = getattr(_guest, 'asyncio_loop', None)
    if loop is None or loop.is_closed():
        loop = _guest.asyncio_loop = EventLoop()
        loop._is_current = True
    loop._attach()
    events.get_running_loop = _get_running_loop
    return loop


def guest_of_thread() -> Pillion.Loop:
    """The guest loop of this thread, which becomes the host's if no thread is yet. Its event loop is the thread's current one, unless
    the host itself runs one here."""
    own = None  # which has to live until it has become the host's
    if _host._host_thread is None and not _host.is_main_thread() and GLib.MainContext.get_thread_default() is None:
        # In some hosts it is not Python's main thread that ticks. The context stays this thread's default until the loop is closed.
        own = Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)
    loop = get_loop()
    del own
    if events._get_running_loop() is None:
        asyncio.set_event_loop(loop)
    return loop._guest


def end_tasks(loop: EventLoop, patience: float) -> None:
    """Cancels everything in an event loop, waits for that for at most `patience` seconds, and closes the event loop."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        _, pending = loop.run_until_complete(asyncio.wait(tasks, timeout=patience))
        for task in pending:
            log.warning('Still running when the loop was closed: %r', task)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def close(guest: Pillion.Loop, patience: float) -> None:
    """Ends everything in a guest loop and its event loop, in at most `patience` seconds, and logs what was left."""
    end = time.monotonic() + patience
    loop = getattr(guest, 'asyncio_loop', None)
    if loop is not None and not loop.is_closed() and not loop.is_running():
        guest.stop()
        end_tasks(loop, patience / 2)
    try:
        guest.close(max(0, int((end - time.monotonic()) * 1e6)))
    except GLib.Error as error:
        log.warning('%s', error.message)


def _get_running_loop():
    """Returns the running event loop, like asyncio's own function. On the host's thread, if none is running, it is the one
    that the host kicks. asyncio.create_task () and the like then work in the host's handlers too.

    asyncio.run () doesn't ask this function, so between two steps it still finds that nothing is running."""
    loop = events._get_running_loop()
    if loop is None:
        if threading.get_ident() == _host._host_thread:
            loop = getattr(_guest, 'asyncio_loop', None)
            if loop is None or loop.is_closed() or _guest.is_closed():
                raise RuntimeError('no running event loop: pillion.ensure_future () starts a coroutine from here')
        else:
            raise RuntimeError('no running event loop')
    return loop


def _forget_library(sniffio, function, *args, **kwargs):
    """Calls a function in a context where no asynchronous library has said that it is running."""
    context = contextvars.copy_context()
    context.run(sniffio.current_async_library_cvar.set, None)
    return context.run(function, *args, **kwargs)


def _expect_begin(loop, future):
    """Logs a warning if nothing ever runs the event loop: its coroutines would wait without a word."""
    if loop in _expected:
        return
    _expected.add(loop)
    guest = loop._guest
    if loop.is_running() or guest.is_passenger() or guest.get_host() is not None:
        return
    is_known = threading.Event()
    loop.call_soon(is_known.set)

    def check():
        if not is_known.is_set() and not future.done() and not loop.is_closed():
            is_known.set()
            log.warning('Nothing runs the event loop of %r. Make the program carry it with pillion.hosts.%s.install ()', future, _find_host())

    atexit.register(check)
    timer = threading.Timer(PATIENCE, check)
    timer.daemon = True
    timer.start()


def _find_host():
    from pillion.hosts import _detect
    try:
        return _detect.find_host()
    except RuntimeError:
        return 'NAME'


def ensure_future(awaitable: Awaitable[_T]) -> asyncio.Future[_T]:
    """Runs a coroutine, or waits for another awaitable, in the host's kicks. Returns a future, like asyncio.ensure_future ().

    It works anywhere on the host's thread. In a host that is itself asyncio, asyncio.ensure_future () runs a coroutine in the
    host's event loop."""
    running = events._get_running_loop()
    if isinstance(running, EventLoop):
        loop = running
    elif _host.is_other_thread():
        raise RuntimeError('this is not the host\'s thread: use pillion.call_in_host (pillion.ensure_future, …) to start something there')
    else:
        loop = get_loop()
    sniffio = sys.modules.get('sniffio')
    if sniffio is not None and sniffio.current_async_library_cvar.get(None) is not None:
        # What trio says of its tasks must not be true for ours
        future = _forget_library(sniffio, asyncio.ensure_future, awaitable, loop=loop)
    else:
        future = asyncio.ensure_future(awaitable, loop=loop)
    _expect_begin(loop, future)
    return future


def frame() -> Pillion.Task[bool]:
    """Waits for the host's next frame: `while …: await pillion.frame ()` makes one round per frame.

    If the host ticks, a frame is one of its kicks. If nothing ticks, a frame takes 1/60 s."""
    running = events._get_running_loop()
    guest: Any = running._guest if isinstance(running, EventLoop) else Pillion.Loop.get_default()
    return overrides._at(guest.next_frame())
