# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A Blender without the library, such as those of blender.org: the add-on says in its preferences what is missing."""

import sys

import addon_utils
import bpy

from driver import in_window, rounds, take_picture


def drawn():
    """What the preferences of the add-on say."""
    lines = []

    class Layout:
        def column(self, **_):
            return self

        def label(self, text='', **_):
            lines.append(text)

    preferences = sys.modules['pillion']._preferences
    preferences.draw(type('preferences', (), {'layout': Layout()})(), type('context', (), {'region': None})())
    return ' '.join(lines)


def case_the_add_on_is_enabled():
    with in_window():
        assert bpy.ops.preferences.addon_enable(module='pillion') == {'FINISHED'}
    assert addon_utils.check('pillion')[1]


def case_it_says_what_is_missing():
    assert 'Pillion-1.typelib was not found' in drawn(), drawn()
    assert 'gir1.2-pillion-1' in drawn(), drawn()


def case_the_user_sees_it():
    with in_window():
        bpy.ops.screen.userpref_show('INVOKE_DEFAULT')
    yield from rounds(3)
    preferences = bpy.context.preferences
    preferences.active_section = 'ADDONS'
    bpy.context.window_manager.addon_search = 'Pillion'
    for module in addon_utils.modules():
        if module.__name__ == 'pillion':
            module.bl_info['show_expanded'] = True
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            area.tag_redraw()
    yield from rounds(10)
    take_picture('missing', bpy.context.window_manager.windows[-1])


def case_it_is_disabled():
    with in_window():
        assert bpy.ops.preferences.addon_disable(module='pillion') == {'FINISHED'}


def case_the_next_try_looks_again():
    with in_window():
        bpy.ops.preferences.addon_enable(module='pillion')
        bpy.ops.script.reload()
    yield from rounds(3)
    assert addon_utils.check('pillion')[1]
