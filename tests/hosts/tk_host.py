# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tk, whose dialogs are windows that wait_window () waits for."""

import tkinter

import pillion.hosts

from kicks import count_kicks


class Host:
    detected = 'tk'

    def __init__(self, loop):
        self.root = tkinter.Tk()
        self.install(loop)

    def install(self, loop=None):
        self.loop = pillion.hosts.tk.install(self.root, loop=loop)
        count_kicks(self)
        self.host = self.loop.get_host()
        return self.loop

    def lose_hook(self):
        self.root.deletefilehandler(self.loop.get_fd())
        for timer in self.root.tk.splitlist(self.root.tk.call('after', 'info')):
            self.root.after_cancel(timer)

    def ask(self, is_over, end):
        if is_over():
            end()
        else:
            self.root.after(10, self.ask, is_over, end)

    def run(self, is_over):
        # Not right now, because quit () does nothing before mainloop ()
        self.root.after(0, self.ask, is_over, self.root.quit)
        self.root.mainloop()

    def show_dialog(self, is_over):
        window = tkinter.Toplevel(self.root)
        window.transient(self.root)
        self.ask(is_over, window.destroy)
        window.wait_window()

    def run_until_closed(self):
        self.root.mainloop()
