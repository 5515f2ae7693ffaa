# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GTK 4, whose dialogs are modal windows with a main loop of their own."""

import gi
gi.require_version('Gtk', '4.0')
from gi.repository import Gtk

import glib_host


class Host(glib_host.Host):
    def __init__(self, loop):
        if not Gtk.init_check():
            raise RuntimeError('GTK finds no display')
        super().__init__(loop)
        self.window = Gtk.Window(title='Host')
        self.window.present()

    def show_dialog(self, is_over):
        dialog = Gtk.Window(title='Dialog', modal=True, transient_for=self.window)
        dialog.present()
        self.run(is_over)
        dialog.destroy()
