# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What one test runs in."""

import asyncio
import contextvars
import gc
import os
import sys
import time
import weakref
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import Awaitable
from typing import Any, TypeVar

from pillion import _host, async_loop
from pillion._library import GLib, Pillion, overrides
from pillion._loop import EventLoop

_T = TypeVar('_T')

# Makes unittest and pytest leave this module's frames out of tracebacks
__unittest = True
__tracebackhide__ = True

# How often to check whether a test takes too long, in ms of real time
LOOK_MSEC = 100

# How long to wait for what a test left behind, in seconds of real time
CLOSE_SECONDS = 0.5

# Callbacks that always wait for descriptors, and so don't mean that anything is going on
READERS = (BaseSelectorEventLoop._read_from_self, BaseSelectorEventLoop._accept_connection)

# Folders of code that isn't the test's own
FOREIGN = (os.path.dirname(asyncio.__file__), os.path.dirname(os.path.dirname(__file__)), os.path.dirname(str(overrides.__file__)))


class _TestLoop(EventLoop):
    """An event loop that gives real I/O a chance before the virtual clock jumps. Work on other threads is counted, but nothing
    knows whether the other end of a socket is about to answer."""

    def __init__(self, quiet):
        super().__init__()
        self.quiet = quiet
        self.woken = time.monotonic()  # when it last had something to do
        self.processes: weakref.WeakSet[Any] = weakref.WeakSet()  # the transports of subprocesses

    async def _make_subprocess_transport(self, *args, **kwargs):
        transport = await super()._make_subprocess_transport(*args, **kwargs)
        self.processes.add(transport)
        return transport

    def _may_hear(self):
        """Checks whether something that isn't counted may be going on."""
        if self._n_calls > 0 or any(process.get_returncode() is None for process in self.processes):
            return True
        for key in self._selector.get_map().values():
            reader, writer = key.data
            if writer is not None or getattr(reader._callback, '__func__', None) not in READERS:
                return True
        return False

    def _select(self, timeout):
        self.woken = time.monotonic()
        if timeout == 0 or self._ready or not self._may_hear():
            return super()._select(timeout)
        source = self._source

        def on_quiet(_):
            source.set_external(self._n_external)
            return GLib.SOURCE_REMOVE

        # The clock doesn't jump while this source counts as external work
        source.set_external(self._n_external + 1)
        end = GLib.Timeout(interval=round(self.quiet * 1000))
        end.set_callback(on_quiet)
        end.attach(self._guest.get_context())
        try:
            return super()._select(timeout)
        finally:
            end.destroy()
            if self._source is source:
                source.set_external(self._n_external)


