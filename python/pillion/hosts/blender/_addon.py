# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Blender sees of Pillion as an add-on: preferences, the report line, and the strip of times.

Blender calls `register ()` here through the package, or through the add-on that brings the package along."""

import traceback
from typing import Any

import bpy

from pillion import async_loop
from pillion._library import Pillion
from pillion._version import __version__
from pillion.hosts import blender
from pillion.hosts.blender import _overlay

# As much as Blender needs if it finds the installed package under the name of the add-on
bl_info = {'name': 'Pillion', 'blender': (3, 4, 0), 'category': 'Development'}

# How long, in seconds, Blender may take to bring the add-on back when it reloads scripts. After that everything is cancelled.
RELOAD = 0.5
MAX_REPORTS = 20

_preferences: Any = None
_errors: list[str] = []  # that wait for the report line
_connection: Any = None  # the loop, and the number of the handler


class PILLION_OT_report(bpy.types.Operator):
    """Shows an error that nothing has handled in the report line"""

    bl_idname = 'pillion.report'
    bl_label = 'Report Errors'
    bl_options = {'INTERNAL'}

    def invoke(self, context, event):
        # What is reported now would become an exception of the caller. An event comes at once.
        context.window_manager.modal_handler_add(self)
        self.timer = context.window_manager.event_timer_add(0.01, window=context.window)
        return {'RUNNING_MODAL'}

    def modal(self, context, event):
        if event.type != 'TIMER':
            return {'PASS_THROUGH'}
        context.window_manager.event_timer_remove(self.timer)
        for text in _errors:
            self.report({'WARNING'}, text)
        _errors.clear()
        return {'FINISHED'}

    def cancel(self, context):
        context.window_manager.event_timer_remove(self.timer)


class PILLION_OT_cancel_all(bpy.types.Operator):
    """Cancel everything that Pillion is doing"""

    bl_idname = 'pillion.cancel_all'
    bl_label = 'Cancel All'

    def execute(self, context):
        if blender.cancel_all():
            return {'FINISHED'}
        self.report({'WARNING'}, 'Something has not ended yet')
        return {'CANCELLED'}


def _make_preferences(module):
    def draw(self, context):
        loop = async_loop.guest
        live = loop.get_live_tasks()
        row = self.layout.row()
        row.label(text=f'Pillion {__version__}: {live or "no"} {"task is" if live == 1 else "tasks are"} under way')
        row.operator('pillion.cancel_all')
        if not blender.is_online():
            self.layout.label(text='Online access is off in Blender\'s system preferences', icon='INFO')
        self.layout.prop(self, 'show_times')

    return type('PILLION_AP_preferences', (bpy.types.AddonPreferences,), {
        'bl_idname': module,
        '__annotations__': {'show_times': bpy.props.BoolProperty(
            name='Show Times', description='Show the times of frames and of kicks in 3D viewports',
            update=lambda self, context: _overlay.show(self.show_times))},
        'draw': draw,
    })


def register(module='pillion'):
    global _preferences
    _preferences = _make_preferences(module)
    for cls in (PILLION_OT_report, PILLION_OT_cancel_all, _preferences):
        bpy.utils.register_class(cls)
    blender.install()
    _connect()
    addon = bpy.context.preferences.addons.get(module)
    _overlay.show(addon is not None and addon.preferences is not None and addon.preferences.show_times)


def unregister():
    global _preferences
    _overlay.show(False)
    _disconnect()
    blender.remove()
    for cls in (_preferences, PILLION_OT_cancel_all, PILLION_OT_report):
        bpy.utils.unregister_class(cls)
    _preferences = None
    if not bpy.app.background and async_loop.guest.get_live_tasks() and not bpy.app.timers.is_registered(_end_work):
        bpy.app.timers.register(_end_work, first_interval=RELOAD, persistent=True)


def _end_work():
    """Nothing kicks any more, so nothing that is under way would ever end by itself."""
    if _preferences is None and async_loop.guest.get_host() is None:
        blender.cancel_all()


def _connect():
    global _connection
    loop = async_loop.guest
    _connection = loop, loop.connect('unhandled-error', _on_error)


def _disconnect():
    global _connection
    if _connection is not None:
        loop, number = _connection
        loop.disconnect(number)
        _connection = None


def _on_error(loop, task, error):
    exception = task.exception()
    if exception is not None:
        traceback.print_exception(exception)
    else:
        print(f'{task.get_name()}: {error.message}')
    if bpy.app.background or not bpy.context.window_manager.windows:
        return
    is_first = not _errors
    if len(_errors) < MAX_REPORTS:
        _errors.append(f'{task.get_name()}: {error.message}')
    if is_first:
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.pillion.report('INVOKE_DEFAULT')
