# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Awaiting asynchronous calls of GIO, libsoup and similar libraries."""

import asyncio
import importlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from gi.repository import Gio

from pillion._library import GLib, overrides
from pillion._loop import EventLoop

# The type of a library's functions, which describe their arguments
LibraryFunction = type(Gio.bus_get)

# Separates lines. bytes.splitlines () would also split at carriage returns.
NEWLINE = re.compile(rb'(?<=\n)(?=.)', re.DOTALL)

# Looked up once: in the modules of gi.repository, a name without an override is only found after an AttributeError
new_cancellable = Gio.Cancellable.new
PRIORITY = GLib.PRIORITY_DEFAULT

_signatures: dict[str, '_Signature'] = {}  # of a library's functions, by symbol


def _finish_names(name):
    """Yields the possible names of the finish function: that of replace_contents_bytes_async () is replace_contents_finish ()."""
    words = name.removesuffix('_async').split('_')
    for count in range(len(words), 0, -1):
        yield '_'.join(words[:count]) + '_finish'


class _Signature:
    """What has to be known about an asynchronous function before calling it."""

    def __init__(self, name, owner, arguments, is_method):
        self.has_cancellable = 'cancellable' in arguments
        self.priority = arguments.index('io_priority') if 'io_priority' in arguments else -1
        if 'callback' not in arguments:
            raise TypeError(f'{name} () is not asynchronous: it takes no callback')
        for finish in _finish_names(name):
            if hasattr(owner, finish):
                self.finish = getattr(owner, finish)
                # Gio.IOStream.splice_finish () is not a method
                self.has_source = self.finish.is_method() if isinstance(self.finish, LibraryFunction) else is_method
                return
        raise TypeError(f'{name} () is not asynchronous: there is no {next(_finish_names(name))} ()')


def _look_up(function):
    if isinstance(function, LibraryFunction):
        symbol = function.get_symbol()
        signature = _signatures.get(symbol)
        if signature is None:
            arguments = function.get_arguments()
            # In Python, the length of an array is not an argument of its own
            lengths = {argument.get_type().get_array_length() for argument in arguments if argument.get_type().get_tag_as_string() == 'array'}
            names = [argument.get_name() for index, argument in enumerate(arguments) if index not in lengths]
            owner: Any = importlib.import_module('gi.repository.' + function.get_namespace())
            container = function.get_container()
            if container is not None:
                owner = getattr(owner, container.get_name())
            signature = _signatures[symbol] = _Signature(function.get_name(), owner, names, function.is_method())
        return signature
    if not callable(function) or not hasattr(function, '__name__'):
        raise TypeError(f'{function!r} is not a function')
    # A function written in Python, such as one of an override
    owner = getattr(function, '__self__', None)
    code = getattr(getattr(function, '__func__', function), '__code__', None)
    if owner is None or code is None:
        raise TypeError(f'{function.__name__} () is not asynchronous: it is neither a library function nor a method')
    is_method = not isinstance(owner, type)
    names = code.co_varnames[1:code.co_argcount + code.co_kwonlyargcount]
    return _Signature(function.__name__, type(owner) if is_method else owner, list(names), is_method)


def gio(function: Callable[..., Any], *args: Any, cancellable: Gio.Cancellable | None = None,
        **kwargs: Any) -> Coroutine[Any, Any, Any]:
    """Calls an asynchronous function in the style of GIO, which takes a callback. Await it to get the result of the matching
    finish function.

        contents = await pillion.gio(file.load_contents_async)
        line, length = await pillion.gio(stream.read_line_async)

    Pass the function's arguments without the callback. You can leave out `io_priority`. If the waiter is cancelled, so is the
    call, and the waiter waits until it has ended. A GLib.Error is raised as the matching Python exception. Use this on the
    thread of one of Pillion's event loops."""
    signature = _look_up(function)
    if 'callback' in kwargs:
        raise TypeError('gio () passes a callback of its own')
    return _call(signature, function, args, cancellable, kwargs)


async def _call(signature, function, args, cancellable, kwargs):
    loop: Any = asyncio.get_running_loop()
    if not isinstance(loop, EventLoop):
        raise RuntimeError('this event loop doesn\'t run GLib\'s context, so the call would never end: use pillion.run ()')
    if signature.has_cancellable:
        if cancellable is None:
            cancellable = new_cancellable()
        kwargs['cancellable'] = cancellable
    elif cancellable is not None:
        raise TypeError(f'{function.__name__} () takes no cancellable')
    if len(args) <= signature.priority and 'io_priority' not in kwargs:
        kwargs['io_priority'] = PRIORITY

    future = loop.create_future()
    ended = False

    def on_ready(source, result):
        nonlocal ended
        ended = True
        loop._n_calls -= 1
        if not future.done() and not loop.is_closed():
            future.set_result((source, result))

    context = loop._context
    is_default = (GLib.MainContext.get_thread_default() or GLib.MainContext.default()) == context
    if not is_default:
        context.push_thread_default()
    try:
        function(*args, **kwargs, callback=on_ready)
        loop._n_calls += 1
    finally:
        if not is_default:
            context.pop_thread_default()
    try:
        source, result = await future
    except BaseException as error:
        if cancellable is not None:
            cancellable.cancel()
            if isinstance(error, asyncio.CancelledError) and not ended:
                # The object is busy until the call has ended. Being cancelled a second time ends this wait.
                future = loop.create_future()
                await future
        raise
    try:
        return signature.finish(source or result.get_source_object(), result) if signature.has_source else signature.finish(result)
    except GLib.Error as error:
        exception = overrides.to_exception(error)
    try:
        raise exception
    finally:
        del exception, future, on_ready  # because the traceback keeps this frame alive


async def chunks(stream: Gio.InputStream, size: int = 65536) -> AsyncIterator[bytes]:
    """Yields the contents of a Gio.InputStream as bytes, up to `size` at a time."""
    while True:
        chunk = (await gio(stream.read_bytes_async, size)).get_data()
        if not chunk:
            break
        yield chunk


async def lines(stream: Gio.InputStream) -> AsyncIterator[bytes]:
    """Yields the lines of a Gio.InputStream as bytes, each with its newline, like asyncio's streams. It reads
    ahead."""
    pieces = []  # of an incomplete line
    async for chunk in chunks(stream):
        first, *others = NEWLINE.split(chunk)
        pieces.append(first)
        for line in others:
            yield b''.join(pieces)
            pieces = [line]
        if pieces[-1].endswith(b'\n'):
            yield b''.join(pieces)
            pieces = []
    if pieces:
        yield b''.join(pieces)
