# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GLib's main loop, which runs the loop's context by itself."""

import atexit

import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion


class Iterations(GLib.Source):
    """Counts how often the context checks its sources."""

    def __init__(self, host):
        super().__init__()
        self.host = host

    def prepare(self):
        self.host.n_kicks += 1
        return False, -1

    def check(self):
        return False

    def dispatch(self, callback, args):
        return GLib.SOURCE_REMOVE


def count_iterations(host):
    host.iterations = Iterations(host)
    host.iterations.attach(GLib.MainContext.default())
    # PyGObject can't drop a source once Python is being torn down
    atexit.register(delattr, host, 'iterations')


class Host:
    def __init__(self, loop):
        self.loop = loop
        self.n_kicks = 0
        self.host = Pillion.CallbackHost(name='glib', context=GLib.MainContext.default())
        count_iterations(self)
        loop.ensure(self.host)

    def run(self, is_over):
        main_loop = GLib.MainLoop()

        def ask():
            if is_over():
                main_loop.quit()
                return GLib.SOURCE_REMOVE
            return GLib.SOURCE_CONTINUE

        GLib.timeout_add(10, ask)
        main_loop.run()

    def show_dialog(self, is_over):
        self.run(is_over)
