# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""asyncio inside the guest loop of a program that has its own main loop.

`EventLoop` is an event loop for asyncio, and a loop factory for `asyncio.Runner` and `asyncio.run`; `run ()` runs a
coroutine in one. `frame ()` waits for the host's next frame. `call_in_host ()` calls a function on the host's thread, and
`gio ()` awaits an asynchronous call in the style of GIO. `pillion.async_loop` is for add-ons,
and `pillion.testing` for tests.
"""

import asyncio
import importlib
import sys
from collections.abc import Awaitable
from typing import Any, TypeVar

if __name__ != 'pillion':
    raise ImportError(f'pillion can\'t be imported as {__name__}: put the folder that contains it into sys.path, and import pillion', name=__name__)

from pillion import _library  # first, because it refuses where nothing else would work
from pillion._gio import chunks, gio, lines
from pillion._host import HostCall, call_in_host
from pillion._hosted import ensure_future, frame
from pillion._loop import EventLoop, new_loop_to_run
from pillion._version import __version__

__all__ = ['EventLoop', 'HostCall', '__version__', 'call_in_host', 'chunks', 'ensure_future', 'frame', 'gio', 'lines', 'run']

_T = TypeVar('_T')


async def _wait(awaitable: Awaitable[_T]) -> _T:
    return await awaitable


def run(main: Awaitable[_T], *, debug: bool | None = None) -> _T:
    """Runs a coroutine and returns its result, like asyncio.run (), or waits for a task. Meanwhile the guest loop and GLib carry on."""
    if not isinstance(main, Awaitable):
        hint = ': call it, as in pillion.run(main())' if callable(main) else ''
        raise TypeError(f'pillion.run () takes a coroutine or a task, and not {main!r}{hint}')
    with asyncio.Runner(debug=debug, loop_factory=new_loop_to_run) as runner:
        return runner.run(main if asyncio.iscoroutine(main) else _wait(main))


def __getattr__(name):
    # An add-on for Blender has the same name, and where this package is installed, Blender finds it first
    if name == '__addon_enabled__':
        return False
    if name in ('bl_info', 'register', 'unregister') and 'bpy' in sys.modules:
        from pillion.hosts.blender import _addon
        return getattr(_addon, name)
    if name in ('hosts', 'testing'):
        return importlib.import_module(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
    return sorted([*__all__, 'async_loop', 'hosts', 'testing'])  # not what this module imports
