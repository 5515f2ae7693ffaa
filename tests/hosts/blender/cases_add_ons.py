# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Add-ons that use Pillion: the template, and two that don't know of each other."""

import asyncio
import importlib
import os
import re
import shutil
import sys

import bpy

import pillion
from driver import URL, in_area, in_window, take_picture, until
from gi.repository import GLib, Pillion, PillionHttp
from server import content

loop = Pillion.Loop.get_default()


def enable(name):
    with in_window():
        assert bpy.ops.preferences.addon_enable(module=name) == {'FINISHED'}
    return sys.modules[name]


def disable(name):
    with in_window():
        assert bpy.ops.preferences.addon_disable(module=name) == {'FINISHED'}


def case_the_template_downloads():
    template = enable('pillion_template')
    # Among the tabs of the sidebar, to the one that is in front
    panel = template.PILLION_TEMPLATE_PT_panel
    bpy.utils.unregister_class(panel)
    panel.bl_category, panel.bl_options = 'Item', {'HIDE_HEADER'}
    bpy.utils.register_class(panel)
    path = os.path.join(bpy.app.tempdir, 'template')
    with in_area('VIEW_3D'):
        bpy.context.space_data.show_region_ui = True
        assert bpy.ops.pillion_template.download(url=URL + '/slow/1000000/1000', filepath=path) == {'FINISHED'}
        assert bpy.ops.pillion_template.download(url=URL + '/slow/1000000/1000', filepath=path) == {'CANCELLED'}
    yield from until(lambda: ' of ' in template.message, 'progress')
    take_picture('template')
    yield from until(lambda: template.message == 'Downloaded template', 'the file')
    with open(path, 'rb') as file:
        assert file.read() == content(0, 1_000_000)


def case_the_template_cancels_and_goes_on():
    template = sys.modules['pillion_template']
    path = os.path.join(bpy.app.tempdir, 'cancelled')
    with in_window():
        bpy.ops.pillion_template.download(url=URL + '/slow/1000001/5000', filepath=path)
        yield from until(lambda: ' of ' in template.message and not template.message.startswith('0 '), 'progress')
        bpy.ops.pillion_template.cancel()
    yield from until(lambda: template.scope.get_live_tasks() == 0)
    assert not os.path.exists(path)
    with in_window():
        bpy.ops.pillion_template.download(url=URL + '/slow/1000001/5000', filepath=path)
    yield from until(lambda: template.message == 'Downloaded cancelled', 'the file')
    with open(path, 'rb') as file:
        assert file.read() == content(0, 1_000_001)


def case_the_template_shows_errors():
    template = sys.modules['pillion_template']
    path = os.path.join(bpy.app.tempdir, 'missing')
    with in_window():
        bpy.ops.pillion_template.download(url=URL + '/missing', filepath=path)
    yield from until(lambda: template.message.startswith('Failed: ') and '404' in template.message, 'the error')
    assert not os.path.exists(path)


def case_disabled_with_500_transfers_under_way():
    """Nothing is left behind: no task, no connection, and no file under its final name."""
    template = sys.modules['pillion_template']
    template.client.set_max_connections(500)
    template.client.set_max_connections_per_host(500)
    folder = os.path.join(bpy.app.tempdir, 'many')
    os.makedirs(folder)
    with in_window():
        for number in range(500):
            bpy.ops.pillion_template.download(url=f'{URL}/slow/{100_000 + number}/60000', filepath=f'{folder}/{number}')
    scope = template.scope
    yield from until(lambda: sum(task.get_completed() > 0 for task in loop.observe_tasks()) >= 500, 'progress')
    disable('pillion_template')
    assert scope.is_closed() and scope.get_live_tasks() == 0
    yield from until(lambda: loop.get_live_tasks() == 0, 'the end of everything')
    assert not [name for name in os.listdir(folder) if name.isdigit()]


def case_disabled_with_a_task_that_does_not_end():
    """The user is told which, and the template can be enabled again."""
    template = enable('pillion_template')
    stuck = Pillion.Task.new(loop, 'stuck', None)
    template.scope.add(stuck)
    try:
        disable('pillion_template')
    except RuntimeError as error:
        assert 'stuck' in str(error), error
    else:
        raise AssertionError('nothing was said')
    stuck.return_value(None)
    enable('pillion_template')
    yield from until(lambda: loop.get_live_tasks() == 0)
    disable('pillion_template')


