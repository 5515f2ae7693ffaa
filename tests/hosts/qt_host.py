# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Qt 5, whose dialogs run QDialog.exec (). By default it runs the default context by itself."""

import os

import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion
from PyQt5.QtCore import QAbstractEventDispatcher, QSocketNotifier, Qt, QTimer
from PyQt5.QtWidgets import QApplication, QDialog

from glib_host import count_iterations


class Host:
    def __init__(self, loop):
        self.app = QApplication(['dialogs'])
        self.app.setQuitOnLastWindowClosed(False)
        self.loop = loop
        self.n_kicks = 0
        if 'QT_NO_GLIB' in os.environ:
            self.host = Pillion.CallbackHost.new('qt')
            self.host.set_install(self.install)
        else:
            self.host = Pillion.CallbackHost(name='qt', context=GLib.MainContext.default())
            count_iterations(self)
        self.timer = QTimer(singleShot=True, timerType=Qt.PreciseTimer)
        self.timer.timeout.connect(self.kick)
        self.notifier = QSocketNotifier(loop.get_fd(), QSocketNotifier.Read)
        self.notifier.activated.connect(self.kick)
        QAbstractEventDispatcher.instance().aboutToBlock.connect(self.prepare)
        self.lost = False
        loop.ensure(self.host)

    def install(self, loop):
        if self.lost:
            self.lost = False
            self.notifier.setEnabled(True)
            QAbstractEventDispatcher.instance().aboutToBlock.connect(self.prepare)

    def lose_hook(self):
        self.lost = True
        self.timer.stop()
        self.notifier.setEnabled(False)
        QAbstractEventDispatcher.instance().aboutToBlock.disconnect(self.prepare)

    def prepare(self):
        answer, _, timeout = self.loop.prepare_sleep()
        if answer == Pillion.Sleep.KICK:
            self.timer.start(0)
        elif answer == Pillion.Sleep.WAIT and timeout >= 0:
            self.timer.start(-(-timeout // 1000))
        else:
            self.timer.stop()

    def kick(self, *_):
        self.n_kicks += 1
        self.loop.kick()

    def run_while_asking(self, run, is_over, end):
        # The timer is a variable of this function, because Python collects one that only its own slot refers to while it still fires
        timer = QTimer(timerType=Qt.PreciseTimer)

        def ask():
            if is_over():
                timer.stop()
                end()

        timer.timeout.connect(ask)
        timer.start(10)
        run()

    def run(self, is_over):
        self.run_while_asking(self.app.exec, is_over, self.app.quit)

    def show_dialog(self, is_over):
        dialog = QDialog()
        self.run_while_asking(dialog.exec, is_over, dialog.accept)
