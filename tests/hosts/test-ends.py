#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Programs end while work is under way: test-ends.py [TEST…].

Each program is a process of its own, test-ends.py --run HOST WAY, with transfers, coroutines and threads that would never end."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

PATIENCE = 20  # s: how long a program may take, with its start
LIMIT = 2.5  # s: how long it may take from the moment when it is told to end; the exit may wait for a second

HOSTS = {
    'asyncio': 'asyncio_host',
    'generic': 'generic_host',
    'gtk': 'gtk_host',
    'pygame': 'pygame_host',
    'qt': 'qt_host',
    'qt-without-glib': 'qt_host',
    'tk': 'tk_host',
    'wx': 'wx_host',
}


def run(name, way):
    import asyncio
    import importlib
    import threading

    import gi
    gi.require_version('PillionHttp', '1')
    from gi.repository import Gio, PillionHttp
    import pillion

    try:
        host = importlib.import_module(HOSTS[name]).Host(None)
    except (ImportError, ValueError) as error:
        print(f'missing: {error}', flush=True)
        os._exit(0)
    loop = host.loop
    client = PillionHttp.Client.new(loop)
    url = f'http://127.0.0.1:{sys.argv[4]}/'
    for number in range(20):
        client.download(f'{url}{number}', Gio.File.new_for_path(f'{sys.argv[5]}/{number}'), None, None)

    async def wait():
        try:
            await asyncio.sleep(3600)
        finally:
            print('cancelled', flush=True)

    pillion.ensure_future(wait())
    loop.run_in_thread('thread', lambda task, cancellable: time.sleep(0.2))
    loop.sleep(3_600_000_000)

    over = []

    def end():
        print(f'end {time.monotonic()}', flush=True)
        if way == 'window':
            host.close_window()
        elif way == 'hard':
            os._exit(3)
        elif way == 'stop':
            loop.stop()
        over.append(True)

    threading.Timer(0.3, loop.call_soon_threadsafe, [end]).start()
    if way == 'exit':
        host.run(lambda: bool(over))
        sys.exit(3)
    host.run(lambda: bool(over) and way != 'window')


class Ends(unittest.TestCase):
    def check(self, host, way, code=0):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-ends-')
        self.addCleanup(temporary.cleanup)
        with socket.create_server(('127.0.0.1', 0), backlog=100) as server:  # which never answers
            env = dict(os.environ, QT_NO_GLIB='1') if host == 'qt-without-glib' else None
            program = subprocess.run([sys.executable, __file__, '--run', host, way, str(server.getsockname()[1]), temporary.name],
                                     env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)
        end = time.monotonic()
        if program.stdout.startswith('missing'):
            self.skipTest(program.stdout.strip())
        self.assertEqual(program.returncode, code, program.stdout + program.stderr)
        self.assertNotRegex(program.stderr, 'Traceback|CRITICAL|WARNING|never awaited|was destroyed')
        lines = program.stdout.splitlines()
        self.assertTrue(lines[0].startswith('end '), program.stdout)
        self.assertLess(end - float(lines[0].split()[1]), LIMIT)
        self.assertEqual(lines[1:], [] if way == 'hard' else ['cancelled'])


def add_tests():
    for host in HOSTS:
        for way, code in (('return', 0), ('exit', 3), ('hard', 3), ('stop', 0), ('window', 0)):
            if way != 'window' or host == 'tk':
                name = f'test_{host}_{way}'.replace('-', '_')
                setattr(Ends, name, lambda self, host=host, way=way, code=code: self.check(host, way, code))


if __name__ == '__main__':
    if sys.argv[1:2] == ['--run']:
        run(*sys.argv[2:4])
    else:
        add_tests()
        tap.main()
