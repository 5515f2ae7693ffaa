#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ends programs in Python while work is under way: test-plug.py HOST [TEST…].

Each program is a process of its own, test-plug.py --run HOST WAY FOLDER URL…, with transfers, coroutines and threads."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

MSEC = 1000  # for a file
SAMPLE = 2  # ways
PATIENCE = 10  # s: how long the end of what is under way may take. A busy disk alone takes a second.

# The file of a host, and its environment
HOSTS = {
    'asyncio': ('asyncio_host', {}),
    'generic': ('generic_host', {}),
    'gtk': ('gtk_host', {}),
    'gtk3': ('gtk_host', {'GTK_VERSION': '3'}),
    'pygame': ('pygame_host', {'SDL_VIDEODRIVER': 'dummy'}),
    'pygame-waiting': ('pygame_host', {'PYGAME_WAITS': '1'}),
    'pyside2-without-glib': ('qt_host', {'QT_BINDING': 'PySide2', 'QT_NO_GLIB': '1'}),
    'qt': ('qt_host', {}),
    'qt-without-glib': ('qt_host', {'QT_NO_GLIB': '1'}),
    'qt6-without-glib': ('qt_host', {'QT_BINDING': 'PyQt6', 'QT_NO_GLIB': '1'}),
    'tk': ('tk_host', {}),
    'trio': ('trio_host', {}),
    'wx': ('wx_host', {}),
}
WITHOUT_WINDOW = ('asyncio', 'generic', 'pygame', 'trio')

# How a program ends, and with what status
WAYS = {
    'return': 0,  # from the main loop
    'exit': 3,  # after the main loop
    'exit-inside': 3,  # in a handler of the host's
    'hard-exit': 3,
    'stop': 0,  # the loop
    'disable': 0,  # what an add-on has under way, while the program goes on
    'unload': 0,  # all of the package, while the program goes on
    'window': 0,
    'SIGTERM': -signal.SIGTERM,
    'SIGKILL': -signal.SIGKILL,
}
ABRUPT = ('hard-exit', 'SIGTERM', 'SIGKILL')


def run(name, way, folder, *urls):
    import asyncio
    import gc
    import importlib
    import threading

    import gi
    gi.require_version('Pillion', '1')
    gi.require_version('PillionHttp', '1')
    from gi.repository import Pillion, PillionHttp
    import pillion
    from pillion.hosts import _base

    _base.Host.exit_patience = PATIENCE
    try:
        host = importlib.import_module(HOSTS[name][0]).Host(None)
    except (ImportError, ValueError) as error:
        print(f'missing: {error}', flush=True)
        os._exit(0)
    loop = host.install()
    scope = Pillion.Scope('add-on', loop, cancel_on_error=False)
    client = PillionHttp.Client.new(loop)
    client.set_max_connections(len(urls))
    client.set_max_connections_per_host(len(urls))
    for url in urls:
        scope.add(client.download(url, f'{folder}/{url.rpartition("/")[2]}'))

    async def wait():
        try:
            await asyncio.sleep(3600)
        finally:
            print('cancelled', flush=True)

    scope.create_task(wait())
    loop.run_in_thread('thread', lambda task, cancellable: time.sleep(0.2))
    loop.sleep(3_600_000_000)

    over = []
    left = 20  # how often the host still asks after that

    def end():
        nonlocal scope, client, loop
        over.append(True)  # also if what follows raises an exception
        if way == 'hard-exit':
            os._exit(3)
        elif way == 'stop':
            loop.stop()
        elif way == 'disable':
            scope.close(PATIENCE * 1_000_000)
        elif way == 'unload':
            scope = client = loop = None
            for module in [module for module in sys.modules if module.partition('.')[0] == 'pillion']:
                del sys.modules[module]
            gc.collect()

    def is_over():
        nonlocal left
        if over and way == 'exit-inside':
            sys.exit(3)
        if over and way in ('disable', 'unload'):
            left -= 1
            return left == 0
        return bool(over)

    def listen(call):
        sys.stdin.readline()
        call(end)

    threading.Thread(target=listen, args=[loop.call_soon_threadsafe], daemon=True).start()
    if way in ('window', 'SIGTERM') and hasattr(host, 'run_until_closed'):
        host.run_until_closed()
        return
    host.run(is_over)
    if way == 'exit':
        sys.exit(3)


class Ends(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plug = plug.Plug()
        cls.display = window.Display()

    def check(self, host, way):
        for moment in plug.get_moments(host, way):
            with self.subTest(moment=moment), tempfile.TemporaryDirectory(prefix='pillion-plug-') as folder:
                self.pull(host, way, moment, folder)

    def pull(self, host, way, moment, folder):
        urls = self.plug.begin(MSEC)
        is_asked = way == 'SIGTERM' and HOSTS[host][0] == 'pygame_host'  # SDL makes an event of it
        with tempfile.TemporaryFile('w+') as output, tempfile.TemporaryFile('w+') as errors, subprocess.Popen(
                [sys.executable, __file__, '--run', host, way, folder, *urls], env=dict(os.environ, **HOSTS[host][1]),
                stdin=subprocess.PIPE, stdout=output, stderr=errors, text=True) as program:
            try:
                self.plug.wait_for(moment, lambda: program.poll() is not None)
                output.seek(0)
                if (said := output.read()).startswith('missing'):
                    self.skipTest(said.strip())
                start = time.monotonic()
                if way.startswith('SIG'):
                    program.send_signal(getattr(signal, way))
                elif way != 'window':
                    program.stdin.write('end\n')
                    program.stdin.flush()
                while program.poll() is None:
                    if way == 'window':
                        # It may not be there yet
                        self.display.close_windows()
                    self.assertLess(time.monotonic(), start + plug.END, 'it hangs')
                    time.sleep(0.01)
            finally:
                program.kill()
            output.seek(0)
            errors.seek(0)
            said, complaints = output.read(), errors.read()
        self.assertEqual(program.returncode, 0 if is_asked else WAYS[way], complaints)
        self.assertNotRegex(complaints, 'Traceback|CRITICAL|WARNING|never awaited|was destroyed|still running')
        self.assertEqual(said.splitlines(), ['cancelled'] if is_asked or way not in ABRUPT else [])
        self.plug.check(folder, lambda: plug.download(folder, urls))


def add_tests(host):
    ways = [way for way in WAYS if way != 'window' or host not in WITHOUT_WINDOW]
    for way in plug.choose(ways, SAMPLE, host):
        setattr(Ends, f'test_{way}'.replace('-', '_'), lambda self, way=way: self.check(host, way))


if __name__ == '__main__':
    if sys.argv[1:2] == ['--run']:
        run(*sys.argv[2:])
    else:
        import plug
        import window
        print(f'# PILLION_SEED={plug.SEED}', flush=True)
        add_tests(sys.argv.pop(1))
        tap.main()
