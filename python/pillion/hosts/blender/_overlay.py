# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A strip in 3D viewports with the times of the last frames, and of the longest kick in each.

Below it are the last frame's time and its longest kick, in milliseconds and in the colors of their lines.

It is cheap to draw: one buffer, which is renewed a few times a second. The digits are lines in it, too, because Blender's own text would
cost as much as all the rest. Between two frames, all of this falls out of the processor's caches, so what `draw ()` costs is what it
touches."""

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

# The digits, like those of an old calculator: which segments are lit, and where each goes from and to
SEGMENTS = {'0': 'abcdef', '1': 'bc', '2': 'abdeg', '3': 'abcdg', '4': 'bcfg', '5': 'acdfg', '6': 'acdefg', '7': 'abc', '8': 'abcdefg',
            '9': 'abcdfg', '.': 'p', ' ': ''}
ENDS = {'a': (0, 8, 5, 8), 'b': (5, 8, 5, 4), 'c': (5, 4, 5, 0), 'd': (0, 0, 5, 0), 'e': (0, 4, 0, 0), 'f': (0, 8, 0, 4), 'g': (0, 4, 5, 4),
        'p': (2, 0, 2, 2), ' ': (-1000, -1000, -1000, -1000)}  # a space is an unlit one
MOST_SEGMENTS = 7
WIDTH = 8  # pixels, of a digit with the space to the next one
DIGITS = 7  # of a time
LONGEST = 99999  # ms

# Two viewports that are drawn in one frame are less than this apart, in seconds
SAME_FRAME = 0.002

FRAME_COLOR = 89, 140, 204, 230
KICK_COLOR = 255, 153, 26, 255
LIMIT_COLOR = 255, 255, 255, 128
LIMIT = 1 / 60  # seconds

_strip: _Strip | None = None


class _Strip:
    def __init__(self):
        self.gpu = importlib.import_module('gpu')
        numpy = importlib.import_module('numpy')
        self.index = 0
        self.batch: Any = None
        self.last = self.renewed = 0.0
        # Each frame is a line for its time, and one for its longest kick on top. Then comes the line that marks the limit, and then the digits.
        n_lines = 4 * FRAMES + 2
        n_points = n_lines + 2 * DIGITS * MOST_SEGMENTS * 2
        x = LEFT + STEP * numpy.repeat(numpy.arange(FRAMES, dtype=numpy.float32), 2)
        self.points = numpy.full((n_points, 2), BOTTOM, dtype=numpy.float32)
        self.points[:2 * FRAMES, 0] = self.points[2 * FRAMES:4 * FRAMES, 0] = x
        self.points[n_lines - 2:n_lines] = (LEFT, BOTTOM + LIMIT * SCALE), (LEFT + STEP * FRAMES, BOTTOM + LIMIT * SCALE)
        self.digits: Any = memoryview(self.points[n_lines:]).cast('B')
        # What each digit is at each place
        self.shapes = []
        for number in range(2 * DIGITS):
            place = numpy.array((LEFT + WIDTH * number, BOTTOM - 16) * 2, dtype=numpy.float32)
            self.shapes.append({digit: b''.join((place + numpy.array(ENDS[segment], numpy.float32)).tobytes() for segment in lit.ljust(MOST_SEGMENTS))
                                for digit, lit in SEGMENTS.items()})
        self.view: Any = memoryview(self.points).cast('B').cast('f')  # in which a single number is set much faster
        self.colors = numpy.empty((n_points, 4), dtype=numpy.uint8)
        self.colors[:2 * FRAMES] = FRAME_COLOR
        self.colors[2 * FRAMES:] = KICK_COLOR
        self.colors[n_lines - 2:n_lines] = LIMIT_COLOR
        self.colors[n_lines:(n_lines + n_points) // 2] = FRAME_COLOR
        self.shader = self.gpu.shader.from_builtin('FLAT_COLOR' if bpy.app.version >= (4, 0, 0) else '2D_FLAT_COLOR')
        self.format = self.gpu.types.GPUVertFormat()
        self.format.attr_add(id='pos', comp_type='F32', len=2, fetch_mode='FLOAT')
        self.format.attr_add(id='color', comp_type='U8', len=4, fetch_mode='INT_TO_FLOAT_UNIT')
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

    def renew(self, frame, kick):
        text = f'{min(frame * 1000, LONGEST):{DIGITS}.1f}{min(kick * 1000, LONGEST):{DIGITS}.1f}'
        self.digits[:] = b''.join([shapes[digit] for shapes, digit in zip(self.shapes, text)])
        buffer = self.gpu.types.GPUVertBuf(self.format, len(self.points))
        buffer.attr_fill('pos', self.points)
        buffer.attr_fill('color', self.colors)
        self.batch = self.gpu.types.GPUBatch(type='LINES', buf=buffer)


def show(is_shown: Any) -> None:
    """Shows or hides the strip. In background mode there is nothing to show it in."""
    global _strip
    if is_shown and _strip is None and not bpy.app.background:
        _strip = _Strip()
    elif not is_shown and _strip is not None:
        _strip.remove()
        _strip = None