def case_two_add_ons_share_the_loop():
    """The second add-on uses the package without asking for the first one."""
    template = enable('pillion_template')
    assert template.scope.get_loop() is loop

    async def other():
        await asyncio.sleep(0.01)
        return 'other'

    future = pillion.ensure_future(other())
    with in_window():
        bpy.ops.pillion_template.download(url=URL + '/bytes/1000', filepath=os.path.join(bpy.app.tempdir, 'shared'))
    yield from until(lambda: future.done() and template.message == 'Downloaded shared')
    disable('pillion_template')
    future = pillion.ensure_future(other())
    yield from until(future.done)
    assert future.result() == 'other'


def case_two_copies_of_the_add_on():
    """They share the package, and Blender carries the loop until the last of them is disabled."""
    folder = os.path.dirname(sys.modules['pillion_template'].__file__)
    shutil.copytree(os.path.join(folder, '..', 'pillion'), os.path.join(folder, '..', 'pillion_copy'))
    enable('pillion_copy')
    assert sys.modules['pillion'] is pillion
    assert bpy.context.preferences.addons['pillion_copy'].preferences.show_times is False
    for name in 'pillion', 'pillion_copy':
        disable(name)
        task = loop.sleep(1000)
        yield from until(task.is_done)
        enable(name)
    disable('pillion_copy')
    task = loop.sleep(1000)
    yield from until(task.is_done)


def copy_with_version(name, version):
    """Another copy of the add-on, of another version."""
    folder = os.path.join(os.path.dirname(sys.modules['pillion_template'].__file__), '..')
    shutil.copytree(os.path.join(folder, 'pillion'), os.path.join(folder, name))
    path = os.path.join(folder, name, '__init__.py')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    changed = re.sub(r"'version': \(.*?\)", f"'version': {version}", text)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(changed)


def case_two_copies_of_different_versions():
    """The first one serves a copy that is older. A newer copy says what is wrong, and nothing else comes to harm."""
    major, minor, micro = map(int, pillion.__version__.split('.'))
    for name, version, other in (('pillion_newer', (major, minor + 1, 0), f'{major}.{minor + 1}.0'),
                                 ('pillion_next', (major + 1, 0, 0), f'{major + 1}.0.0')):
        copy_with_version(name, version)
        copy = enable(name)
        assert other in copy._problem and pillion.__version__ in copy._problem, copy._problem
        assert os.path.dirname(pillion.__file__) in copy._problem, copy._problem
        # Its preferences show that
        assert bpy.context.preferences.addons[name].preferences is not None
        disable(name)
    copy_with_version('pillion_older', (major, minor, micro))
    pillion.__version__ = f'{major}.{minor + 1}.0'
    try:
        copy = enable('pillion_older')
    finally:
        pillion.__version__ = f'{major}.{minor}.{micro}'
    assert copy._addon is sys.modules['pillion.hosts.blender._addon'] and not copy._problem
    task = loop.sleep(1000)
    yield from until(task.is_done)
    disable('pillion_older')


def case_a_second_hook_of_that_name_is_refused():
    """An add-on that brings an adapter and a loop of its own is told what is wrong."""
    other = Pillion.CallbackHost.new('blender')
    kicks = []
    other.set_install(lambda loop: kicks.append('installed'))
    second = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
    try:
        second.ensure(other)
    except GLib.Error as error:
        assert 'blender' in error.message, error.message
    else:
        raise AssertionError('two hooks have one name')
    finally:
        second.close(0)
    task = loop.sleep(1000)
    yield from until(task.is_done)
    assert not kicks


def case_the_same_module_again():
    """Reloading the adapter, as developers do, leaves one hook."""
    name = 'pillion.hosts.blender._host'
    before = sys.modules[name]
    busy = loop.sleep(3600_000_000)
    assert bpy.app.timers.is_registered(before.host.timer)
    del sys.modules[name]
    try:
        again = importlib.import_module(name)
        again.install()
        assert again.host is not before.host
        assert bpy.app.timers.is_registered(again.host.timer) and not bpy.app.timers.is_registered(before.host.timer)
        task = loop.sleep(1000)
        yield from until(task.is_done)
    finally:
        sys.modules[name] = before
        before.install()
    assert bpy.app.timers.is_registered(before.host.timer) and not bpy.app.timers.is_registered(again.host.timer)
    task = loop.sleep(1000)
    yield from until(task.is_done)
    busy.cancel()
