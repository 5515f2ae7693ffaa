# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A strip in 3D viewports with the times of the last frames, and of the longest kick in each."""

import bpy


def show(is_shown):
    pass
