# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A strip in 3D viewports with the times of the last frames, and of the longest kick in each.

Below it are the last frame's time and its longest kick, in milliseconds and in the colors of their lines.

It is cheap to draw: one buffer, which is renewed twice a second, and in which there are only lines that can be seen. The digits are lines
in it, too, because Blender's own text would cost as much as all the rest. Between two frames, all of this falls out of the processor's
caches, so what `draw ()` costs is what it touches: it leaves all else to the renewal."""

from __future__ import annotations

import array
import importlib
import struct
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
LEAST = 0.5  # pixels, of a line that can be seen

# Where the strip is in its region
LEFT, BOTTOM = 60, 40

# How often what is drawn is renewed, in seconds
INTERVAL = 0.5

# The digits, like those of an old calculator: which segments are lit, and where each goes from and to
SEGMENTS = {'0': 'abcdef', '1': 'bc', '2': 'abdeg', '3': 'abcdg', '4': 'bcfg', '5': 'acdfg', '6': 'acdefg', '7': 'abc', '8': 'abcdefg',
            '9': 'abcdfg', '.': 'p', ' ': ''}
ENDS = {'a': (0, 8, 5, 8), 'b': (5, 8, 5, 4), 'c': (5, 4, 5, 0), 'd': (0, 0, 5, 0), 'e': (0, 4, 0, 0), 'f': (0, 8, 0, 4), 'g': (0, 4, 5, 4),
        'p': (2, 0, 2, 2)}
WIDTH = 8  # pixels, of a digit with the space to the next one
DIGITS = 7  # of a time
LONGEST = 99999  # ms

# Two viewports that are drawn in one frame are less than this apart, in seconds
SAME_FRAME = 0.002

# Of both ends of a line
FRAME_COLOR = bytes((89, 140, 204, 230) * 2)
KICK_COLOR = bytes((255, 153, 26, 255) * 2)
LIMIT_COLOR = bytes((255, 255, 255, 128) * 2)
LIMIT = 1 / 60  # seconds

pack_line = struct.Struct('4f').pack

_strip: _Strip | None = None


class _Strip:
    def __init__(self):
        self.gpu = importlib.import_module('gpu')
        self.index = 0
        self.batch: Any = None
        self.drawn: list[tuple[float, float]] = []  # since the last renewal: when, and the longest kick before
        self.due = self.last = self.longest = self.frame = self.kick = 0.0
        # Each frame is a line for its time, and one on top for its longest kick if that can be seen. Lines are from x, y to x, y.
        self.frames = array.array('f', [value for x in range(LEFT, LEFT + STEP * FRAMES, STEP) for value in (x, BOTTOM, x, BOTTOM)])
        self.kicks: dict[int, bytes] = {}  # by the numbers of their frames
        limit = BOTTOM + LIMIT * SCALE
        self.limit = pack_line(LEFT, limit, LEFT + STEP * FRAMES, limit)
        # Those of each digit at each place, and their colors
        self.digits = []
        for number in range(2 * DIGITS):
            x, y = LEFT + WIDTH * number, BOTTOM - 16
            lines = {segment: pack_line(x + ends[0], y + ends[1], x + ends[2], y + ends[3]) for segment, ends in ENDS.items()}
            color = FRAME_COLOR if number < DIGITS else KICK_COLOR
            self.digits.append({digit: (b''.join([lines[segment] for segment in lit]), color * len(lit)) for digit, lit in SEGMENTS.items()})
        self.shader = self.gpu.shader.from_builtin('FLAT_COLOR' if bpy.app.version >= (4, 0, 0) else '2D_FLAT_COLOR')
        self.format = self.gpu.types.GPUVertFormat()
        self.format.attr_add(id='pos', comp_type='F32', len=2, fetch_mode='FLOAT')
        self.format.attr_add(id='color', comp_type='U8', len=4, fetch_mode='INT_TO_FLOAT_UNIT')
        self.handle = bpy.types.SpaceView3D.draw_handler_add(self.draw, (), 'WINDOW', 'POST_PIXEL')

    def remove(self):
        bpy.types.SpaceView3D.draw_handler_remove(self.handle, 'WINDOW')

    def draw(self):
        now = monotonic()
        self.drawn.append((now, host.longest_kick))
        host.longest_kick = 0.0
        if now > self.due:
            self.renew(now)
        self.batch.draw(self.shader)

    def renew(self, now):
        self.due = now + INTERVAL
        self.note_frames()
        points, colors = self.make_lines(self.frame, self.kick)
        count = len(colors) // 4
        buffer = self.gpu.types.GPUVertBuf(self.format, count)
        buffer.attr_fill('pos', memoryview(points).cast('f', (count, 2)))
        buffer.attr_fill('color', memoryview(colors).cast('B', (count, 4)))
        self.batch = self.gpu.types.GPUBatch(type='LINES', buf=buffer)

    def note_frames(self):
        """Makes lines of what was drawn."""
        for drawn, kick in self.drawn:
            self.longest = max(self.longest, kick)
            frame = drawn - self.last
            if frame > SAME_FRAME:
                self.note(frame, self.longest)
                self.last, self.longest = drawn, 0.0
        self.drawn.clear()

    def note(self, frame, kick):
        self.frame, self.kick = frame, kick
        index = self.index
        self.frames[4 * index + 3] = BOTTOM + min(frame * SCALE, HEIGHT)
        if kick * SCALE >= LEAST:
            x = LEFT + STEP * index
            self.kicks[index] = pack_line(x, BOTTOM, x, BOTTOM + min(kick * SCALE, HEIGHT))
        else:
            self.kicks.pop(index, None)
        self.index = (index + 1) % FRAMES

    def make_lines(self, frame, kick):
        """Returns all lines, and the colors of their ends."""
        text = f'{min(frame * 1000, LONGEST):{DIGITS}.1f}{min(kick * 1000, LONGEST):{DIGITS}.1f}'
        digits = [shapes[digit] for shapes, digit in zip(self.digits, text)]
        points = b''.join([self.frames, *self.kicks.values(), self.limit, *[lines for lines, _ in digits]])
        colors = b''.join([FRAME_COLOR * FRAMES, KICK_COLOR * len(self.kicks), LIMIT_COLOR, *[colors for _, colors in digits]])
        return points, colors


def show(is_shown: Any) -> None:
    """Shows or hides the strip. In background mode there is nothing to show it in."""
    global _strip
    if is_shown and _strip is None and not bpy.app.background:
        _strip = _Strip()
    elif not is_shown and _strip is not None:
        _strip.remove()
        _strip = None
