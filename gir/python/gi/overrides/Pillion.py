# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python adds to the namespace Pillion: tasks that are awaited, scopes and semaphores for `async with`, queues, completions and
progress for `async for`, results as Python has them.

PyGObject finds this file by its name: the packages gi and gi.overrides extend their paths to every folder of sys.path that has a part
of them, or a file gi.pkg with the name of such a folder. So there must be no __init__.py beside it.
"""

from __future__ import annotations

import asyncio
import functools
import os
import sys
import threading
from asyncio import CancelledError, InvalidStateError
from asyncio.events import _get_running_loop
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextvars import copy_context
from sys import _getframe
from time import monotonic
from types import GenericAlias, TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar, TypeVarTuple, overload

from gi.module import get_introspection_module
from gi.overrides import _pillion_elsewhere as elsewhere
from gi.overrides import override
from gi.overrides._pillion_delivery import SLICE
from gi.overrides._pillion_interrupts import follows_close, keep, kept, raise_kept, runs, takes, tell_of_close, waits, wakes
from gi.overrides._pillion_properties import add_attributes, refuse_others, refuse_typos
from gi.overrides._pillion_values import ERROR, IO_ERROR, UNCHANGED, own, to_error, to_exception, to_python, to_value
from gi.repository import Gio, GLib, GObject

Pillion = get_introspection_module('Pillion')

__all__ = []

# For annotations. Only type checkers use them, by the type stubs that are made from this file.
_T = TypeVar('_T')
_T_co = TypeVar('_T_co', covariant=True)
_Ts = TypeVarTuple('_Ts')
_Input = TypeVar('_Input')

# The version of the library that this file is for
__version__ = '1.0.0'

CANCELLED = Pillion.TaskState.CANCELLED

# Looked up once, because looking a function up in the class costs as much as calling it
_is_done = Pillion.Task.is_done
_sleep = Pillion.Loop.sleep
_peek_value = Pillion.Task.peek_value  # never raises: PyGObject 3.42 leaks the value if a function fails
_set_site = Pillion.Task.set_site


def _public(kind):
    __all__.append(kind.__name__)
    return kind


# Functions that C calls

class _Call:
    """A function for C to call, with further arguments, and with the context variables of the code that passed it to C."""

    __slots__ = ('function', 'args', 'context')

    def __init__(self, function, args):
        if not callable(function):
            raise TypeError(f'{function!r} can\'t be called')
        self.function = function
        self.args = args
        self.context = copy_context()

    def _run(self, function, *values):
        # In a copy, because a context can't be entered twice, and a function that runs a main loop may be called again inside
        return self.context.copy().run(function, *values)

    def __call__(self, *values):
        try:
            return self._run(self.function, *values, *self.args)
        except (Exception, CancelledError):
            # PyGObject shows it. The cancellation of a task is no reason to exit the host.
            raise
        except BaseException as error:
            if not keep(error):
                # No Python code is there to catch it
                sys.excepthook(type(error), error, error.__traceback__)


class _Start(_Call):
    """A function that returns a task or an awaitable."""

    __slots__ = ('loop', 'name')

    def __init__(self, loop, name, function, args):
        super().__init__(function, args)
        self.loop = loop
        self.name = name

    def _start(self, *values):
        started = self.function(*values, *self.args)
        if started is None or isinstance(started, Task):
            return started
        return Task.from_awaitable(started, self.loop, self.name)

    def __call__(self, *values):
        try:
            return self._run(self._start, *values)
        except BaseException as error:
            # As if the work had started and failed: whatever waits for it handles the error
            task = Task.new(self.loop, self.name)
            task._return_exception(error)
            if not isinstance(error, (Exception, CancelledError)):
                keep(error)
            return task


def _at(task, depth=2):
    """Records that the caller's caller, or a frame further up, made the task. Returns the task."""
    if task is None:
        # If the arguments are right, this is the only reason
        raise _wrong_thread()
    frame = _getframe(depth)
    _set_site(task, f'{frame.f_code.co_filename}:{frame.f_lineno}')
    return task


def _group(task, results):
    """Like _at (), for a combinator. Its result is the list of its children's results, or (False) of the children."""
    _at(task, 3)._results = results
    return task


def _sited(function):
    """Wraps a C function that creates a task, and records the caller's place."""
    @functools.wraps(function)
    def call(*args, **kwargs):
        return _at(function(*args, **kwargs))

    return call


def _usec(time):
    """Checks a time for C, which would cut off fractions."""
    if isinstance(time, float):
        raise TypeError(f'{time!r} is not a whole number of microseconds (a second has 1_000_000)')
    return time


