# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A strip in 3D viewports with the times of the last frames, and of the longest kick in each.

It is cheap to draw: one buffer and a text, which are renewed a few times a second. Between two frames, all of this falls out of the
processor's caches, so what `draw ()` costs is what it touches."""

from __future__ import annotations

import importlib
from time import monotonic
from typing import Any

import bpy

from pillion.hosts.blender._host import host

# How many frames the strip shows, one beside the other
FRAMES = 120
STEP = 2  # pixels

# The height of a second in pixels, and that of the strip
SCALE = 1500
HEIGHT = 100

# Where the strip is in its region
LEFT, BOTTOM = 60, 40

# How often what is drawn is renewed, in seconds
INTERVAL = 0.25

TEXT_SIZE = 11

# Two viewports that are drawn in one frame are less than this apart, in seconds
SAME_FRAME = 0.002

FRAME_COLOR = 0.35, 0.55, 0.8, 0.9
KICK_COLOR = 1.0, 0.6, 0.1, 1.0
LIMIT_COLOR = 1.0, 1.0, 1.0, 0.5
LIMIT = 1 / 60  # seconds

_strip: _Strip | None = None


class _Strip:
    def __init__(self):
        blf, self.gpu = importlib.import_module('blf'), importlib.import_module('gpu')
        self.set_color, self.set_size, self.set_position, self.draw_text = blf.color, blf.size, blf.position, blf.draw
        numpy = importlib.import_module('numpy')
        self.index = 0
        self.batch: Any = None
        self.last = self.renewed = 0.0
        self.text = ''
        # Each frame is a line for its time, and one for its longest kick on top; the last line marks the limit
        x = LEFT + STEP * numpy.repeat(numpy.arange(FRAMES, dtype=numpy.float32), 2)
        self.points = numpy.full((4 * FRAMES + 2, 2), BOTTOM, dtype=numpy.float32)
        self.points[:2 * FRAMES, 0] = self.points[2 * FRAMES:4 * FRAMES, 0] = x
        self.points[-2:] = (LEFT, BOTTOM + LIMIT * SCALE), (LEFT + STEP * FRAMES, BOTTOM + LIMIT * SCALE)
        self.view: Any = memoryview(self.points).cast('B').cast('f')  # in which a single number is set much faster
        self.colors = numpy.empty((4 * FRAMES + 2, 4), dtype=numpy.float32)
        self.colors[:2 * FRAMES] = FRAME_COLOR
        self.colors[2 * FRAMES:] = KICK_COLOR
        self.colors[-2:] = LIMIT_COLOR
        self.shader = self.gpu.shader.from_builtin('FLAT_COLOR' if bpy.app.version >= (4, 0, 0) else '2D_FLAT_COLOR')
        self.format = self.gpu.types.GPUVertFormat()
        self.format.attr_add(id='pos', comp_type='F32', len=2, fetch_mode='FLOAT')
        self.format.attr_add(id='color', comp_type='F32', len=4, fetch_mode='FLOAT')
        self.handle = bpy.types.SpaceView3D.draw_handler_add(self.draw, (), 'WINDOW', 'POST_PIXEL')

    def remove(self):
        bpy.types.SpaceView3D.draw_handler_remove(self.handle, 'WINDOW')

    def draw(self):
        now = monotonic()
        frame = now - self.last
        if frame > SAME_FRAME:
            kick = host.longest_kick
            host.longest_kick = 0.0
            self.last = now
            number = 4 * self.index + 3  # of the height of the frame's line
            self.view[number] = BOTTOM + min(frame * SCALE, HEIGHT)
            self.view[4 * FRAMES + number] = BOTTOM + min(kick * SCALE, HEIGHT)
            self.index = (self.index + 1) % FRAMES
            if now > self.renewed + INTERVAL:
                self.renewed = now
                self.renew(frame, kick)
        self.batch.draw(self.shader)
        self.set_color(0, 1, 1, 1, 1)
        self.set_size(0, TEXT_SIZE)
        self.set_position(0, LEFT, BOTTOM - 16, 0)
        self.draw_text(0, self.text)

    def renew(self, frame, kick):
        buffer = self.gpu.types.GPUVertBuf(self.format, len(self.points))
        buffer.attr_fill('pos', self.points)
        buffer.attr_fill('color', self.colors)
        self.batch = self.gpu.types.GPUBatch(type='LINES', buf=buffer)
        self.text = f'frame {frame * 1000:.1f} ms, kick {kick * 1000:.1f} ms'


def show(is_shown: Any) -> None:
    """Shows or hides the strip. In background mode there is nothing to show it in."""
    global _strip
    if is_shown and _strip is None and not bpy.app.background:
        _strip = _Strip()
    elif not is_shown and _strip is not None:
        _strip.remove()
        _strip = None
