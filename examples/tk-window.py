#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A Tk window that stays alive while it downloads: tk-window.py URL FILE

Tk has its own main loop, which knows nothing about GLib. A Tk timer kicks the guest loop, but only while there is something
to do. With --quit, the window closes when the file has arrived.
"""

import sys
import tkinter
from tkinter import ttk

import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.repository import Gio, GLib, Pillion, PillionHttp

FRAME_MSEC = 16


class TkHost:
    """Makes Tk a host, with a timer that kicks and restarts itself."""

    def __init__(self, root):
        self.root = root
        self.hook = None
        self.host = Pillion.CallbackHost.new('tk')
        self.host.set_install(self.install)
        self.host.set_remove(self.remove)

    def install(self, loop):
        self.hook = self.root.after(FRAME_MSEC, self.tick, loop)

    def remove(self, loop):
        self.root.after_cancel(self.hook)
        self.hook = None

    def tick(self, loop):
        # Before the kick, because the kick may remove the hook
        self.hook = self.root.after(FRAME_MSEC, self.tick, loop)
        loop.kick()


class Window:
    def __init__(self, url, target, quit_when_done):
        self.root = tkinter.Tk()
        self.root.title('Pillion')
        self.label = ttk.Label(self.root, text=url)
        self.label.pack(padx=20, pady=10)
        self.bar = ttk.Progressbar(self.root, length=400, maximum=1)
        self.bar.pack(padx=20)
        self.button = ttk.Button(self.root, text='Cancel')
        self.button.pack(pady=10)
        self.quit_when_done = quit_when_done
        self.failed = False

        self.loop = Pillion.Loop.new(None, Pillion.LoopFlags.DEFAULT)
        self.carrier = TkHost(self.root)
        self.loop.ensure(self.carrier.host)
        self.client = PillionHttp.Client.new(self.loop)
        self.task = self.client.download(url, Gio.File.new_for_path(target), None, None)
        self.task.connect('progress', self.on_progress)
        self.task.add_done_callback(self.on_done)
        self.button.configure(command=self.task.cancel)

    def on_progress(self, task):
        total = task.get_total()
        if total > 0:
            self.bar.configure(value=task.get_completed() / total)

    def on_done(self, task):
        try:
            size = task.get_object().get_size()
        except GLib.Error as error:
            self.failed = True
            self.label.configure(text=error.message)
            print(error.message, file=sys.stderr)
        else:
            self.bar.configure(value=1)
            self.label.configure(text=f'{size} bytes')
            print(size, 'bytes')
        self.button.configure(text='Quit', command=self.root.destroy)
        if self.quit_when_done:
            # Not inside the kick whose hook belongs to this window
            self.root.after_idle(self.root.destroy)

    def run(self):
        self.root.mainloop()
        self.loop.stop()
        self.loop.close(GLib.TIME_SPAN_SECOND)
        return 1 if self.failed else 0


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != '--quit']
    if len(arguments) != 2:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    url, target = arguments
    return Window(url, target, '--quit' in sys.argv).run()


if __name__ == '__main__':
    sys.exit(main())