def _wrong_thread():
    return GLib.Error('A loop can only be used on the thread that created it', ERROR, Pillion.Error.WRONG_THREAD)


def _or_default(loop):
    return loop if loop is not None else Loop.get_default()


def _new_task(loop, name, cancellable):
    try:
        return Pillion.Task.new(loop, name, cancellable)
    except TypeError:
        if isinstance(loop, Pillion.Loop) and not loop.is_on_thread():
            raise _wrong_thread() from None
        raise


def _called(loop, number):
    """Checks the number of a call that C has accepted."""
    if number == 0 and not loop.is_closed():
        raise _wrong_thread()
    return number


# Tasks

@_public
class Progress(NamedTuple):
    """How far a task has come: `completed` of `total`, in bytes or whatever `unit` says, at `rate` per second. The total is -1 if
    it is not known."""

    completed: int
    total: int
    rate: float
    unit: str | None
    message: str | None


def _ensure_future(awaitable, guest):
    """Starts a coroutine in the running event loop. If none is running, starts it in the one that rides on the guest loop."""
    loop = None
    if not asyncio.isfuture(awaitable) and _get_running_loop() is None:
        loop = getattr(guest, 'asyncio_loop', None)
        if loop is not None and loop.is_closed():
            loop = None
    return asyncio.ensure_future(awaitable, loop=loop)


