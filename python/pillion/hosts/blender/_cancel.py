# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ends everything, and stays ready for more."""

import asyncio
from time import monotonic

from pillion._library import GLib, Pillion
from pillion.hosts.blender._host import guest
from pillion.hosts.blender._worker import worker


def cancel_all(timeout: float = 1) -> bool:
    """Cancels everything that is under way, and waits up to `timeout` seconds until it has ended. Returns whether it has."""
    end = monotonic() + timeout
    has_ended = _cancel_guest(timeout)
    return worker.cancel(max(0, end - monotonic())) and has_ended


def count_live() -> int:
    """How many tasks, coroutines and downloads of background downloaders are under way."""
    loop = guest()
    return loop.get_live_tasks() + len(_get_futures(loop)) + worker.count()


def _get_futures(loop):
    event_loop = getattr(loop, 'asyncio_loop', None)
    return set() if event_loop is None or event_loop.is_closed() else asyncio.all_tasks(event_loop)


def _cancel_guest(timeout):
    loop = guest()
    if loop.is_closed():
        return True
    futures = _get_futures(loop)
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
