# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Blender sees of Pillion as an add-on: preferences, the report line, and the strip of times.

Blender calls `register ()` here through the package, or through the add-on that brings the package along."""

from typing import Any

import bpy

from pillion._library import Pillion
from pillion._version import __version__
from pillion.hosts import blender
from pillion.hosts.blender import _overlay
from pillion.hosts.blender._cancel import count_live
from pillion.hosts.blender._host import guest, host

# As much as Blender needs if it finds the installed package under the name of the add-on
bl_info = {'name': 'Pillion', 'blender': (3, 4, 0), 'category': 'Development'}

# How long, in seconds, Blender may take to bring the add-on back when it reloads scripts. After that everything is cancelled.
RELOAD = 0.5
MAX_REPORTS = 20

# The preferences of each add-on that has brought the package along, by the name of its module. One package serves them all.
_preferences: dict[str, Any] = {}
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
        live = count_live()
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
            update=lambda self, context: _show_times())},
        'draw': draw,
    })


def register(module='pillion'):
    if not _preferences:
        _begin()
    _preferences[module] = _make_preferences(module)
    bpy.utils.register_class(_preferences[module])
    _show_times()


def unregister(module='pillion'):
    bpy.utils.unregister_class(_preferences.pop(module))
    _show_times()
    if not _preferences:
        _end()


def _show_times():
    addons = [bpy.context.preferences.addons.get(module) for module in _preferences]
    _overlay.show(any(addon is not None and addon.preferences is not None and addon.preferences.show_times for addon in addons))


def _begin():
    if bpy.app.timers.is_registered(_end_work):
        bpy.app.timers.unregister(_end_work)
    for cls in (PILLION_OT_report, PILLION_OT_cancel_all):
        bpy.utils.register_class(cls)
    host.on_join = _connect
    _connect(blender.install())


def _end():
    host.on_join = None
    _disconnect()
    blender.remove()
    for cls in (PILLION_OT_cancel_all, PILLION_OT_report):
        bpy.utils.unregister_class(cls)
    if not bpy.app.background and count_live():
        bpy.app.timers.register(_end_work, first_interval=RELOAD, persistent=True)


def _end_work():
    """Nothing kicks any more, so nothing that is under way would ever end by itself."""
    if guest().get_host() is None:
        blender.cancel_all()


def _connect(loop):
    global _connection
    _disconnect()
    _connection = loop, loop.connect('unhandled-error', _on_error)


def _disconnect():
    global _connection
    if _connection is not None:
        loop, number = _connection
        loop.disconnect(number)
        _connection = None


def _on_error(loop, task, error):
    text = f'{task.get_name()}: {error.message}'
    windows = bpy.context.window_manager.windows
    if bpy.app.background or not windows:
        print(f'Warning: {text}')
        return
    is_first = not _errors
    if len(_errors) < MAX_REPORTS:
        _errors.append(text)
    if is_first:
        with bpy.context.temp_override(window=windows[0]):
            bpy.ops.pillion.report('INVOKE_DEFAULT')
