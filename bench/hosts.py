#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures the adapters of pillion.hosts in their hosts: hosts.py HOST SIDE WHAT prints {"value": …}.

HOST is asyncio, gtk, pygame, qt, tk or trio. WHAT is

    wake   µs from a call on another thread to the function that it asked for, on the thread of the host, which is asleep by then. The
           other side uses what the host itself has for this.
    kick   µs per kick that calls one function, as the host makes it through the adapter; the other side only calls loop.kick ()
"""

import json
import os
import statistics
import sys
import threading
import time

ARRIVALS = 300
PAUSE = 0.005  # s, for the host to fall asleep
CHUNKS = 200
KICKS = 50  # in a chunk


class Host:
    """Calls `started ()` once it runs. `post (function)` has a function called, from another thread."""

    def watch(self):
        pass


class Tk(Host):
    def __init__(self):
        import tkinter
        self.root = tkinter.Tk()
        self.root.after(1, lambda: self.started())
        self.run = self.root.mainloop
        self.end = self.root.quit
        self.reader, self.writer = os.pipe()
        self.function = None

    def install(self):
        return pillion.hosts.tk.install(self.root)

    def post(self, function):
        self.function = function
        os.write(self.writer, b'x')

    def watch(self):
        import tkinter
        self.root.createfilehandler(self.reader, tkinter.READABLE, lambda *_: (os.read(self.reader, 1), self.function()))


class Qt(Host):
    def __init__(self):
        os.environ['QT_NO_GLIB'] = '1'
        from PyQt5 import QtCore, QtWidgets

        class Poster(QtCore.QObject):
            posted = QtCore.pyqtSignal(object)

        self.app = QtWidgets.QApplication([])
        self.poster = Poster()
        self.poster.posted.connect(lambda function: function())
        QtCore.QTimer.singleShot(1, lambda: self.started())
        self.run = self.app.exec_
        self.end = self.app.quit

    def install(self):
        return pillion.hosts.qt.install()

    def post(self, function):
        self.poster.posted.emit(function)


class Gtk(Host):
    def __init__(self):
        import gi
        gi.require_version('Gtk', '4.0')
        from gi.repository import GLib, Gtk
        Gtk.init()
        self.GLib = GLib
        self.window = Gtk.Window()
        self.window.present()
        main_loop = GLib.MainLoop()
        GLib.timeout_add(100, lambda: self.started())
        self.run = main_loop.run
        self.end = main_loop.quit

    def install(self):
        return pillion.hosts.gtk.install()

    def post(self, function):
        self.GLib.idle_add(function, priority=self.GLib.PRIORITY_DEFAULT)


class Pygame(Host):
    def __init__(self):
        os.environ['PYGAME_HIDE_SUPPORT_PROMPT'] = '1'  # it goes to standard output
        import pygame
        self.pygame = pygame
        pygame.display.init()
        pygame.display.set_mode((64, 64))
        self.posted = pygame.event.custom_type()
        self.over = False
        self.wait = pygame.event.wait

    def install(self):
        self.wait = pillion.hosts.pygame.wait
        return pillion.hosts.pygame.install()

    def post(self, function):
        self.pygame.event.post(self.pygame.event.Event(self.posted, function=function))

    def run(self):
        self.started()
        while not self.over:
            event = self.wait(100)
            if event.type == self.posted:
                event.function()

    def end(self):
        self.over = True


class Asyncio(Host):
    def __init__(self):
        import asyncio
        self.loop = asyncio.new_event_loop()
        self.loop.call_soon(lambda: self.started())
        self.run = self.loop.run_forever
        self.end = self.loop.stop
        self.post = self.loop.call_soon_threadsafe

    def install(self):
        return pillion.hosts.asyncio.install(self.loop)


class Trio(Host):
    def __init__(self):
        import trio
        self.trio = trio

    def install(self):
        return pillion.hosts.trio.install()

    def run(self):
        async def main():
            self.over = self.trio.Event()
            self.post = self.trio.lowlevel.current_trio_token().run_sync_soon
            self.started()
            await self.over.wait()

        self.trio.run(main)

    def end(self):
        self.over.set()


HOSTS = {'asyncio': Asyncio, 'gtk': Gtk, 'pygame': Pygame, 'qt': Qt, 'tk': Tk, 'trio': Trio}


def wake(host, side):
    times = []
    arrived = threading.Event()

    def arrive():
        times.append(time.perf_counter() - begin)
        arrived.set()

    def serve():
        nonlocal begin
        time.sleep(0.3)
        for _ in range(ARRIVALS):
            time.sleep(PAUSE)
            arrived.clear()
            begin = time.perf_counter()
            post(arrive)
            arrived.wait()
        post(host.end)

    begin = 0.0
    post = None

    def started():
        nonlocal post
        if side == 'ours':
            loop = host.install()
            loop.hold()
            post = loop.call_soon_threadsafe
        else:
            host.watch()
            post = host.post
        threading.Thread(target=serve, daemon=True).start()

    host.started = started
    host.run()
    return statistics.median(times) * 1e6


def kick(host, side):
    value = 0.0

    def started():
        nonlocal value
        loop = host.install()
        loop.hold()
        adapter = loop.carrier
        kick, ask = (adapter.kick, adapter.ask if adapter.asks else None) if side == 'ours' else (loop.kick, None)
        chunks = []
        for _ in range(CHUNKS):
            begin = time.perf_counter()
            for _ in range(KICKS):
                loop.call_soon(abs, 1)
                kick()
                if ask is not None:
                    ask()
            chunks.append((time.perf_counter() - begin) / KICKS)
        value = statistics.median(chunks) * 1e6
        loop.release()
        host.end()

    host.started = started
    host.run()
    return value


if __name__ == '__main__':
    name, side, what = sys.argv[1:]
    import pillion.hosts
    print(json.dumps({'value': {'wake': wake, 'kick': kick}[what](HOSTS[name](), side)}), flush=True)
    os._exit(0)
