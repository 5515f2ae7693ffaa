# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Keeps callbacks away while Blender renders, undoes a step or loads a file: what they would touch may be half gone."""

from typing import Any

import bpy
from bpy.app import handlers

from pillion._library import Pillion

FLAGS = Pillion.RegionFlags.NO_CALLBACKS

# The names of Blender's lists of handlers, and what begins or ends there. Some lists came with later versions.
BEGINNINGS = {'load_pre': 'file load', 'redo_pre': 'redo', 'render_init': 'render', 'undo_pre': 'undo'}
ENDS = {'load_post': 'file load', 'load_post_fail': 'file load', 'redo_post': 'redo', 'render_cancel': 'render',
        'render_complete': 'render', 'undo_post': 'undo'}

# What Blender does in a job of its own, while timers are called
RENDER = 'render'


class Regions:
    def __init__(self, on_loaded):
        self._loop: Any = None
        self._open: set[str] = set()
        self._on_loaded = on_loaded

    def follow(self, loop):
        """Keeps callbacks of this loop away, or of none."""
        self._remove_handlers()
        self._loop = loop
        self._open.clear()
        if loop is not None:
            for name, region in BEGINNINGS.items():
                self._add_handler(name, self._begin, region)
            for name, region in ENDS.items():
                self._add_handler(name, self._end, region)

    def is_held(self):
        return bool(self._open)

    def update(self):
        """Checks what is going on. A timer calls this, and timers are called during a render at most: if Blender failed to load
        a file, no handler says so."""
        is_rendering = bpy.app.is_job_running('RENDER')
        if self._open:
            for region in list(self._open):
                if region != RENDER or not is_rendering:
                    self._end(region)
        if is_rendering:
            self._begin(RENDER)

    def _add_handler(self, name, function, region):
        functions = getattr(handlers, name, None)
        if functions is None:
            return

        @handlers.persistent
        def handler(*_):
            function(region)

        handler.__qualname__ = f'{__name__}.{name}'
        functions.append(handler)

    def _remove_handlers(self):
        """Removes them by name, so that those of another copy of this module go, too."""
        for name in (*BEGINNINGS, *ENDS):
            functions = getattr(handlers, name, [])
            for function in list(functions):
                if getattr(function, '__qualname__', None) == f'{__name__}.{name}':
                    functions.remove(function)

    def _begin(self, region):
        # Blender calls the handlers of a render job on the job's thread: then the timer notices the render
        if region not in self._open and self._loop is not None and self._loop.is_on_thread():
            self._open.add(region)
            self._loop.begin_region(region, FLAGS)

    def _end(self, region):
        if region in self._open and self._loop.is_on_thread():
            self._open.discard(region)
            self._loop.end_region(region)
        if region == 'file load' and self._loop is not None:
            self._on_loaded()
