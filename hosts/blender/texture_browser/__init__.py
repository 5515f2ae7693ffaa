# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A texture browser: an example of an add-on whose network access never freezes Blender. It needs the add-on Pillion."""

bl_info = {
    'name': 'Pillion Texture Browser',
    'description': 'Browse a catalogue of textures, and download them beside the blend file',
    'author': 'The Pillion authors',
    'version': (1, 0, 0),
    'blender': (3, 4, 0),
    'location': '3D View > Sidebar > Textures',
    'category': 'Material',
}

import bpy

_views = None
_problem = ''


class TEXTURES_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    url: bpy.props.StringProperty(
        name='Catalogue', description='The URL of a catalogue. If there is none, a server in this Blender shows textures of its own')

    def draw(self, context):
        if _problem:
            self.layout.label(text=_problem, icon='ERROR')
        self.layout.prop(self, 'url')


def register():
    global _views, _problem
    bpy.utils.register_class(TEXTURES_AP_preferences)
    try:
        from . import views
    except ImportError as error:
        _problem = f'Enable the add-on Pillion first ({error})'
        print(f'Texture browser: {_problem}')
        return
    _problem = ''
    views.register()
    _views = views


def unregister():
    global _views
    if _views is not None:
        _views.unregister()
        _views = None
    bpy.utils.unregister_class(TEXTURES_AP_preferences)
