# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""wxPython, whose dialogs run Dialog.ShowModal ()."""

import wx

import pillion.hosts

from glib_host import count_iterations


class Host:
    detected = 'wx'

    def __init__(self, loop):
        self.app = wx.App()
        self.timers = []
        self.frame = wx.Frame(None, title='Host')
        self.frame.Show()
        self.n_kicks = 0
        count_iterations(self)
        self.install(loop)

    def install(self, loop=None):
        self.loop = pillion.hosts.wx.install(loop=loop)
        self.host = self.loop.get_host()
        return self.loop

    def run_while_asking(self, run, is_over, end):
        timer = wx.Timer()

        def ask(_):
            if is_over():
                timer.Stop()
                self.timers.pop()
                end()
                # wx can't end an outer loop first, so only the innermost asks
                if self.timers:
                    self.timers[-1].Start(10)

        timer.Bind(wx.EVT_TIMER, ask)
        if self.timers:
            self.timers[-1].Stop()
        self.timers.append(timer)
        timer.Start(10)
        run()

    def run(self, is_over):
        self.run_while_asking(self.app.MainLoop, is_over, self.app.ExitMainLoop)

    def show_dialog(self, is_over):
        dialog = wx.Dialog(self.frame, title='Dialog')
        self.run_while_asking(dialog.ShowModal, is_over, lambda: dialog.EndModal(wx.ID_OK))
        dialog.Destroy()

    def run_until_closed(self):
        self.app.MainLoop()