class Task(Pillion.Task):
    """A task can be awaited: that returns its result as a Python value, or raises its exception. Cancelling the
    waiter cancels the task, unless something else waits for it too.

    The type of a task says what its result is: `Pillion.Task[bytes]`."""

    __class_getitem__: Generic[_T_co] = classmethod(GenericAlias)

    get_source: Callable[..., Task[_T_co] | None]

    _exception = None  # what a Python function raised, for which C only has an error
    _traceback = None  # where that was raised
    _results = None  # whether the result is the list of the children's results, or (False) of the children themselves
    _follows = None  # the event loop that runs the awaitable it was made from

    def __await__(self) -> Generator[Any, None, _T_co]:
        if not _is_done(self):
            loop = _get_running_loop()
            future = getattr(loop, '_watch_task', _cannot_watch)(self)
            if future is None:
                yield from elsewhere.wait(self).__await__()
            else:
                try:
                    yield from future
                except BaseException:
                    loop._give_up_task(self, future)
                    raise
        value = _peek_value(self)
        if value is not None and self._results is None:
            return value if type(value) in UNCHANGED else to_python(value)
        if not _is_done(self):
            raise GLib.Error(f'{self.get_name()!r} can no longer be awaited: its loop was closed, or something else adopted it',
                             ERROR, Pillion.Error.CLOSED)
        try:
            return self._read()
        finally:
            self = None  # as in _read ()

    def __repr__(self):
        if self.get_loop() is None:
            return '<Pillion.Task, not made by new ()>'
        site = self.get_site()
        return (f'<Pillion.Task {self.get_name()!r} {self.get_state().value_nick}'
                f'{" being cancelled" if self.is_cancelled() and not self.is_done() else ""}'
                f'{f" created at {site}" if site else ""}>')

    @classmethod
    def new(cls, loop, name, cancellable=None) -> Task[Any]:
        """Creates a task. Finish it with one of the return functions."""
        return _at(_new_task(loop, name, cancellable))

    @classmethod
    def from_awaitable(cls, awaitable: Awaitable[_T], loop: Loop | None = None, name: str | None = None) -> Task[_T]:
        """Creates a task that ends as an asyncio future or a coroutine ends, for scopes and combinators. Cancelling one cancels
        the other."""
        if loop is None:
            loop = Loop.get_default()
        future = _ensure_future(awaitable, loop)
        if name is None:
            name = future.get_name() if isinstance(future, asyncio.Task) else 'future'
        try:
            task = _at(_new_task(loop, name, None))
        except BaseException:
            future.cancel()
            raise
        task._follows = follow = future.get_loop()

        waits_for = future

        def on_cancelled(_):
            pending = waits_for  # on any thread
            if pending is not None:
                try:
                    follow.call_soon_threadsafe(pending.cancel)
                except RuntimeError:
                    pass  # the loop was closed

        def on_done(future):
            # The cancellable lives as long as the task, and Python's garbage collector can't see through it: the traceback of an
            # exception often leads back to the task
            nonlocal waits_for
            waits_for = None
            if task.is_done():
                return
            if future.cancelled():
                task.return_error(GLib.Error('Cancelled', IO_ERROR, Gio.IOErrorEnum.CANCELLED))
            elif future.exception() is not None:
                task._return_exception(future.exception())
            else:
                task.return_value(future.result())

        GObject.Object.connect(task.get_cancellable(), 'cancelled', on_cancelled)
        future.add_done_callback(on_done)
        return task

    def _return_exception(self, exception):
        self._exception = exception
        self._traceback = exception.__traceback__
        self.return_error(to_error(exception))

    def return_value(self, value: _T_co) -> None:
        """Finishes the task with any Python object as its result."""
        Pillion.Task.return_value(self, to_value(value))

    def return_exception(self, exception: BaseException) -> None:
        """Finishes the task with an exception, which result () raises."""
        if not isinstance(exception, BaseException):
            raise TypeError(f'{exception!r} is not an exception')
        self._return_exception(exception)

    def get_value(self) -> Any:
        """Returns the result as the library has it (GLib.Bytes, a Json.Parser). Raises the task's GLib.Error."""
        self.check()
        return own(_peek_value(self.get_source() or self))

    # The interface of asyncio's futures

    def result(self) -> _T_co:
        """Returns the result as a Python value: bytes for GLib.Bytes, plain objects for JSON and GLib.Variant, a list
        for `all` and `map`. Raises the task's exception, or InvalidStateError if it is pending."""
        value = _peek_value(self)
        if value is not None and self._results is None:
            return value if type(value) in UNCHANGED else to_python(value)
        try:
            return self._read()
        finally:
            self = None  # as in _read ()

    def _read(self):
        """Returns what result () does, for all kinds of outcomes."""
        source = self.get_source() or self
        try:
            source.check()
        except GLib.Error as error:
            exception = self._to_exception(error, source)
            if source is not self:
                self._look_at_failure()
        else:
            value = _peek_value(source)
            if source._results is not None:
                children = source.get_children()
                return [child.result() for child in children] if source._results else children
            result = source.get_async_result() if value is None else None
            return to_python(value) if result is None else result
        try:
            raise exception
        finally:
            self = source = exception = None  # otherwise its traceback would keep this frame, and so itself, alive

    def exception(self) -> BaseException | None:
        """Returns the exception that the task ended with, or None. Raises CancelledError if it was cancelled,
        InvalidStateError if it is pending."""
        source = self.get_source() or self
        try:
            source.check()
        except GLib.Error as error:
            exception = self._to_exception(error, source)
            if source is not self:
                self._look_at_failure()
        else:
            return None
        if isinstance(exception, (CancelledError, InvalidStateError)):
            raise exception
        return exception

    def _look_at_failure(self):
        """Nobody needs to be told of it any more. What it failed with was read from the task that it stands for."""
        try:
            self.check()
        except GLib.Error:
            pass

    def _to_exception(self, error, source):
        # What a Python function raised
        exception = source._exception
        if exception is not None:
            return exception.with_traceback(source._traceback)
        exception = self._exception
        if exception is not None:
            return exception.with_traceback(None)
        if error.domain == ERROR and error.code == Pillion.Error.NOT_DONE:
            return InvalidStateError(error.message)
        exception = to_exception(error, source)
        if not isinstance(exception, CancelledError):
            # Every caller gets the same one. It is not kept by the source: its traceback may lead back to this task, which refers to the
            # source in C, and Python's garbage collector would not see such a cycle.
            self._exception = exception
        return exception

    def done(self) -> bool:
        """Returns whether the task has ended."""
        return self.is_done()

    def cancelled(self) -> bool:
        """Returns whether the task was cancelled."""
        return self.get_state() == CANCELLED

    def add_done_callback(self, func: Callable[[Task[_T_co], *_Ts], object], *args: *_Ts) -> int:
        """Calls `func (task, *args)` when the task is done, never inside this call. Returns a number for
        remove_done_callback ()."""
        number = Pillion.Task.add_done_callback(self, _Call(func, args))
        if number == 0:
            raise _wrong_thread()
        return number

    def remove_done_callback(self, id) -> bool:
        """Removes the callback for which add_done_callback () returned this number. Returns whether there was one."""
        if callable(id):  # as asyncio.wait () calls it
            raise TypeError('remove_done_callback () takes the number that add_done_callback () returned. For '
                            'asyncio.wait (), make a future of the task with asyncio.ensure_future (task)')
        return Pillion.Task.remove_done_callback(self, id)

    async def progress(self) -> AsyncGenerator[Progress, None]:
        """Yields a Progress whenever it changes, and ends when the task does, whatever its outcome. This waits for
        the task: leaving it early cancels the task, unless something else waits for it too."""
        changed = Event(self.get_loop())
        last = None
        handler = self.connect('progress', lambda _: changed.set())
        callback = 0 if self.done() else self.add_done_callback(lambda _: changed.set())
        try:
            while True:
                changed.clear()
                is_done = self.done()
                now = Progress(self.get_completed(), self.get_total(), self.get_rate(), self.get_unit(),
                               self.dup_message())
                if now != last:
                    last = now
                    yield now
                if is_done:
                    break
                wait = changed.wait()
                try:
                    await wait
                except CancelledError:
                    if not wait.cancelled():
                        raise
                    break  # the loop was closed
        finally:
            self.disconnect(handler)
            if not self.done() and not self.get_loop().is_closed():
                elsewhere.give_up(self, callback)

    # Combinators

    @classmethod
    def all(cls, loop, tasks: Iterable[Task[_T]]) -> Task[list[_T]]:
        """Succeeds when all tasks have succeeded. Its result is the list of their results."""
        return _group(Pillion.Task.all(loop, list(tasks)), True)

    @classmethod
    def settle(cls, loop, tasks: Iterable[Task[_T]]) -> Task[list[Task[_T]]]:
        """Succeeds when all tasks have ended, whatever their outcomes. Its result is the list of tasks."""
        return _group(Pillion.Task.settle(loop, list(tasks)), False)

    @classmethod
    def any(cls, loop, tasks: Iterable[Task[_T]]) -> Task[_T]:
        """Has the outcome of the first task that succeeds."""
        return _at(Pillion.Task.any(loop, list(tasks)))

    @classmethod
    def race(cls, loop, tasks: Iterable[Task[_T]]) -> Task[_T]:
        """Has the outcome of the first task that ends."""
        return _at(Pillion.Task.race(loop, list(tasks)))

    @overload
    @classmethod
    def map(cls, loop, inputs: Iterable[_Input], limit, func: Callable[[_Input], Awaitable[_T]], cancellable=None) -> Task[list[_T]]:
        """Calls `func (input)` for each of the inputs, with at most `limit` of the tasks that it returns running at once (0 for
        no limit). It may also return awaitables. The result is the list of their results. A number as the inputs stands for
        a range."""

    @overload
    @classmethod
    def map(cls, loop, inputs: int, limit, func: Callable[[int], Awaitable[_T]], cancellable=None) -> Task[list[_T]]:
        ...

    @classmethod
    def map(cls, loop, inputs, limit, func, cancellable=None):
        """Calls `func (input)` for each of the inputs, with at most `limit` of the tasks that it returns running at once (0 for
        no limit). It may also return awaitables. The result is the list of their results. A number as the inputs stands for
        a range."""
        if not callable(func) or not hasattr(limit, '__index__'):
            raise TypeError('Task.map (loop, inputs, limit, func) takes the inputs, a number, and a function, in this order, and got '
                            f'{inputs!r}, {limit!r}, and {func!r}')
        inputs = range(inputs) if isinstance(inputs, int) else list(inputs)
        start = _Start(loop, 'map', lambda index: func(inputs[index]), ())
        return _group(Pillion.Task.map(loop, len(inputs), limit, cancellable, start), True)

    def and_then(self, func: Callable[[Task[_T_co], *_Ts], Awaitable[_T] | None], *args: *_Ts) -> Task[_T]:
        """Calls `func (task, *args)` when this task has succeeded, to start what comes next. It returns a task, an awaitable, or
        None."""
        start = _Start(self.get_loop(), 'and then', func, args)
        return _at(Pillion.Task.and_then(self, start))

    _with_timeout = Pillion.Task.with_timeout

    def with_timeout(self, timeout) -> Task[_T_co]:
        """Has the outcome of this task, or fails with TimeoutError after `timeout` µs."""
        return _at(self._with_timeout(_usec(timeout)))

    with_deadline: Callable[..., Task[_T_co]] = _sited(Pillion.Task.with_deadline)
    shield: Callable[..., Task[_T_co]] = _sited(Pillion.Task.shield)


