# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The add-on under another name than that of the package, as Blender 4.2 and later run it."""

import sys

import addon_utils
import bpy

import pillion
from pillion.hosts import blender

NAME = 'pillion_extension'


def case_it_brings_the_package():
    assert addon_utils.check(NAME)[1]
    assert sys.modules['pillion'] is pillion and pillion is not sys.modules[NAME]
    assert pillion.__file__.startswith(sys.modules[NAME].FOLDER), pillion.__file__


def case_it_works():
    loop = blender.install()
    assert loop.run_until_complete(loop.sleep(1000))


def case_it_has_preferences():
    bpy.ops.preferences.addon_enable(module=NAME)
    assert bpy.context.preferences.addons[NAME].preferences.show_times is False


def case_it_is_reloaded():
    bpy.ops.preferences.addon_disable(module=NAME)
    bpy.ops.preferences.addon_enable(module=NAME)
    assert addon_utils.check(NAME)[1]
    assert blender.install().get_host().get_name() == 'blender'
