# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Blender does to add-ons, and what goes on nevertheless."""

import asyncio
import ctypes
import sys
import threading

import addon_utils
import bpy
from bpy.app import handlers

import pillion
import pillion.hosts
from driver import PATIENCE, URL, in_window, rounds, take_picture, until
from gi.repository import Pillion, PillionHttp
from pillion import async_loop
from pillion.hosts import blender
from pillion.hosts.blender import _addon
from pillion.hosts.blender._host import host

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
        try:
            yield from until(lambda: loop.get_live_tasks() == 0 and self.coroutine.done(), 'the end of the work')
        except AssertionError:
            raise AssertionError(f'still there: {list(loop.observe_tasks())}, {self.coroutine}')
        assert self.failure is None, self.failure


def while_working(case):
    def run():
        work = Work()
        try:
            yield from work.goes_on()
            yield from case(work)
            yield from work.goes_on()
            yield from work.stop()
        finally:
            work.is_stopped = True
        yield from until(lambda: not loop.is_riding(), 'the removal of the hook')

    run.__doc__ = case.__doc__
    return run


def case_the_add_on_is_the_package():
    """An add-on of the same name brings the package along."""
    assert addon_utils.check('pillion') == (True, True), addon_utils.check('pillion')
    assert sys.modules['pillion'].__file__.startswith(bpy.utils.script_path_user()), sys.modules['pillion'].__file__
    assert loop.get_host().get_name() == 'blender'


def case_the_host_is_found():
    assert pillion.hosts.detect() is blender
    assert pillion.hosts.install() is loop


@while_working
def case_work_goes_on(work):
    yield


@while_working
def case_open_a_file(work):
    """Persistent timers live on, and so does everything under way."""
    path = bpy.app.tempdir + 'saved.blend'
    with in_window():
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
    yield


@while_working
def case_open_a_file_that_is_none(work):
    """No handler says that loading has failed."""
    path = bpy.app.tempdir + 'broken.blend'
    with open(path, 'wb') as file:
        file.write(b'no blend file')
    with in_window():
        try:
            bpy.ops.wm.open_mainfile(filepath=path)
        except RuntimeError:
            pass
        else:
            raise AssertionError('Blender opened it')
    yield


@while_working
def case_open_a_file_inside_a_callback(work):
    path = bpy.app.tempdir + 'saved.blend'
    opened = []

    def open_it(_):
        with in_window():
            opened.append(bpy.ops.wm.open_mainfile(filepath=path))

    loop.sleep(1000).add_done_callback(open_it)
    yield from until(lambda: opened, 'the file')
    assert opened == [{'FINISHED'}], opened


@while_working
def case_a_new_file(work):
    with in_window():
        bpy.ops.wm.read_homefile()
    yield


@while_working
def case_a_lost_timer_comes_back_with_the_next_file(work):
    bpy.app.timers.unregister(host.timer)
    before = dict(work.counts)
    yield from rounds(10)
    assert work.counts == before
    with in_window():
        bpy.ops.wm.read_homefile()
    yield from work.goes_on()


@while_working
def case_undo_and_redo(work):
    with in_window():
        bpy.ops.ed.undo_push(message='before')
        bpy.ops.mesh.primitive_cube_add()
        bpy.ops.ed.undo_push(message='a cube')
        yield from work.goes_on()
    with in_window():
        bpy.ops.ed.undo()
    yield from work.goes_on()
    with in_window():
        bpy.ops.ed.redo()


@while_working
def case_callbacks_are_held_back_while_blender_is_busy_with_the_data(work):
    """Handlers of other add-ons may kick, or wait for something."""
    seen = {}

    def watch(name):
        @handlers.persistent
        def handler(*_):
            before = dict(work.counts)
            for _ in range(5):
                loop.kick()
            if 'pre' in name or 'init' in name:
                seen[name] = before == work.counts and not loop.is_safe_point()
            else:
                seen[name] = loop.is_safe_point()
        getattr(handlers, name).append(handler)

    names = ['undo_pre', 'undo_post', 'redo_pre', 'redo_post', 'load_pre', 'load_post', 'render_init', 'render_complete']
    before = {name: list(getattr(handlers, name)) for name in names}
    try:
        for name in names:
            watch(name)
        with in_window():
            bpy.ops.ed.undo_push(message='before')
            bpy.ops.mesh.primitive_cube_add()
            bpy.ops.ed.undo_push(message='a cube')
            bpy.ops.ed.undo()
            bpy.ops.ed.redo()
            render_settings()
            bpy.ops.render.render()
            bpy.ops.wm.open_mainfile(filepath=bpy.app.tempdir + 'saved.blend')
    finally:
        for name in names:
            getattr(handlers, name)[:] = before[name]
    assert seen == dict.fromkeys(names, True), seen
    yield


@while_working
def case_render(work):
    """A render that blocks Blender, and one in a job of its own. Callbacks wait until it has ended, and transfers go on."""
    render_settings()
    with in_window():
        bpy.ops.render.render()
    yield from work.goes_on()

    enough = threading.Event()

    class Patient(bpy.types.RenderEngine):
        """Renders nothing until it is told, so that it takes long enough on any machine."""

        bl_idname = 'PILLION_PATIENT'
        bl_label = 'Patient'

        def render(self, depsgraph):
            enough.wait(PATIENCE)

    bpy.utils.register_class(Patient)
    try:
        bpy.context.scene.render.engine = Patient.bl_idname
        with in_window():
            bpy.ops.render.render('INVOKE_DEFAULT')
        yield from until(lambda: bpy.app.is_job_running('RENDER'), 'the render')
        yield
        before = dict(work.counts)
        for _ in range(20):
            assert bpy.app.is_job_running('RENDER')
            assert work.counts == before
            yield
        enough.set()
        yield from until(lambda: not bpy.app.is_job_running('RENDER'), 'the end of the render')
    finally:
        enough.set()
        bpy.context.scene.render.engine = 'CYCLES'
        bpy.utils.unregister_class(Patient)


