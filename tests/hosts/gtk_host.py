# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GTK, whose dialogs are modal windows with a main loop of their own. The environment variable GTK_VERSION may name version 3."""

import os

import gi
gi.require_version('Gtk', os.environ.get('GTK_VERSION', '4') + '.0')
from gi.repository import GLib, Gtk

import pillion.hosts

import glib_host


class Host(glib_host.Host):
    detected = 'gtk'

    def __init__(self, loop):
        if not (Gtk.init_check() if Gtk.get_major_version() == 4 else Gtk.init_check([])[0]):
            raise RuntimeError('GTK finds no display')
        self.n_kicks = 0
        glib_host.count_iterations(self)
        self.install(loop)
        self.window = Gtk.Window(title='Host')
        self.window.present()

    def install(self, loop=None):
        self.loop = pillion.hosts.gtk.install(loop=loop)
        self.host = self.loop.get_host()
        return self.loop

    def show_dialog(self, is_over):
        dialog = Gtk.Window(title='Dialog', modal=True, transient_for=self.window)
        dialog.present()
        self.run(is_over)
        dialog.destroy()

    def run_until_closed(self):
        main_loop = GLib.MainLoop()
        self.window.connect('close-request' if Gtk.get_major_version() == 4 else 'delete-event', lambda *_: main_loop.quit())
        main_loop.run()
