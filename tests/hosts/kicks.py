# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Counts how often a host kicks a loop."""


def count_kicks(host, loop):
    """Keeps the number of kicks in `host.n_kicks`."""
    kick = loop.kick
    host.n_kicks = 0

    def counted():
        host.n_kicks += 1
        return kick()

    loop.kick = counted
