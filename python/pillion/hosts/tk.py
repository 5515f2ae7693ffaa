# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tk as the host: it watches the loop's descriptor, and has a timer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pillion._library import Pillion
from pillion.hosts._base import Host, import_toolkit

if TYPE_CHECKING:
    import tkinter
else:
    tkinter = import_toolkit('tkinter', 'tk', 'python3-tk')

__all__ = ['TkHost', 'install']


def install(root: tkinter.Misc | None = None, *, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes Tk carry a loop, by default the one of this thread, for as long as a window exists, by default the main window.
    Returns the loop."""
    if root is None:
        root = getattr(tkinter, '_default_root', None)
        if root is None:
            raise RuntimeError('there is no main window yet: call tkinter.Tk () first')
    return TkHost(root).carry(loop)


class TkHost(Host):
    name = 'tk'

    def __init__(self, root: tkinter.Misc) -> None:
        if not isinstance(root, tkinter.Misc):
            raise TypeError(f'{root!r} is not a window of Tk')
        super().__init__()
        self.target = root
        self._timer: Any = None
        self._is_bound = False

    def watch(self, fd: int) -> None:
        self.target.tk.createfilehandler(fd, tkinter.READABLE, self.kick)
        if not self._is_bound:
            self._is_bound = True
            self.target.bind('<Destroy>', self._on_destroy, '+')

    def unwatch(self, fd: int) -> None:
        # The binding stays: before Python 3.12, unbind () takes the program's own away, too
        self.target.tk.deletefilehandler(fd)

    def start_timer(self, delay: int) -> None:
        self.stop_timer()
        # Tk redraws only when nothing is due, so 0 would leave it no time
        self._timer = self.target.after(max(1, -(-delay // 1000)), self.tick)

    def stop_timer(self) -> None:
        if self._timer is not None:
            self.target.after_cancel(self._timer)
            self._timer = None

    def _on_destroy(self, event):
        # Its children's events come here, too
        if event.widget is self.target:
            self.end()
