# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Qt as the host, through PyQt or PySide: it watches the loop's descriptor, has a timer, and asks before each sleep.

A Qt that runs GLib's default context by itself, as on most systems unless QT_NO_GLIB is set, carries the loop as a passenger.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from pillion._library import GLib, Pillion
from pillion.hosts._base import Host

__all__ = ['QtHost', 'install']

BINDINGS = ('PyQt6', 'PySide6', 'PyQt5', 'PySide2')


def find_binding() -> Any:
    """Returns the module QtCore of the binding that has an application, or else of one that was imported."""
    found = [sys.modules[f'{name}.QtCore'] for name in BINDINGS if f'{name}.QtCore' in sys.modules]
    for core in found:
        if core.QCoreApplication.instance() is not None:
            return core
    return found[0] if found else None


def install(app: Any = None, *, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes Qt carry a loop, by default the one of this thread. Returns the loop."""
    if app is None:
        core = find_binding()
        app = core and core.QCoreApplication.instance()
        if app is None:
            raise RuntimeError('there is no application yet: make a QApplication of PyQt or PySide first')
    return QtHost(app).carry(loop)


class QtHost(Host):
    name = 'qt'
    asks = True

    def __init__(self, app: Any) -> None:
        # The binding that the application belongs to
        core: Any = next((importlib.import_module(f'{name}.QtCore') for kind in type(app).__mro__ for name in BINDINGS
                          if kind.__module__.startswith(f'{name}.')), None)
        if core is None:
            raise TypeError(f'{app!r} is not an application of PyQt or PySide')
        if core.QThread.currentThread() != app.thread():
            raise RuntimeError('this is not the thread of the application: install the host there')
        dispatcher = core.QAbstractEventDispatcher.instance(app.thread())
        if dispatcher is not None and 'Glib' in dispatcher.metaObject().className():
            self.context = GLib.MainContext.default()
        super().__init__()
        self.target = app
        self._core = core
        self._dispatcher = dispatcher
        self._notifier: Any = None
        self._timer = core.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setTimerType(getattr(core.Qt, 'TimerType', core.Qt).PreciseTimer)
        self._timer.timeout.connect(self.tick)

    def watch(self, fd: int) -> None:
        if self._notifier is not None:
            self.unwatch(fd)
        kinds = getattr(self._core.QSocketNotifier, 'Type', self._core.QSocketNotifier)
        self._notifier = self._core.QSocketNotifier(fd, kinds.Read)
        self._notifier.activated.connect(self.kick)
        self._dispatcher.aboutToBlock.connect(self.ask)

    def unwatch(self, fd: int) -> None:
        self._notifier.setEnabled(False)
        self._notifier = None
        try:
            self._dispatcher.aboutToBlock.disconnect(self.ask)
        except RuntimeError:
            pass  # it was deleted, together with the application

    def start_timer(self, delay: int) -> None:
        self._timer.start(-(-delay // 1000))

    def stop_timer(self) -> None:
        self._timer.stop()
