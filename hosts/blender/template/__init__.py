# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A template for an add-on that downloads things: copy the folder, rename it, and replace `download ()`.

What it shows: work in a straight line with `await`, a panel that follows its progress, a button that cancels it, and an
`unregister ()` that leaves nothing behind."""

import asyncio
import os
import traceback

import bpy

try:
    import pillion.hosts
    from gi.repository import Pillion, PillionHttp
except ImportError as error:
    problem = f'This add-on needs the add-on Pillion: {error}'
else:
    problem = ''

bl_info = {
    'name': 'Pillion Template',
    'description': 'Downloads a file',
    'version': (1, 0, 0),
    'blender': (3, 4, 0),
    'location': '3D Viewport › Sidebar › Download',
    'category': 'Development',
}

scope = None  # what the add-on has under way
client = None
message = ''


async def download(url, path):
    """What the add-on does. It runs on Blender's thread, and each `await` gives the thread back to Blender."""
    task = client.download(url, path)
    async for progress in task.progress():
        total = f' of {progress.total // 1000:,}' if progress.total >= 0 else ''
        say(f'{progress.completed // 1000:,}{total} KB')
    await task
    say(f'Downloaded {os.path.basename(path)}')


def on_done(task):
    """Shows what went wrong. The scope keeps the errors of its tasks for whoever asks, so nothing else reports them."""
    try:
        task.result()
    except asyncio.CancelledError:
        pass
    except Exception as error:
        traceback.print_exception(error)
        say(f'Failed: {getattr(error, "message", error)}')


def say(text):
    global message
    message = text
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == 'VIEW_3D':
                area.tag_redraw()


class PILLION_TEMPLATE_OT_download(bpy.types.Operator):
    """Download the file while Blender goes on"""

    bl_idname = 'pillion_template.download'
    bl_label = 'Download'

    url: bpy.props.StringProperty()
    filepath: bpy.props.StringProperty(subtype='FILE_PATH')

    @classmethod
    def poll(cls, context):
        return not problem and pillion.hosts.blender.is_online()

    def execute(self, context):
        url = self.url or context.scene.pillion_template_url
        path = bpy.path.abspath(self.filepath) or os.path.join(bpy.app.tempdir, os.path.basename(url))
        if scope.find_task(path) is not None:
            self.report({'INFO'}, 'This file is being downloaded already')
            return {'CANCELLED'}
        scope.create_task(download(url, path), key=path).add_done_callback(on_done)
        return {'FINISHED'}


class PILLION_TEMPLATE_OT_cancel(bpy.types.Operator):
    """Cancel all downloads. What has arrived stays, and the next download goes on from there"""

    bl_idname = 'pillion_template.cancel'
    bl_label = 'Cancel'

    def execute(self, context):
        scope.cancel()
        say('Cancelled')
        return {'FINISHED'}


class PILLION_TEMPLATE_PT_panel(bpy.types.Panel):
    bl_label = 'Download'
    bl_space_type = 'VIEW_3D'
    bl_region_type = 'UI'
    bl_category = 'Download'

    def draw(self, context):
        layout = self.layout
        if problem:
            layout.label(text=problem, icon='ERROR')
            return
        layout.prop(context.scene, 'pillion_template_url', text='')
        if scope.get_live_tasks():
            layout.operator('pillion_template.cancel')
        else:
            layout.operator('pillion_template.download')
        if message:
            layout.label(text=message)


CLASSES = PILLION_TEMPLATE_OT_download, PILLION_TEMPLATE_OT_cancel, PILLION_TEMPLATE_PT_panel


def register():
    global scope, client
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.pillion_template_url = bpy.props.StringProperty(name='URL', default='https://www.blender.org/robots.txt')
    if not problem:
        loop = pillion.hosts.blender.install()
        scope = Pillion.Scope(__name__, loop, cancel_on_error=False)
        client = PillionHttp.Client.new(loop)


def unregister():
    global scope, client
    del bpy.types.Scene.pillion_template_url
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    if scope is not None:
        closing, scope, client = scope, None, None
        # Cancels what is under way, and waits for that for up to a second. It raises if something has not ended by then, so it is last.
        closing.close(1_000_000)
