# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Blender as the host, in two lines:

    import pillion.hosts
    loop = pillion.hosts.blender.install()

From then on Blender kicks the loop, whatever file is opened, until `remove ()`. Callbacks wait while Blender renders, undoes a step
or loads a file. In background mode, Blender calls nothing by itself: wait for each result with `run_until_complete ()`.
"""

import importlib

try:
    importlib.import_module('bpy')
except ImportError as error:
    raise ImportError('pillion.hosts.blender works only inside Blender', name='bpy') from error

from pillion.hosts.blender._cancel import cancel_all
from pillion.hosts.blender._host import BlenderHost, install, is_online, remove
from pillion.hosts.blender._operator import AsyncModalOperatorMixin

__all__ = ['AsyncModalOperatorMixin', 'BlenderHost', 'cancel_all', 'install', 'is_online', 'remove']