class _Turns:
    """Awaits one task after another for `async for`. A task that is done doesn't suspend the coroutine, and many may be done already.
    So the coroutine is suspended now and then, to let the host carry on."""

    __slots__ = ('loop', 'end')

    def __init__(self):
        self.loop = None
        self.end = 0

    async def wait(self, function, *args):
        # Before the call, so that nothing is lost if the coroutine is cancelled here
        if self.loop is not None and monotonic() >= self.end:
            await _sleep(self.loop, 0, None)
            self.end = monotonic() + SLICE
        task = _at(function(*args), 3)
        if self.loop is None:
            self.loop = task.get_loop()
            self.end = monotonic() + SLICE
        if _is_done(task):
            return task.result()
        result = await task
        self.end = monotonic() + SLICE
        return result


def _cannot_watch(task):
    return None


Task = _public(refuse_typos(add_attributes(override(Task))))


class Completions(Pillion.Completions):
    """Yields tasks as they end: `async for task in completions`."""

    __class_getitem__: Generic[_T_co] = classmethod(GenericAlias)

    _turns = None

    def __new__(cls, tasks: Iterable[Task[_T_co]] = (), loop: Loop | None = None) -> Completions[_T_co]:
        return Pillion.Completions.new(_or_default(loop), list(tasks))

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    next: Callable[..., Task[Task[_T_co] | None]] = _sited(Pillion.Completions.next)
    try_next: Callable[..., Task[_T_co] | None]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Task[_T_co]:
        if self._turns is None:
            self._turns = _Turns()
        task = await self._turns.wait(Pillion.Completions.next, self)
        if task is None:
            raise StopAsyncIteration
        return task

    def __repr__(self):
        return f'<Pillion.Completions with {self.get_n_left()} left>'


