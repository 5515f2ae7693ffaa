# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GTK 3 and 4 as the host, and any program that runs GLib's default context: the loop is a passenger there."""

from __future__ import annotations

from pillion._library import GLib, Pillion
from pillion.hosts._base import Host

__all__ = ['GtkHost', 'install']


def install(*, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes the loop, by default the one of this thread, a passenger of GLib's main loop. Returns the loop."""
    return GtkHost().carry(loop)


class GtkHost(Host):
    name = 'gtk'

    def __init__(self) -> None:
        self.context = GLib.MainContext.default()
        super().__init__()
