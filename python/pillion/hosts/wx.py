# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""wxPython as the host. Its port for GTK runs GLib's default context, and the loop is a passenger there."""

from __future__ import annotations

from typing import Any

from pillion._library import GLib, Pillion
from pillion.hosts._base import Host, import_toolkit

wx: Any = import_toolkit('wx', 'wx', 'python3-wxgtk4.0')

__all__ = ['WxHost', 'install']


def install(app: Any = None, *, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes wx carry a loop, by default the one of this thread. Returns the loop."""
    app = app or wx.GetApp()
    if app is None:
        raise RuntimeError('there is no application yet: make a wx.App first')
    return WxHost(app).carry(loop)


class WxHost(Host):
    name = 'wx'

    def __init__(self, app: Any) -> None:
        if '__WXGTK__' not in wx.PlatformInfo:
            raise RuntimeError('this port of wx does not run GLib\'s main context: use pillion.hosts.generic with a wx.Timer')
        self.context = GLib.MainContext.default()
        super().__init__()
        self.target = app
