# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Qt, whose dialogs run QDialog.exec (). By default it runs the default context by itself.

The binding is the one that the environment variable QT_BINDING names."""

import importlib
import os

import pillion.hosts
from pillion.hosts.qt import QtHost

from glib_host import count_iterations
from kicks import count_kicks

BINDING = os.environ.get('QT_BINDING', 'PyQt5')
QtCore = importlib.import_module(f'{BINDING}.QtCore')
QtWidgets = importlib.import_module(f'{BINDING}.QtWidgets')


class Host:
    def __init__(self, loop):
        self.app = QtWidgets.QApplication(['dialogs'])
        self.app.setQuitOnLastWindowClosed(False)
        count_kicks(self, loop)
        if 'QT_NO_GLIB' not in os.environ:
            count_iterations(self)
        pillion.hosts.qt.install(loop=loop)
        self.host = loop.get_host()
        self.adapter = loop.carrier
        assert isinstance(self.adapter, QtHost)

    def lose_hook(self):
        self.adapter.unwatch(0)
        self.adapter.stop_timer()

    def run_while_asking(self, run, is_over, end):
        # The timer is a variable of this function, because Python collects one that only its own slot refers to while it still fires
        timer = QtCore.QTimer()
        timer.setTimerType(getattr(QtCore.Qt, 'TimerType', QtCore.Qt).PreciseTimer)

        def ask():
            if is_over():
                timer.stop()
                end()

        timer.timeout.connect(ask)
        timer.start(10)
        run()

    def run(self, is_over):
        self.run_while_asking(getattr(self.app, 'exec', None) or self.app.exec_, is_over, self.app.quit)

    def show_dialog(self, is_over):
        dialog = QtWidgets.QDialog()
        self.run_while_asking(getattr(dialog, 'exec', None) or dialog.exec_, is_over, dialog.accept)