Completions = _public(refuse_typos(add_attributes(override(Completions))))


class Retry(Pillion.Retry):
    def set_predicate(self, func: Callable[[GLib.Error, int, *_Ts], bool | None] | None, *args: *_Ts) -> None:
        """Sets `func (error, attempt, *args)` to decide whether to try again."""
        Pillion.Retry.set_predicate(self, None if func is None else _Call(func, args))

    def run(self, loop, name, func: Callable[[int, *_Ts], Awaitable[_T]], *args: *_Ts, cancellable=None) -> Task[_T]:
        """Calls `func (attempt, *args)` for each attempt, until one succeeds. It returns a task or an awaitable."""
        task = Pillion.Retry.run(self, loop, name, cancellable, _Start(loop, name, func, args))
        return _at(task)

    def __repr__(self):
        return f'<Pillion.Retry of {self.get_attempts()} attempts>'


Retry = _public(refuse_others(add_attributes(override(Retry))))


# The loop

def _count_live_tasks(owner):
    n = owner.get_live_tasks()
    return f'{n} live task{"s" if n != 1 else ""}'


def _follows(task, running):
    """Returns whether the task can only end after something in the running event loop has gone on."""
    return task._follows is running or any(_follows(child, running) for child in task.get_children() if not child.done())


# Hosts that kick inside a function that Python called. That function raises what has to be raised.
_CALLED_HOSTS = Pillion.TestHost, Pillion.TickHost, Pillion.GlibHost


def _is_kicked_by_hook(loop):
    host = loop.get_host()
    return not (host is None or isinstance(host, _CALLED_HOSTS) or getattr(host, 'raises_interrupts', False))


def _report_interrupt(loop, error):
    """Reports a KeyboardInterrupt or SystemExit that a hook must not raise."""
    sys.excepthook(type(error), error, error.__traceback__)
    if not loop.is_closed() and GObject.signal_has_handler_pending(
            loop, GObject.signal_lookup('unhandled-error', Pillion.Loop), 0, False):
        # Nothing handles the error of this task, so the loop reports it
        _new_task(loop, 'kick', None)._return_exception(error)


def _hooked(function):
    """Wraps a C function that runs the context, and that a host's hook calls. Hosts drop a hook that raises, so it only raises if
    the program itself kicks."""
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        finally:
            if kept:
                try:
                    raise_kept()
                except BaseException as error:
                    if not _is_kicked_by_hook(self):
                        raise
                    _report_interrupt(self, error)

    return takes(call)


