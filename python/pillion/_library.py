# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Where the package gets GLib and Pillion from."""

try:
    import _interpreters
except ImportError:  # before Python 3.13
    import _xxsubinterpreters as _interpreters


def _number(interpreter):
    return int(interpreter[0] if isinstance(interpreter, tuple) else interpreter)


# Importing gi in a second interpreter of a process blocks for ever in some of them: refuse before that
if _number(_interpreters.get_current()) != _number(_interpreters.get_main()):
    raise ImportError('pillion works in the main interpreter of a process only, because PyGObject does')

import gi

gi.require_version('Pillion', '1')
from gi.repository import GLib, GObject, Pillion

__all__ = ['GLib', 'GObject', 'Pillion']
