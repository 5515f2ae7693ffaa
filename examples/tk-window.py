#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A Tk window that stays alive while it downloads: tk-window.py URL FILE

Two lines make Tk carry a Pillion loop. With --quit, the window closes when the file has arrived.
"""

import sys
import tkinter
from tkinter import ttk

import pillion.hosts
from gi.repository import Gio, GLib, PillionHttp


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

        self.client = PillionHttp.Client.new(pillion.hosts.tk.install(self.root))
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
            self.root.destroy()

    def run(self):
        self.root.mainloop()
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
