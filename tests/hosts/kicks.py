# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Counts how often a host kicks its loop."""

import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion

kick = Pillion.Loop.kick


def count_kicks(host):
    """Keeps the number of kicks in `host.n_kicks`."""
    def counted(loop):
        host.n_kicks += 1
        return kick(loop)

    host.n_kicks = 0
    # In the class: in a loop, it would be in a reference cycle that nothing finds
    Pillion.Loop.kick = counted
