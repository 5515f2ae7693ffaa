# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Waiting for a task in code that none of Pillion's event loops runs: in another event loop of asyncio's, or in trio, on any
thread. Something else has to kick the guest loop that the task belongs to.
"""

import asyncio
import contextlib
import sys
from asyncio.events import _get_running_loop

from gi.module import get_introspection_module

Pillion = get_introspection_module('Pillion')

# How many seconds to wait for the first kick, if this is the thread that has to kick
PATIENCE = 5


class _Relay:
    """Tells whoever waits that the task is done. If it is dropped before it was called, the task will never be done, and it
    tells them that too."""

    __slots__ = ('tell',)

    def __init__(self, tell):
        self.tell = tell

    def __call__(self, *_):
        tell, self.tell = self.tell, None
        if tell is not None:
            try:
                tell()
            except RuntimeError:
                pass  # what waited is closed

    __del__ = __call__


def running_trio():
    """The module trio, if a task of trio's is running; else None."""
    trio = sys.modules.get('trio')
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            return None
    return trio


def give_up(task, callback):
    """Removes a done callback of somebody who no longer waits, and cancels the task if nobody else waits either."""
    task.remove_done_callback(callback)
    source = Pillion.PollSource.new(task.get_loop(), -1)
    if source.watch_task(task):
        source.give_up_task(task)
    source.close()


@contextlib.contextmanager
def _watching(task, tell, begin):
    """Has `begin ()` called at the first kick, and `tell ()` when the task is done, both on the thread of its loop."""
    guest = task.get_loop()
    callback = 0

    def watch(relay):
        nonlocal callback
        begin()
        callback = task.add_done_callback(relay)

    guest.call_soon_threadsafe(watch, _Relay(tell))
    try:
        yield
    except BaseException:
        guest.call_soon_threadsafe(lambda: give_up(task, callback))
        raise


def _not_kicked(task):
    return RuntimeError(f'{task.get_name()!r} makes no progress, because nobody runs its guest loop: this event loop is none of '
                        'Pillion\'s. Use pillion.run (), or kick the guest loop')


async def _wait_in_asyncio(task, loop):
    future = loop.create_future()

    def end(error=None):
        if not future.done():
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

    patience = None
    if task.get_loop().is_on_thread():
        patience = loop.call_later(PATIENCE, lambda: end(_not_kicked(task)))
    try:
        with _watching(task, lambda: loop.call_soon_threadsafe(end), lambda: patience and patience.cancel()):
            await future
    finally:
        if patience is not None:
            patience.cancel()


async def _wait_in_trio(task, trio):
    event = trio.Event()
    token = trio.lowlevel.current_trio_token()
    has_begun = False

    def begin():
        nonlocal has_begun
        has_begun = True

    with _watching(task, lambda: token.run_sync_soon(event.set), begin):
        if task.get_loop().is_on_thread():
            with trio.move_on_after(PATIENCE):
                await event.wait()
            if not has_begun:
                raise _not_kicked(task)
        await event.wait()


async def wait(task):
    """Waits until the task is done, or never will be."""
    loop = _get_running_loop()
    if loop is not None:
        await _wait_in_asyncio(task, loop)
        return
    trio = running_trio()
    if trio is None:
        raise RuntimeError(f'no running event loop: {task.get_name()!r} can be awaited in asyncio and in trio')
    await _wait_in_trio(task, trio)


def wait_for_call(call, trio):
    """What awaits a concurrent.futures.Future in trio, and cancels it if the awaiting task is cancelled."""
    async def wait():
        event = trio.Event()
        token = trio.lowlevel.current_trio_token()
        call.add_done_callback(_Relay(lambda: token.run_sync_soon(event.set)))
        try:
            await event.wait()
        except BaseException:
            call.cancel()
            raise
        return call.result()

    return wait()
