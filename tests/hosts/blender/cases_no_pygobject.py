# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A Blender whose Python has no PyGObject, like that of blender.org."""

import sys

import addon_utils
import bpy

from cases_missing import drawn


def case_the_add_on_says_what_is_missing():
    assert addon_utils.check('pillion')[1]
    assert 'PyGObject' in drawn() and 'python3-gi' in drawn(), drawn()


def case_other_add_ons_say_it_too():
    assert addon_utils.enable('pillion_template') is not None
    assert 'needs the add-on Pillion' in sys.modules['pillion_template'].problem
    assert not bpy.ops.pillion_template.download.poll()
    addon_utils.disable('pillion_template')
