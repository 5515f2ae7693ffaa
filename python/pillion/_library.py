# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Imports GLib and Pillion for the package, and explains what is wrong if that fails.

Often it is the user of an add-on who reads this, in a Python that somebody else has put together. So each message says what is
missing, where it was looked for, and how to install it.
"""

import os
import sys

from pillion._version import __version__

# Any Python 3 must be able to parse this file and the package's __init__.py, so that older ones get this message
if sys.version_info < (3, 11):
    raise ImportError(f'pillion needs Python 3.11 or newer, and this is {sys.version.split()[0]} ({sys.executable})')

try:
    import _interpreters
except ImportError:  # before Python 3.13
    import _xxsubinterpreters as _interpreters

SYSTEM_PYTHON = '/usr/bin/python3'


def _number(interpreter):
    return int(interpreter[0] if isinstance(interpreter, tuple) else interpreter)


# In some processes, importing gi in a second interpreter blocks forever. Refuse before that.
if _number(_interpreters.get_current()) != _number(_interpreters.get_main()):
    raise ImportError('pillion works in the main interpreter of a process only, because PyGObject does. Scripts of a program that gives each '
                      'an interpreter of its own, such as WeeChat, can\'t use it')


def _whose_python():
    """Says what to know about this interpreter if PyGObject is installed, and yet it is missing."""
    if sys.prefix != sys.base_prefix:
        return (f' This Python belongs to the virtual environment {sys.prefix}, which has the system\'s packages only if it '
                'was made with --system-site-packages.')
    if os.path.exists(SYSTEM_PYTHON) and os.path.realpath(sys.executable or '') != os.path.realpath(SYSTEM_PYTHON):
        return (f' This Python is {sys.executable or sys.prefix}, and not the system\'s {SYSTEM_PYTHON}: only that one has '
                'the packages of the distribution.')
    return ''


try:
    import gi
    from gi import require_version
    from gi.module import get_introspection_module
except ImportError as error:
    raise ImportError(
        f'pillion needs PyGObject, which this Python does not have ({error}). It is the package python3-gi on Debian and '
        f'Ubuntu, python3-gobject on Fedora, python-gobject on Arch, and PyGObject for pip.{_whose_python()}') from error

try:
    require_version('Pillion', '1')
except ValueError as error:
    raise ImportError(
        f'pillion needs the library of the same name, and Pillion-1.typelib was not found ({error}). It comes with the library, '
        'or in a package of its own, gir1.2-pillion-1; if it is in none of the system\'s folders, set '
        f'GI_TYPELIB_PATH to its folder (now: {os.environ.get("GI_TYPELIB_PATH") or "not set"}).') from error

try:
    # So that programs that import this package need not name a version of the HTTP library
    require_version('PillionHttp', '1')
except ValueError:
    pass  # it is not installed, and may not be needed

from gi.repository import GLib, GObject

_wanted = tuple(int(part) for part in __version__.split('.'))

# Without the override, which may need the very thing that is missing
_bare = get_introspection_module('Pillion')
try:
    _found = _bare.get_major_version(), _bare.get_minor_version(), _bare.get_micro_version()
except GLib.Error as error:
    raise ImportError(
        f'pillion has found Pillion-1.typelib, but can\'t use the library libpillion-1.so.0 that it belongs to '
        f'({error.message}). If that is in none of the system\'s folders, set LD_LIBRARY_PATH to its folder '
        f'(now: {os.environ.get("LD_LIBRARY_PATH") or "not set"}) before the program starts.') from error

if _found[0] != _wanted[0] or _found < _wanted:
    raise ImportError(
        f'pillion {__version__} needs the library Pillion {__version__}, or a newer one with the same first number, and found '
        f'{".".join(map(str, _found))}: update the older one of the two')

from gi.repository import Pillion

_override = sys.modules.get('gi.overrides.Pillion')
if _override is None:
    import gi.overrides
    raise ImportError(
        'pillion needs its part of PyGObject, gi/overrides/Pillion.py, which is installed along with it, and was not found in '
        f'{", ".join(gi.overrides.__path__)}: its folder has to be in sys.path before gi is imported for the first time')
if getattr(_override, '__version__', None) != __version__:
    raise ImportError(
        f'pillion {__version__} has found {_override.__file__} of version {getattr(_override, "__version__", "unknown")}: remove '
        'the older one of the two')

overrides = _override

__all__ = ['GLib', 'GObject', 'Pillion', 'overrides']
