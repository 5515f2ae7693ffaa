# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tk, whose dialogs are windows that wait_window () waits for."""

import tkinter

from timer_host import TimerHost


class Host(TimerHost):
    timer = None

    def __init__(self, loop):
        self.root = tkinter.Tk()
        self.fd = loop.get_fd()
        super().__init__('tk', loop)

    def install(self, loop):
        self.root.createfilehandler(self.fd, tkinter.READABLE, self.kick)
        super().install(loop)

    def lose_hook(self):
        self.root.deletefilehandler(self.fd)
        self.stop_timer()

    def start_timer(self, msec):
        self.stop_timer()
        self.timer = self.root.after(msec, self.kick)

    def stop_timer(self):
        if self.timer is not None:
            self.root.after_cancel(self.timer)
            self.timer = None

    def ask(self, is_over, end):
        if is_over():
            end()
        else:
            self.root.after(10, self.ask, is_over, end)

    def run(self, is_over):
        self.ask(is_over, self.root.quit)
        self.root.mainloop()

    def show_dialog(self, is_over):
        window = tkinter.Toplevel(self.root)
        window.transient(self.root)
        self.ask(is_over, window.destroy)
        window.wait_window()