def render_settings():
    scene = bpy.context.scene
    scene.render.engine = 'CYCLES'
    scene.cycles.device = 'CPU'
    scene.cycles.samples = 1
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.threads_mode = 'FIXED'
    scene.render.threads = 1


@while_working
def case_what_a_callback_raises(work):
    """Blender drops a timer that raises, and ends upon SystemExit."""
    told = []
    number = loop.connect('unhandled-error', lambda loop, task, error: told.append(error.message))

    def fail(kind):
        raise kind('on purpose')

    async def fail_later(kind):
        await asyncio.sleep(0.001)
        raise kind('on purpose')

    for kind in (ValueError, KeyboardInterrupt, SystemExit):
        loop.call_soon(fail, kind)
        loop.sleep(1000).add_done_callback(lambda _, kind=kind: fail(kind))
        yield from work.goes_on()
        future = pillion.ensure_future(fail_later(kind))
        yield from until(future.done)
        assert isinstance(future.exception(), kind)
        yield from work.goes_on()
    loop.disconnect(number)


@while_working
def case_factory_settings(work):
    """Blender disables all add-ons, and enables those that the command line has asked for again."""
    with in_window():
        bpy.ops.wm.read_factory_settings()
    yield
    assert addon_utils.check('pillion')[1]


@while_working
def case_reload_scripts(work):
    """As with F8: the add-on goes and comes back, and meanwhile nothing is lost."""
    with in_window():
        bpy.ops.preferences.addon_enable(module='pillion')
        addon_utils.modules_refresh()
        before = sys.modules['pillion']
        bpy.ops.script.reload()
    yield from rounds(10)
    assert addon_utils.check('pillion') == (True, True), addon_utils.check('pillion')


@while_working
def case_disable_and_enable(work):
    _addon.RELOAD = PATIENCE
    with in_window():
        bpy.ops.preferences.addon_disable(module='pillion')
    assert not loop.is_riding()
    before = dict(work.counts)
    yield from rounds(5)
    assert work.counts == before
    with in_window():
        bpy.ops.preferences.addon_enable(module='pillion')


def case_disabled_for_good_while_a_coroutine_sleeps():
    """It has no task of Pillion's, and is cancelled like those that have."""
    _addon.RELOAD = 0.01
    future = pillion.ensure_future(asyncio.sleep(3600))
    yield from rounds(5)
    with in_window():
        bpy.ops.preferences.addon_disable(module='pillion')
    yield from until(future.done)
    assert future.cancelled()
    with in_window():
        bpy.ops.preferences.addon_enable(module='pillion')


def case_disabled_for_good():
    """What other add-ons wait for ends with an error, rather than never."""
    _addon.RELOAD = 0.01
    task = loop.sleep(3600_000_000)
    download = client.get_bytes(URL + '/wait/3600000', None)
    future = pillion.ensure_future(asyncio.sleep(3600))
    yield from rounds(5)
    with in_window():
        bpy.ops.preferences.addon_disable(module='pillion')
    yield from until(lambda: task.is_done() and download.is_done() and future.done())
    assert task.cancelled() and download.cancelled() and future.cancelled()
    assert loop.get_live_tasks() == 0
    assert not bpy.app.timers.is_registered(host.timer)
    with in_window():
        bpy.ops.preferences.addon_enable(module='pillion')


# Loops of Blender's inside callbacks

def redraw():
    with in_window():
        bpy.ops.wm.redraw_timer(type='DRAW_WIN_SWAP', iterations=3)


def redraw_and_kick():
    """As an add-on does that kicks when a viewport is drawn."""
    kicks = []
    handle = bpy.types.SpaceView3D.draw_handler_add(lambda: kicks.append(loop.kick()), (), 'WINDOW', 'POST_PIXEL')
    try:
        redraw()
    finally:
        bpy.types.SpaceView3D.draw_handler_remove(handle, 'WINDOW')
    assert len(kicks) >= 3, kicks


def nest(way):
    for inner in (redraw, redraw_and_kick):
        ended = []
        yield from way(lambda: ended.append(inner()))
        yield from until(lambda: ended, 'the end of the callback')


@while_working
def case_redraw_from_a_done_callback(work):
    def way(function):
        loop.sleep(1000).add_done_callback(lambda _: function())
        yield

    yield from nest(way)


@while_working
def case_redraw_from_a_coroutine(work):
    async def body(function):
        await asyncio.sleep(0.001)
        function()

    def way(function):
        future = pillion.ensure_future(body(function))
        yield from until(future.done)
        future.result()

    yield from nest(way)


@while_working
def case_redraw_from_a_fiber(work):
    library = ctypes.CDLL('libpillion-1.so.0')
    library.pillion_loop_spawn_at.restype = ctypes.c_void_p
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]

    def way(function):
        body = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(lambda *_: function())
        task = ctypes.c_void_p(library.pillion_loop_spawn_at(
            ctypes.c_void_p(get(loop.__gpointer__, None)), b'fiber', ctypes.c_size_t(8 << 20), b'here', body, None, None))
        yield from until(lambda: library.pillion_task_is_done(task))
        library.g_object_unref(task)

    yield from nest(way)
