# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Blender as the host.

    from pillion.hosts import blender
    blender.install()

From then on Blender kicks the guest loop, whatever file is opened, until `remove ()`. Work is kept back while Blender renders,
undoes a step or loads a file. In background mode, Blender calls nothing by itself: wait for each result with
`run_until_complete ()`.
"""

import asyncio
import atexit

import bpy

from pillion import async_loop
from pillion._library import GLib, Pillion
from pillion.hosts.blender._operator import AsyncModalOperatorMixin
from pillion.hosts.blender._timer import NAME, Timer

__all__ = ['AsyncModalOperatorMixin', 'cancel_all', 'install', 'is_online', 'remove']

# How long ending Blender may take, in µs
PATIENCE_AT_EXIT = 100_000

_timer = Timer()


def install() -> None:
    """Makes Blender kick the loop, once, however often you call this."""
    if Pillion.Loop.find_by_name(NAME) is not None and async_loop.guest.get_host() is not _timer.host:
        # Another copy of this module installed it
        Pillion.Loop.stop_by_name(NAME)
    async_loop.set_host(_timer.host)


def remove() -> None:
    """Removes the hook. What is pending stays pending until install ()."""
    Pillion.Loop.stop_by_name(NAME)


def cancel_all(timeout: float = 1) -> bool:
    """Cancels everything that is under way, and waits up to `timeout` seconds until it has ended. Returns whether it has."""
    loop = async_loop.guest
    if loop.is_closed():
        return True
    event_loop = loop.asyncio_loop
    futures = set() if event_loop.is_closed() else asyncio.all_tasks(event_loop)
    tasks = list(loop.observe_tasks())
    for work in (*futures, *tasks):
        work.cancel()
    if futures:
        tasks.append(Pillion.Task.from_awaitable(asyncio.wait(futures), loop, 'the end of coroutines'))
    if tasks:
        try:
            loop.run_until_complete(Pillion.Task.settle(loop, tasks).with_timeout(round(timeout * 1e6)))
        except (GLib.Error, TimeoutError):
            return False  # it is too early, or too late
    return True


def is_online() -> bool:
    """Whether the user lets Blender use the network. Blender 4.2 and later ask."""
    return getattr(bpy.app, 'online_access', True)


def _at_exit():
    """Ends transfers while there still is an interpreter. They keep what they have got, and go on the next time."""
    loop = async_loop.guest
    if not loop.is_closed():
        try:
            loop.close(PATIENCE_AT_EXIT)
        except GLib.Error:
            pass  # it names what has not ended in time


atexit.register(_at_exit)