class Loop(Pillion.Loop):
    kick = _hooked(Pillion.Loop.kick)
    kick_until = _hooked(Pillion.Loop.kick_until)
    _close = waits(Pillion.Loop.close)
    _get_default = Pillion.Loop.get_default
    _run_until_complete = waits(Pillion.Loop.run_until_complete)

    @staticmethod
    def get_default() -> Loop:
        """Returns the loop for the thread-default context of the calling thread. Raises RuntimeError on a thread that is neither
        the main thread nor has a context of its own."""
        # C checks this too, but by a critical message, which may end the program
        refused = (sys.platform == 'linux' and threading.get_native_id() != os.getpid() and
                   GLib.MainContext.get_thread_default() is None)
        loop = None if refused else Loop._get_default()
        if loop is None:
            raise RuntimeError('this thread has no default loop, because it is not the main thread and has no context of its own: '
                               'create a loop with Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)')
        return loop

    def close(self, timeout) -> bool:
        """Ends everything, within `timeout` µs. A negative timeout means no limit."""
        try:
            return self._close(_usec(timeout))
        finally:
            tell_of_close()

    def run_until_complete(self, task: Task[_T]) -> _T:
        """Runs the loop until the task is done, and returns its result or raises its exception."""
        running = _get_running_loop()
        if running is not None and not task.done() and _follows(task, running):
            raise RuntimeError(f'{task.get_name()!r} can\'t be waited for inside the event loop that runs it: await it instead')
        try:
            self._run_until_complete(task)
        except GLib.Error:
            # The error may be about the wait rather than the task
            if not task.done():
                raise
        return task.result()

    def call_soon(self, func: Callable[[*_Ts], object], *args: *_Ts) -> int:
        """Calls `func (*args)` in the next kick. Returns a number for cancel_call ()."""
        return _called(self, Pillion.Loop.call_soon(self, _Call(func, args)))

    def call_soon_threadsafe(self, func: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """Calls `func (*args)` on the loop's thread, from any thread, and wakes a host that sleeps."""
        Pillion.Loop.call_soon_threadsafe(self, _Call(func, args))

    def call_later(self, delay, func: Callable[[*_Ts], object], *args: *_Ts) -> int:
        """Calls `func (*args)` after `delay` µs. Returns a number for cancel_call ()."""
        return _called(self, Pillion.Loop.call_later(self, _usec(delay), _Call(func, args)))

    def call_at_safe_point(self, func: Callable[[*_Ts], object], *args: *_Ts) -> int:
        """Calls `func (*args)` at the next safe point. Returns a number for cancel_call ()."""
        return _called(self, Pillion.Loop.call_at_safe_point(self, _Call(func, args)))

    def sleep(self, delay, cancellable=None) -> Task[bool]:
        """Creates a task that succeeds after `delay` µs."""
        return _at(_sleep(self, delay if type(delay) is int else _usec(delay), cancellable))

    def next_frame(self) -> Task[bool]:
        """Creates a task that ends when the host's next frame begins."""
        return _at(Pillion.Loop.next_frame(self))

    def run_in_thread(self, name, func: Callable[[Task[Any], Gio.Cancellable, *_Ts], _T], *args: *_Ts, cancellable=None) -> Task[_T]:
        """Calls `func (task, cancellable, *args)` on a worker thread. The task ends with what the function returns or raises,
        unless that has finished the task itself."""
        task = Pillion.Loop.run_in_thread(self, name, cancellable, _Work(func, args))
        return _at(task)

    def __repr__(self):
        if self.is_closed():
            return '<Pillion.Loop closed>'
        host = self.get_host()
        state = ('a passenger' if self.is_passenger() else
                 f'riding on {host.get_name()!r}' if self.is_riding() and host is not None else 'idle')
        return f'<Pillion.Loop {state} with {_count_live_tasks(self)}>'


class _Work(_Call):
    """A function that runs on a worker thread."""

    __slots__ = ()

    def __call__(self, task, cancellable):
        try:
            result = self._run(self.function, task, cancellable, *self.args)
        except BaseException as error:
            if not task.done():
                task._return_exception(error)
        else:
            if not task.done() and not task.return_if_cancelled():
                task.return_value(result)


Loop = _public(refuse_typos(add_attributes(override(Loop))))


class _Install(_Call):
    """A function that installs a hook. If it raises an exception, no hook is installed."""

    __slots__ = ()

    def __call__(self, loop):
        try:
            self.function(loop, *self.args)
        except (Exception, CancelledError) as error:
            host = loop.get_host()
            if not isinstance(host, Pillion.CallbackHost):
                raise
            host.refuse_install(to_error(error))
        except BaseException as error:
            if not keep(error):
                raise


def _describe_host(host):
    return f'<Pillion.{type(host).__name__} {host.get_name()!r}>'


class CallbackHost(Pillion.CallbackHost):
    # Whether `Loop.kick ()` raises KeyboardInterrupt and SystemExit, which then end the loop of a program that kicks by itself
    raises_interrupts = False

    __repr__ = _describe_host

    def set_install(self, func: Callable[[Loop, *_Ts], object] | None, *args: *_Ts) -> None:
        """Sets the function that installs the hook, `func (loop, *args)`. If it raises an exception, ensure () raises that."""
        Pillion.CallbackHost.set_install(self, None if func is None else _Install(func, args))


CallbackHost = _public(add_attributes(override(CallbackHost)))


class TestHost(Pillion.TestHost):
    __repr__ = _describe_host
    advance = runs(Pillion.TestHost.advance)
    run_until_idle = waits(Pillion.TestHost.run_until_idle)


TestHost = _public(add_attributes(override(TestHost)))


class TickHost(Pillion.TickHost):
    __repr__ = _describe_host
    run = waits(Pillion.TickHost.run)


TickHost = _public(add_attributes(override(TickHost)))


# Scopes, queues and the like

class _Body:
    """The body of an `async with` block. It is cancelled if a task of the scope fails, as with asyncio.TaskGroup."""

    def __init__(self, scope):
        self.scope = scope
        if _get_running_loop() is None:
            raise RuntimeError(f'`async with` a scope ({scope.get_name()!r}) needs an asyncio event loop. In trio, start tasks in the scope and '
                               'await scope.join ()')
        self.task = asyncio.current_task()
        self.cancelling = self.task.cancelling()  # how many times it was cancelled before
        self.interrupted = False
        self.handler = scope.connect('task-failed', self.on_task_failed)

    def on_task_failed(self, scope, task):
        if not self.interrupted and scope.get_cancel_on_error():
            self.interrupted = True
            self.task.cancel()

    async def leave(self, error):
        """Says that the body has ended, perhaps with an error. Returns the CancelledError if something else cancelled it."""
        self.scope.disconnect(self.handler)
        cancelled = error if isinstance(error, CancelledError) else None
        if self.interrupted:
            if cancelled is None:
                # The cancellation is still on its way
                try:
                    await asyncio.sleep(0)
                except CancelledError as late:
                    cancelled = late
            if self.task.uncancel() <= self.cancelling:
                cancelled = None
        return cancelled


class Scope(Pillion.Scope):
    """`async with Pillion.Scope ('panel') as scope:` waits at its end for everything that was started in the scope.
    If a task or the body fails, the rest and the body are cancelled. The failures of tasks are raised as an
    ExceptionGroup, as with asyncio.TaskGroup."""

    _body = None

    def __new__(cls, name: str, loop: Loop | None = None, *, parent: Scope | None = None, limit: int = 0,
                cancel_on_error: bool = True):
        if parent is not None:
            self = Pillion.Scope.new_child(parent, name)
        else:
            self = Pillion.Scope.new(_or_default(loop), name)
        self.set_limit(limit)
        self.set_cancel_on_error(cancel_on_error)
        return self

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    _close = waits(Pillion.Scope.close)
    join: Callable[..., Task[bool]] = _sited(Pillion.Scope.join)

    def close(self, timeout=0) -> bool:
        """Cancels all tasks and runs the loop until they have ended, for at most `timeout` µs. This is for host code; coroutines
        await aclose ()."""
        running = _get_running_loop()
        if timeout != 0 and running is not None and self._is_run_by(running):
            raise GLib.Error(f'The scope {self.get_name()!r} can\'t be closed inside the event loop that has to end its tasks: '
                             'await aclose ()', ERROR, Pillion.Error.NESTED)
        return self._close(_usec(timeout))

    def _is_run_by(self, running):
        """Returns whether something in the running event loop has to go on before everything has ended."""
        join = self.join()
        try:
            return _follows(join, running)
        finally:
            join.cancel()

    def create_task(self, awaitable: Awaitable[_T], *, name: str | None = None, key: str | None = None) -> Task[_T]:
        """Starts a coroutine in the scope, or adds another awaitable to it. Returns a Pillion.Task."""
        if self.is_closed():
            if asyncio.iscoroutine(awaitable):
                awaitable.close()
            raise GLib.Error(f'The scope {self.get_name()!r} is closed', ERROR, Pillion.Error.CLOSED)
        if isinstance(awaitable, Task):
            task = awaitable
        else:
            task = _at(Task.from_awaitable(awaitable, self.get_loop(), name))
        try:
            if key is None:
                self.add(task)
            else:
                self.add_with_key(key, task)
        except GLib.Error:
            if task is not awaitable:
                task.cancel()
            raise
        return task

    def start(self, name, func: Callable[[*_Ts], Awaitable[_T]], *args: *_Ts) -> Task[_T]:
        """Calls `func (*args)` when there is room for more work. It returns a task or an awaitable."""
        task = Pillion.Scope.start(self, name, _Start(self.get_loop(), name, func, args))
        return _at(task)

    async def aclose(self, timeout: int | None = None) -> bool:
        """Cancels all tasks, waits until they have ended, for at most `timeout` µs if given, and then closes the scope."""
        self.cancel()
        if self.get_live_tasks() > 0:
            join = self.join()
            try:
                await (join if timeout is None else join.with_timeout(timeout))
            except (Exception, KeyboardInterrupt, SystemExit):
                pass  # the tasks have their errors, and _close () names what is left
        return self._close(0)

    async def __aenter__(self) -> Self:
        if self._body is not None:
            raise RuntimeError(f'the scope {self.get_name()!r} has already been entered')
        self._body = _Body(self)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        body, self._body = self._body, None
        cancelled = await body.leave(error)
        if error is not None:
            self.cancel()
        while self.get_live_tasks() > 0:
            join = self.join()
            if join.done():
                break  # the loop is being closed, and that ends what is left
            try:
                await join
            except CancelledError as again:
                if not join.cancelled():
                    # The waiter was cancelled. That cancels what is in the scope, but still waits for it.
                    cancelled = again
                    self.cancel()
            except (Exception, KeyboardInterrupt, SystemExit):
                pass  # the errors of tasks are raised below
        try:
            self._close(0)
        except GLib.Error:
            if not self.is_closed():
                raise
            # Something further up is closing it
        failures = [task.exception() for task in self.take_failed()]
        for failure in failures:
            if isinstance(failure, (KeyboardInterrupt, SystemExit)):
                raise failure
        if failures:
            if error is not None and not isinstance(error, CancelledError) and error not in failures:
                failures.insert(0, error)
            raise BaseExceptionGroup(f'tasks of the scope {self.get_name()!r} failed', failures)
        if cancelled is not None and cancelled is not error:
            raise cancelled

    def __repr__(self):
        state = 'closed' if self.is_closed() else f'with {_count_live_tasks(self)}'
        return f'<Pillion.Scope {self.get_name()!r} {state}>'


Scope = _public(refuse_typos(add_attributes(override(Scope))))


class Queue(Pillion.Queue):
    """A queue of any Python objects. `async for item in queue` ends when the queue is closed and empty."""

    __class_getitem__: Generic[_T] = classmethod(GenericAlias)

    _turns = None

    def __new__(cls, capacity: int = 0, loop: Loop | None = None):
        return Pillion.Queue.new(_or_default(loop), capacity)

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    _put = Pillion.Queue.put

    def put(self, item: _T) -> Task[bool]:
        """Puts an item in. Returns a task that ends when there was room for it."""
        return _at(self._put(to_value(item)))

    def try_put(self, item: _T) -> bool:
        """Puts an item in if there is room. Returns whether there was."""
        return Pillion.Queue.try_put(self, to_value(item))

    get: Callable[..., Task[_T]] = _sited(Pillion.Queue.get)
    try_get: Callable[..., Task[_T] | None]
    put_object: Callable[..., Task[bool]] = _sited(Pillion.Queue.put_object)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _T:
        if self._turns is None:
            self._turns = _Turns()
        try:
            return await self._turns.wait(Pillion.Queue.get, self)
        except GLib.Error as error:
            if error.domain == ERROR and error.code == Pillion.Error.CLOSED:
                raise StopAsyncIteration from None
            raise

    def __len__(self):
        return self.get_length()

    def __bool__(self):
        return True

    def __repr__(self):
        capacity = self.get_capacity()
        return (f'<Pillion.Queue with {self.get_length()}{f" of {capacity}" if capacity else ""} items'
                f'{", closed" if self.is_closed() else ""}>')


Queue = _public(refuse_typos(add_attributes(override(Queue))))


class Semaphore(Pillion.Semaphore):
    """`async with semaphore:` holds a permit."""

    def __new__(cls, permits: int = 1, loop: Loop | None = None):
        return Pillion.Semaphore.new(_or_default(loop), permits)

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    acquire: Callable[..., Task[bool]] = _sited(Pillion.Semaphore.acquire)

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.release()

    def __repr__(self):
        return f'<Pillion.Semaphore with {self.get_available()} of {self.get_permits()} permits>'


Semaphore = _public(refuse_typos(add_attributes(override(Semaphore))))


class Event(Pillion.Event):
    def __new__(cls, loop: Loop | None = None):
        return Pillion.Event.new(_or_default(loop))

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    wait: Callable[..., Task[bool]] = _sited(Pillion.Event.wait)

    def __repr__(self):
        return f'<Pillion.Event {"set" if self.is_set() else "not set"}>'


Event = _public(refuse_typos(add_attributes(override(Event))))


class GlibHost(Pillion.GlibHost):
    __repr__ = _describe_host


GlibHost = _public(add_attributes(override(GlibHost)))


class PollSource(Pillion.PollSource):
    def __repr__(self):
        return f'<Pillion.PollSource of the descriptor {self.get_fd()}>'


PollSource = _public(add_attributes(override(PollSource)))


class Kick(Pillion.Kick):
    def __repr__(self):
        return f'<Pillion.Kick of {self.items} items in {self.duration_usec} µs{", with more ready" if self.more_ready else ""}>'


Kick = _public(override(Kick))
