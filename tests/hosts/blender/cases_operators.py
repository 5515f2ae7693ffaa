# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Operators that run coroutines, the report line, the strip of times, and Blender's own downloader in a window."""

import asyncio
import pathlib
import tempfile
import time

import bpy

import pillion
from driver import URL, during, in_area, in_window, rounds, take_picture, until
from gi.repository import Pillion, PillionHttp
from pillion.hosts import blender
from pillion.hosts.blender import _overlay, downloader

loop = Pillion.Loop.get_default()
client = PillionHttp.Client.new(loop)
log = []
running = []


class PILLION_TEST_OT_wait(blender.AsyncModalOperatorMixin, bpy.types.Operator):
    """Runs what the test tells it to"""

    bl_idname = 'pillion_test.wait'
    bl_label = 'Wait'

    stop_upon_exception: bpy.props.BoolProperty()
    body = None

    async def async_execute(self, context):
        running.append(self)
        await type(self).body(self)

    def modal(self, context, event):
        if event.type == 'TIMER':
            log.append('timer')
        result = super().modal(context, event)
        if result != {'PASS_THROUGH'}:
            running.clear()
            log.append(result)
        return result

    def cancel(self, context):
        super().cancel(context)
        running.clear()
        log.append('cancelled')


bpy.utils.register_class(PILLION_TEST_OT_wait)


def start(body, **properties):
    log.clear()
    running.clear()
    PILLION_TEST_OT_wait.body = body
    with in_window():
        assert bpy.ops.pillion_test.wait('INVOKE_DEFAULT', **properties) == {'RUNNING_MODAL'}


def case_an_operator_downloads_and_ends():
    got = []

    async def body(self):
        got.append(await client.get_bytes(URL + '/bytes/7', None))
        assert self.loop is asyncio.get_running_loop()
        self.quit()

    start(body)
    yield from until(lambda: not running and log and log[-1] == {'FINISHED'})
    assert got[0] == b'0000000', got


def case_an_operator_stays_until_it_is_told_to_end():
    async def body(self):
        pass

    start(body)
    yield from until(lambda: len(log) > 2, 'events')
    assert running[0].async_task.done()
    running[0].quit()
    yield from until(lambda: not running)


def case_quitting_stops_the_task():
    ended = []

    async def body(self):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            ended.append(self.signalling_future.cancelled())
            raise

    start(body)
    yield from until(lambda: running)
    running[0].quit()
    yield from until(lambda: not running)
    assert ended == [True], ended


def case_a_new_task_replaces_the_old_one():
    async def body(self):
        await asyncio.sleep(3600)

    async def other(self):
        log.append('other')
        self.quit()

    start(body)
    yield from until(lambda: running)
    first = running[0].async_task
    running[0]._new_async_task(other(running[0]))
    assert first.cancelled()
    yield from until(lambda: not running)
    assert 'other' in log


async def fail(self):
    await asyncio.sleep(0.001)
    raise ValueError('on purpose')


def case_an_exception_ends_the_operator_that_wants_it():
    start(fail, stop_upon_exception=True)
    yield from until(lambda: running)
    yield from until(lambda: not running)
    assert log[-1] == {'FINISHED'}


def case_another_operator_survives_an_exception():
    start(fail, stop_upon_exception=False)
    yield from until(lambda: running and running[0]._state == 'EXCEPTION')
    yield from rounds(5)
    assert running
    running[0].quit()
    yield from until(lambda: not running)


def case_opening_a_file_cancels_the_operator():
    async def body(self):
        await asyncio.sleep(3600)

    start(body)
    yield from until(lambda: running)
    task = running[0].async_task
    with in_window():
        bpy.ops.wm.read_homefile()
    yield from until(task.done)
    assert not running and task.cancelled(), (running, task)


def case_unregistering_the_class_stops_the_task():
    ended = []

    async def body(self):
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            ended.append(self.signalling_future.cancelled())

    start(body)
    yield from until(lambda: running)
    bpy.utils.unregister_class(PILLION_TEST_OT_wait)
    bpy.utils.register_class(PILLION_TEST_OT_wait)
    assert ended == [True] and log[-1] == 'cancelled', (ended, log)
    log.clear()
    yield from during(0.3)
    assert not log, log


class PILLION_TEST_OT_end(blender.AsyncModalOperatorMixin, bpy.types.Operator):
    """Ends in a way that the mixin is not told of"""

    bl_idname = 'pillion_test.end'
    bl_label = 'End'
    how = None

    async def async_execute(self, context):
        running.append(self.async_task)
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            log.append(self.bl_label)

    def modal(self, context, event):
        return type(self).how() if running else {'PASS_THROUGH'}

    def cancel(self, context):
        log.append('cancelled')
        super().cancel(context)


class PILLION_TEST_OT_listen(bpy.types.Operator):
    """Gets the events of every timer in the window"""

    bl_idname = 'pillion_test.listen'
    bl_label = 'Listen'

    def invoke(self, context, event):
        context.window_manager.modal_handler_add(self)
        return {'RUNNING_MODAL'}

    def modal(self, context, event):
        log.append(event.type)
        return {'PASS_THROUGH'}


