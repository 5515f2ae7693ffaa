# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Adapters that make other programs' main loops carry a Pillion loop, in two lines:

    import pillion.hosts
    loop = pillion.hosts.tk.install(root)

From then on `pillion.ensure_future ()`, `asyncio.create_task ()` and everything that takes a `Pillion.Loop` work in that program's
handlers.

Each host is a module of its own, which is imported when it is first used. `Host` is what an adapter of your own derives from.
"""

import importlib
from typing import TYPE_CHECKING, Any

from pillion.hosts._base import Host

if TYPE_CHECKING:
    from pillion.hosts import blender as blender
    from pillion.hosts import qt as qt
    from pillion.hosts import tk as tk

__all__ = [
    'Host',
    'blender',
    'qt',
    'tk',
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f'{__name__}.{name}')
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
    return sorted(__all__)
