# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Finds out which host is running."""

import sys
from asyncio import events

from pillion._library import overrides
from pillion._loop import EventLoop
from pillion.hosts.qt import find_binding

modules = sys.modules


def find_host() -> str:
    """Returns the name of the module of the host that is running on this thread."""
    if 'obspython' in modules:
        raise RuntimeError('OBS can\'t carry a loop: it calls a script\'s functions on several threads')
    for name, is_running in _SIGNS.items():
        if is_running():
            return name
    raise RuntimeError('no host was found. Create the program\'s window or application first. If there is no adapter for it, use '
                       'pillion.hosts.generic')


def _is_in_asyncio():
    running = events._get_running_loop()
    return running is not None and not isinstance(running, EventLoop)


def _is_in_trio():
    return events._get_running_loop() is None and overrides.elsewhere.running_trio() is not None


def _is_in_qt():
    core = find_binding()
    return core is not None and core.QCoreApplication.instance() is not None


def _is_in_wx():
    return 'wx' in modules and modules['wx'].GetApp() is not None


def _is_in_tk():
    return getattr(modules.get('tkinter'), '_default_root', None) is not None


def _is_in_gtk():
    gtk = modules.get('gi.repository.Gtk')
    gio = modules.get('gi.repository.Gio')
    return gtk is not None or gio is not None and gio.Application.get_default() is not None


def _is_in_pygame():
    pygame = modules.get('pygame')
    return pygame is not None and pygame.display.get_init()


def _is_in_libreoffice():
    if 'uno' not in modules:
        return False
    from pillion.hosts import libreoffice
    return libreoffice.find_service() is not None


# A program that embeds a toolkit comes before the toolkit. FreeCAD and Krita are programs with Qt, and GIMP's plug-ins are with GTK.
_SIGNS = {
    'blender': lambda: 'bpy' in modules,
    'libreoffice': _is_in_libreoffice,
    'asyncio': _is_in_asyncio,
    'trio': _is_in_trio,
    'qt': _is_in_qt,
    'wx': _is_in_wx,
    'tk': _is_in_tk,
    'gtk': _is_in_gtk,
    'pygame': _is_in_pygame,
}
