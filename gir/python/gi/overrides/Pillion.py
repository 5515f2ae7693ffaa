# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python adds to the namespace Pillion.

PyGObject finds this file by its name: the packages gi and gi.overrides extend their paths to every folder of sys.path
that has a part of them, which is why there must be no __init__.py beside it.
"""

__all__ = []

# The version of the library that this file belongs to
__version__ = '1.0.0'
