# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Adapters that make other programs' main loops carry a Pillion loop, in two lines:

    import pillion.hosts
    loop = pillion.hosts.tk.install(root)

From then on `pillion.ensure_future ()`, `asyncio.create_task ()` and everything that takes a `Pillion.Loop` work in that program's
handlers. When the program exits, what is still under way is cancelled, and the exit takes at most a second longer. `install ()` without
the name of a host finds out which one is running.

Each host is a module of its own, which is imported when it is first used. `Host` is what an adapter of your own derives from.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pillion._library import Pillion
from pillion.hosts._base import Host
from pillion.hosts._detect import find_host

if TYPE_CHECKING:
    from pillion.hosts import asyncio as asyncio
    from pillion.hosts import blender as blender
    from pillion.hosts import generic as generic
    from pillion.hosts import gtk as gtk
    from pillion.hosts import libreoffice as libreoffice
    from pillion.hosts import pygame as pygame
    from pillion.hosts import qt as qt
    from pillion.hosts import tk as tk
    from pillion.hosts import trio as trio
    from pillion.hosts import wx as wx

__all__ = [
    'Host',
    'asyncio',
    'blender',
    'detect',
    'generic',
    'gtk',
    'install',
    'libreoffice',
    'pygame',
    'qt',
    'tk',
    'trio',
    'wx',
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
    return sorted(__all__)


def detect() -> ModuleType:
    """Finds out which host is running on this thread, and returns its module: `pillion.hosts.tk`, for example. It imports no toolkit.
    Raises RuntimeError, which says why, if none is found, or if the one that is found can't carry a loop."""
    return importlib.import_module(f'{__name__}.{find_host()}')


def install() -> Pillion.Loop:
    """Makes the host that is running on this thread carry the thread's loop, and returns the loop. Raises RuntimeError like
    detect ()."""
    return detect().install()