def end_by(how):
    """Starts an operator that ends like this. Returns what happens until it has ended."""
    log.clear()
    running.clear()
    PILLION_TEST_OT_end.how = how
    bpy.utils.register_class(PILLION_TEST_OT_end)
    with in_window():
        assert bpy.ops.pillion_test.end('INVOKE_DEFAULT') == {'RUNNING_MODAL'}
    yield from until(lambda: running and running[0].done(), 'the end of the task')
    assert running[0].cancelled()
    happened = list(log)
    bpy.utils.register_class(PILLION_TEST_OT_listen)
    with in_window():
        bpy.ops.pillion_test.listen('INVOKE_DEFAULT')
    yield from during(0.3)
    assert 'TIMER' not in log, log
    bpy.utils.unregister_class(PILLION_TEST_OT_listen)
    bpy.utils.unregister_class(PILLION_TEST_OT_end)
    return happened


def raise_error():
    raise ValueError('on purpose')


def case_an_exception_in_modal_cancels_the_operator():
    assert (yield from end_by(raise_error)) == ['cancelled', 'End'], log


def case_an_operator_that_ends_by_itself_stops_its_task():
    for how in lambda: {'CANCELLED'}, lambda: {'PASS_THROUGH', 'FINISHED'}, lambda: None:
        assert (yield from end_by(how)) == ['End'], log


def case_an_operator_costs_no_processor_time():
    """Its timer calls it 15 times a second, and not in each round of Blender's main loop."""
    async def body(self):
        await asyncio.sleep(3600)

    start(body)
    yield from until(lambda: len(log) > 2)
    log.clear()
    yield from during(1)
    assert 1 <= len(log) <= 20, len(log)
    running[0].quit()
    yield from until(lambda: not running)


def get_reports():
    """What the report line has shown, by way of an editor that lists it."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    kind = area.ui_type
    area.ui_type = 'INFO'
    try:
        with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
            bpy.ops.info.select_all(action='SELECT')
            bpy.ops.info.report_copy()
    finally:
        area.ui_type = kind
    return bpy.context.window_manager.clipboard


def case_errors_that_nothing_handles_are_in_the_report_line():
    client.get_bytes(URL + '/missing', None)
    yield from until(lambda: '/missing' in get_reports(), 'the report')
    take_picture('report')

    async def body():
        raise ValueError('nobody catches this')

    pillion.ensure_future(body())
    yield from until(lambda: 'nobody catches this' in get_reports(), 'the report')


def case_the_strip_shows_times():
    with in_window():
        bpy.ops.preferences.addon_enable(module='pillion')
    preferences = bpy.context.preferences.addons['pillion'].preferences
    preferences.show_times = True
    strip = _overlay._strip
    assert strip is not None
    busy = loop.sleep(3600_000_000)
    for number in range(20):
        # Something for the strip to show
        loop.call_soon(time.sleep, 0.002 * (number % 5))
        with in_area('VIEW_3D'):
            bpy.context.area.tag_redraw()
        yield
    busy.cancel()
    strip.note_frames()
    assert strip.index > 10, strip.index
    frames = strip.frames[3:4 * strip.index:4]
    assert sum(top > _overlay.BOTTOM for top in frames) > 5, frames
    assert len(strip.kicks) > 5, strip.kicks
    # A line for each frame, for each kick that can be seen, for the limit, and for each segment of the digits: 13 and 10 of them
    points, colors = strip.make_lines(0.0123, 0.0045)
    count = _overlay.FRAMES + len(strip.kicks) + 1 + 13 + 10
    assert len(points) == 16 * count and len(colors) == 8 * count, (len(points), len(colors), count)
    assert colors.count(_overlay.FRAME_COLOR) == _overlay.FRAMES + 13 and colors.endswith(10 * _overlay.KICK_COLOR)
    # A kick that is short again can't be seen
    seen, strip.index = len(strip.kicks), next(iter(strip.kicks))
    strip.note(0.01, 0.0001)
    assert len(strip.kicks) == seen - 1, strip.kicks
    # Two viewports are drawn in one frame
    index = strip.index
    strip.drawn += [(strip.last + 1, 0), (strip.last + 1.0001, 0)]
    strip.note_frames()
    assert strip.index == index + 1, strip.index
    take_picture('times')
    preferences.show_times = False
    assert _overlay._strip is None


def case_the_downloader_goes_on_by_the_hook():
    """Blender kicks, so what update () finds has happened between two calls."""
    folder = pathlib.Path(tempfile.mkdtemp())
    options = downloader.DownloaderOptions(downloader.MetadataProviderFilesystem(folder / 'metadata'), 60)
    blender.install()
    downloads = downloader.BackgroundDownloader(options, lambda *arguments: None)
    downloads.start()
    for number in range(20):
        downloads.queue_download(URL + f'/bytes/{1000 + number}', folder / str(number))
    yield from until(lambda: downloads.update() or downloads.all_downloads_done, 'the end of all downloads')
    assert downloads.num_downloads_ok == 20, downloads.num_downloads_ok
    downloads.shutdown()
