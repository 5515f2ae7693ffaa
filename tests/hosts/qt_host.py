# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Qt, whose dialogs run QDialog.exec (). By default it runs the default context by itself.

The binding is the one that the environment variable QT_BINDING names."""

import importlib
import os

import pillion.hosts

from glib_host import count_iterations
from kicks import count_kicks

BINDING = os.environ.get('QT_BINDING', 'PyQt5')
QtCore = importlib.import_module(f'{BINDING}.QtCore')
QtWidgets = importlib.import_module(f'{BINDING}.QtWidgets')


class Host:
    detected = 'qt'

    def __init__(self, loop):
        self.app = QtWidgets.QApplication(['dialogs'])
        self.app.setQuitOnLastWindowClosed(False)
        self.n_kicks = 0
        if 'QT_NO_GLIB' not in os.environ:
            count_iterations(self)
        self.install(loop)

    def install(self, loop=None):
        self.loop = pillion.hosts.qt.install(loop=loop)
        if not self.loop.is_passenger():
            count_kicks(self)
        self.host = self.loop.get_host()
        return self.loop

    def lose_hook(self):
        self.loop.carrier.unwatch(self.loop.get_fd())
        self.loop.carrier.stop_timer()

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

    def execute(self, what):
        (getattr(what, 'exec', None) or what.exec_)()

    def run(self, is_over):
        self.run_while_asking(lambda: self.execute(self.app), is_over, self.app.quit)

    def run_until_closed(self):
        window = QtWidgets.QWidget()
        window.show()
        self.app.setQuitOnLastWindowClosed(True)
        self.execute(self.app)

    def show_dialog(self, is_over):
        dialog = QtWidgets.QDialog()
        self.run_while_asking(lambda: self.execute(dialog), is_over, dialog.accept)
