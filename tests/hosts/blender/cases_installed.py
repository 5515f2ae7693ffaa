# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A package that is installed in the system, which Blender finds before the add-on of the same name: it is the add-on, then."""

import sys

import addon_utils
import bpy

import pillion
from pillion.hosts import blender


def case_the_package_is_the_add_on():
    assert addon_utils.check('pillion') == (True, True)
    assert sys.modules['pillion'] is pillion
    assert not pillion.__file__.startswith(bpy.utils.script_path_user()), pillion.__file__


def case_it_works():
    loop = blender.install()
    assert loop.run_until_complete(loop.sleep(1000))


def case_it_has_preferences():
    bpy.ops.preferences.addon_enable(module='pillion')
    assert bpy.context.preferences.addons['pillion'].preferences.show_times is False


def case_it_is_reloaded():
    bpy.ops.script.reload()
    assert addon_utils.check('pillion')[1]
    bpy.ops.preferences.addon_disable(module='pillion')
    assert not addon_utils.check('pillion')[1]
    bpy.ops.preferences.addon_enable(module='pillion')
    assert addon_utils.check('pillion')[1]


def case_outside_of_blender_it_has_none_of_that():
    bpy_module = sys.modules.pop('bpy')
    try:
        assert not hasattr(pillion, 'register')
    finally:
        sys.modules['bpy'] = bpy_module
