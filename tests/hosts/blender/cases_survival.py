# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Blender does to add-ons, and what goes on nevertheless."""

import asyncio
import sys

import addon_utils
import bpy

import pillion
from driver import URL, in_window, rounds, take_picture, until
from gi.repository import Pillion, PillionHttp
from pillion import async_loop
from pillion.hosts import blender

loop = Pillion.Loop.get_default()
client = PillionHttp.Client.new(loop)


class Work:
    """Something that goes on: a download, a timer and a coroutine, over and over, until it is stopped."""

    def __init__(self):
        self.counts = {'get': 0, 'sleep': 0, 'coroutine': 0}
        self.is_stopped = False
        self.failure = None
        self.coroutine = pillion.ensure_future(self.go_on())
        self.get()
        self.sleep()

    def get(self, task=None):
        if task is not None:
            self.count('get', task)
        if not self.is_stopped:
            client.get_bytes(URL + '/bytes/1000', None).add_done_callback(self.get)

    def sleep(self, task=None):
        if task is not None:
            self.count('sleep', task)
        if not self.is_stopped:
            loop.sleep(5000).add_done_callback(self.sleep)

    async def go_on(self):
        while not self.is_stopped:
            await asyncio.sleep(0.005)
            self.counts['coroutine'] += 1

    def count(self, name, task):
        if task.exception() is not None:
            self.failure = task.exception()
            self.is_stopped = True
        self.counts[name] += 1

    def goes_on(self):
        """Waits until all three have gone on."""
        before = dict(self.counts)
        yield from until(lambda: self.failure or all(self.counts[name] > before[name] + 2 for name in before), f'going on after {before}')
        assert self.failure is None, self.failure

    def stop(self):
        self.is_stopped = True
        yield from until(lambda: loop.get_live_tasks() == 0 and self.coroutine.done(), 'the end of the work')
        assert self.failure is None, self.failure


def while_working(case):
    def run():
        work = Work()
        yield from work.goes_on()
        yield from case(work)
        yield from work.goes_on()
        yield from work.stop()
        yield from until(lambda: not loop.is_riding(), 'the removal of the hook')

    run.__doc__ = case.__doc__
    return run


def case_the_add_on_is_the_package():
    """An add-on of the same name brings the package along."""
    assert addon_utils.check('pillion') == (True, True), addon_utils.check('pillion')
    assert sys.modules['pillion'].__file__.startswith(bpy.utils.script_path_user()), sys.modules['pillion'].__file__
    assert loop.get_host().get_name() == 'pillion.blender'


@while_working
def case_work_goes_on(work):
    yield


@while_working
def case_open_a_file(work):
    path = bpy.app.tempdir + 'saved.blend'
    with in_window():
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
    yield
    take_picture('opened')
