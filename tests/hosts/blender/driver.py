# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs cases inside Blender: blender … --python driver.py -- MODULE RESULTS PICTURES [CASE…]

A case is a function of the module whose name begins with `case_`; its docstring says what must hold. It may be a generator: each
`yield` goes on in the next round of Blender's main loop. The driver is a timer of Blender's, so nothing that a case waits for
happens inside it. RESULTS gets a line of JSON a case, and PICTURES is a folder for screenshots."""

import faulthandler
import importlib
import inspect
import json
import os
import sys
import time
import traceback

import bpy

PATIENCE = 60  # s, until something that a case waits for has to be there
CASE = 150  # s, for a case
SETTLED = 10  # rounds in less than 50 ms each, before the first case: Blender compiles its shaders at first
BUSY = 20  # s, after which a machine that has no such rounds has to do without

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
module_name, results_name, pictures, *chosen = sys.argv[sys.argv.index('--') + 1:]
URL = os.environ.get('PILLION_TEST_URL', '')


def until(condition, what='it', seconds=PATIENCE):
    """Waits until a condition holds: `yield from until (…)`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f'{what} has not happened within {seconds} s')
        yield


def rounds(count):
    """Waits for some rounds of Blender's main loop."""
    for _ in range(count):
        yield


def during(seconds):
    """Goes on for a time, which is what the case is about."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def in_window():
    """Timers have no window, which operators ask for."""
    return bpy.context.temp_override(window=bpy.context.window_manager.windows[0])


def in_area(kind):
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == kind)
    region = next(region for region in area.regions if region.type == 'WINDOW')
    return bpy.context.temp_override(window=window, area=area, region=region)


def take_picture(name, window=None):
    os.makedirs(pictures, exist_ok=True)
    with bpy.context.temp_override(window=window or bpy.context.window_manager.windows[0]):
        bpy.ops.screen.screenshot(filepath=os.path.join(pictures, name + '.png'))


class _Driver:
    def __init__(self, module):
        self.module = module
        self.names = [name for name, value in vars(module).items() if name.startswith('case_') and callable(value)
                      and (not chosen or name.removeprefix('case_') in chosen)]
        self.results = open(results_name, 'a', encoding='utf-8', buffering=1)
        self.case = None
        self.quick = 0
        self.started = self.last = time.monotonic()
        self.function = self.tick

    def say(self, **entry):
        print(json.dumps(entry), file=self.results)

    def start(self):
        self.say(plan=self.names)
        # A bound method is a new object each time, and Blender goes by the object
        bpy.app.timers.register(self.function, persistent=True)

    def tick(self):
        now = time.monotonic()
        if self.quick < SETTLED and now - self.started < BUSY:
            self.quick = self.quick + 1 if now - self.last < 0.05 else 0
            self.last = now
            return 0
        try:
            self.step()
        except BaseException:
            traceback.print_exc()
            os._exit(4)
        return 0

    def step(self):
        if self.case is None:
            if not self.names:
                self.end()
            self.name = self.names.pop(0)
            faulthandler.dump_traceback_later(CASE, exit=True)
            self.began = time.monotonic()
            self.case = self.begin(getattr(self.module, self.name))
        try:
            next(self.case)
        except StopIteration:
            self.finish(None)
        except BaseException:
            self.finish(traceback.format_exc())

    def begin(self, function):
        self.say(begin=self.name)
        result = function()
        if inspect.isgenerator(result):
            yield from result

    def finish(self, failure):
        self.case = None
        faulthandler.cancel_dump_traceback_later()
        self.say(name=self.name, seconds=round(time.monotonic() - self.began, 2), failure=failure)

    def end(self):
        self.results.close()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def main():
    bpy.context.preferences.view.show_splash = False
    driver = _Driver(importlib.import_module(module_name))
    driver.start()
    while bpy.app.background:
        driver.step()


if __name__ == '__main__':
    # Blender takes the module of a script away, which must not be the one that the cases use
    import driver
    driver.main()