class Harness:
    """A host with a virtual clock, a guest loop and an event loop for one test. Afterwards everything is as before.

    Before the clock jumps, it waits for work on other threads, such as transfers, and until sockets, subprocesses and calls of
    `pillion.gio ()` have been quiet for a moment. A test that does nothing for `patience` seconds of real time, or takes longer
    than `limit`, is stopped."""

    PATIENCE = 10.0
    LIMIT = 60.0
    QUIET = 0.2

    def __init__(self, name: str = 'test', *, patience: float = PATIENCE, limit: float = LIMIT, quiet: float = QUIET) -> None:
        self.name = name
        self.patience = patience
        self.limit = limit
        self._errors: list[tuple[str, BaseException | None]] = []  # the errors that nothing handled
        self._context = contextvars.copy_context()
        self._outer_hook = sys.excepthook
        self._closed = False

        if asyncio._get_running_loop() is not None:
            raise RuntimeError('a test on a virtual clock can\'t run inside an event loop')
        if async_loop.guest.is_closed() or not async_loop.guest.is_on_thread():
            async_loop._make_current()
        _discard(async_loop.guest, CLOSE_SECONDS)
        self.host = Pillion.TestHost.new()
        self.loop = _host.host_loop()
        self.event_loop = self.loop.asyncio_loop = _TestLoop(quiet)
        self.event_loop._is_current = True
        async_loop.set_host(self.host)
        self.event_loop.set_exception_handler(self._on_exception)
        self._handler = self.loop.connect('unhandled-error', self._on_unhandled)
        sys.excepthook = self._on_excepthook

    # Errors that nothing handles

    def _on_exception(self, loop, context):
        error = context.get('exception')
        what = context.get('task') or context.get('future')
        name = f'{what.get_name()!r}: ' if hasattr(what, 'get_name') else ''
        self._errors.append((f'{name}{context.get("message")}{_describe(error)}', error))

    def _on_unhandled(self, loop, task, error):
        self._errors.append((f'{_name(task)} failed, and nothing handled its error: {error.message}', getattr(task, '_exception', None)))

    def _on_excepthook(self, kind, error, traceback):
        if not isinstance(error, Exception):
            self._outer_hook(kind, error, traceback)
        self._errors.append((f'a callback raised an exception{_describe(error)}', error))

    # Running

    def run(self, awaitable: Awaitable[_T]) -> _T:
        """Runs a coroutine, and returns its result. If it never ends, this fails and says what it waits for."""
        return self._run(awaitable, self.patience, self.limit)

    def _run(self, awaitable, patience, limit):
        loop = self.event_loop
        if asyncio.iscoroutine(awaitable):
            task = loop.create_task(awaitable, name=self.name, context=self._context)
        else:
            task = asyncio.ensure_future(awaitable, loop=loop)
        loop.woken = start = time.monotonic()
        late = ''

        def look(_):
            nonlocal late
            now = time.monotonic()
            if now - start > limit:
                late = f'has not ended after {limit:g} s'
            elif now - loop.woken > patience:
                late = f'has waited for {patience:g} s, and nothing happens'
            if late:
                loop.call_soon(loop.stop)
            return GLib.SOURCE_REMOVE if late else GLib.SOURCE_CONTINUE

        watchdog = GLib.Timeout(interval=LOOK_MSEC)
        watchdog.set_callback(look)
        watchdog.attach(self.loop.get_context())
        try:
            return loop.run_until_complete(task)
        except RuntimeError:
            if not late or task.done():
                raise
        finally:
            watchdog.destroy()
        raise AssertionError(f'{self.name} {late}: {"; ".join(self._get_left())}')

    def _get_left(self):
        """Describes what has not ended, and where it waits."""
        left = [_name_coroutine(task) for task in sorted(asyncio.all_tasks(self.event_loop), key=lambda task: task.get_name() != self.name)]
        left += [_name(task) for task in self.loop.observe_tasks()]
        return left + ['a function in a thread'] * self.event_loop._n_external

    def check(self) -> None:
        """Fails if something has not ended, or if nothing handled an error."""
        if self.event_loop.is_closed() or self.loop.is_closed():
            return
        gc.collect(1)  # what a cycle keeps alive would be reported during another test
        self._run(asyncio.sleep(0), self.patience, self.limit)
        self.host.advance(0)
        complaints = [f'{left} has not ended' for left in self._get_left()] + [text for text, _ in self._errors]
        if not complaints:
            return
        causes = [error for _, error in self._errors if error is not None]
        self._errors = []
        cause = causes[0] if len(causes) == 1 else BaseExceptionGroup('errors that nothing handled', causes) if causes else None
        raise AssertionError(f'{self.name}: {"; ".join(complaints)}') from cause

    def close(self) -> None:
        """Ends everything."""
        if self._closed:
            return
        self._closed = True
        self.event_loop.set_exception_handler(lambda *_: None)
        try:
            _discard(self.loop, CLOSE_SECONDS)
        finally:
            sys.excepthook = self._outer_hook
            self.loop.disconnect(self._handler)
            async_loop._make_current()


def _discard(guest, seconds):
    """Closes a guest loop and its event loop. Whatever is left gets this many seconds to end."""
    loop = guest.__dict__.pop('asyncio_loop', None)
    if loop is not None and not loop.is_closed() and not loop.is_running():
        if tasks := asyncio.all_tasks(loop):
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.wait(tasks, timeout=seconds))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    if not guest.is_closed():
        try:
            guest.close(round(seconds * 1e6))
        except GLib.Error:
            pass  # the error names what has not ended, and so did check ()


def _describe(error):
    return f': {type(error).__name__}: {error}' if error is not None else ''


def _name(task):
    site = task.get_site()
    return f'{task.get_name()!r} ({site})' if site else repr(task.get_name())


def _name_coroutine(task):
    """Describes an asyncio task, with the innermost place in the test's own code."""
    place = ''
    part: Any = task.get_coro()
    name = f'{task.get_name()!r} of {part.__qualname__} ()' if hasattr(part, '__qualname__') else repr(task.get_name())
    while part is not None:
        frame = getattr(part, 'cr_frame', None) or getattr(part, 'gi_frame', None) or getattr(part, 'ag_frame', None)
        if frame is not None and not (place and frame.f_code.co_filename.startswith(FOREIGN)):
            place = f' ({frame.f_code.co_filename}:{frame.f_lineno})'
        part = getattr(part, 'cr_await', None) or getattr(part, 'gi_yieldfrom', None) or getattr(part, 'ag_await', None)
    return name + place
