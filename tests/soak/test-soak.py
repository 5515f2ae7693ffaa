#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Load from Python: 2,000 coroutines of all kinds of requests, round after round, with everything that `soak` does to such rounds.

    test-soak.py SERVER [--minutes N] [--seed N] [--nice N]
"""

import argparse
import asyncio
import collections
import gc
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'python'))
from support import Case, GLib, Pillion, guest, tap  # noqa: E402

from gi.repository import Gio, PillionHttp  # noqa: E402

# What the coroutines of a round do. Those that are cancelled do any of the rest.
MIX = {'get': 1450, 'stream': 150, 'download': 100, 'upload': 150, 'events': 50, 'cancelled': 100}
N_CALLS = sum(MIX.values())
N_AT_ONCE = 32
N_LASTING = MIX['stream'] + MIX['events'] + MIX['cancelled']

# Of each body, in bytes
LENGTH = 1024
STREAM_LENGTH = 40_000
FILE_LENGTH = 20_000
UPLOAD_LENGTH = 50_000

# The server ends the response after 50 events, so a stream has to connect again
N_EVENTS = 60

# Before a coroutine is cancelled, it gets up to so many turns
MAX_TURNS = 200

# So many times for each ending: what is made once and kept is there after that
WARM_UP = 2

# Python's own caches grow a little; 2,000 calls that each leave an object would be far more
MAX_OBJECTS = 500

# What the server sends: see content.h
PERIOD = 1048583

# The descriptors of the I/O thread, which need not be there after each round
OF_THREAD = 4

ENDINGS = ['left alone', 'cancelled', 'forgotten', 'server dies']


def make_content():
    content = bytearray()
    state = 1
    for _ in range(PERIOD):
        state = (state * 1664525 + 1013904223) % 2 ** 32
        content.append(state >> 24)
    return bytes(content) * 2


class Server:
    """The server of the soak test, which can be killed and started again at the same address."""

    def __init__(self, program):
        self.program = program
        # It is bound but does not listen: nobody else gets the port, and connections are refused while there is no server
        self.reserved = socket.socket()
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(('127.0.0.1', 0))
        self.port = self.reserved.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}'
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program, str(self.port)], stdout=subprocess.PIPE)
        assert int(self.process.stdout.readline()) == self.port

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def close(self):
        self.kill()
        self.reserved.close()


def count_threads():
    """Without those that GLib starts once and never ends"""
    names = []
    for task in pathlib.Path('/proc/self/task').iterdir():
        try:
            names.append((task / 'comm').read_text().strip())
        except OSError:
            continue
    return len([name for name in names if name not in ('gmain', 'pool-spawner')])


class Soak(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(options.seed)
        self.content = make_content()
        self.server = Server(options.server)
        self.addCleanup(self.server.close)
        folder = tempfile.TemporaryDirectory(prefix='pillion-soak-')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.upload_path = self.folder / 'upload'
        self.upload_path.write_bytes(self.content[:UPLOAD_LENGTH])

    def url(self, key, length):
        return f'{self.server.url}/plain/{key}/{length}'

    def check(self, key, content, length):
        start = key * 7919 % PERIOD
        # Not assertEqual (), which would print all of it
        self.assertTrue(content == self.content[start:start + length], f'{len(content)} wrong bytes of {key}')

    # A coroutine for each kind

    async def get(self, client, key):
        response = await client.get(self.url(key, LENGTH))
        self.check(key, response.content, LENGTH)

    async def stream(self, client, key):
        async with client.stream('GET', self.url(key, STREAM_LENGTH)) as stream:
            self.check(key, b''.join([piece async for piece in stream]), STREAM_LENGTH)

    async def download(self, client, key):
        download = await client.download(self.url(key, FILE_LENGTH), self.folder / f'file-{key}')
        self.assertEqual(download.get_size(), FILE_LENGTH)
        self.check(key, (self.folder / f'file-{key}').read_bytes(), FILE_LENGTH)

    async def upload(self, client, key):
        content = self.upload_path if key % 2 else self.content[:UPLOAD_LENGTH]
        response = await client.post(f'{self.server.url}/upload', content=content)
        self.assertEqual(int(response.text), UPLOAD_LENGTH)

    async def events(self, client, key):
        n = 0
        async with client.events(f'{self.server.url}/events') as events:
            async for event in events:
                n += 1
                self.assertEqual((event.id, event.data), (str(n), f'event {n}'))
                if n == N_EVENTS:
                    break
        self.assertEqual(n, N_EVENTS)

    async def cancelled(self, client, key):
        kind = self.random.choice([kind for kind in MIX if kind != 'cancelled'])
        task = asyncio.create_task(getattr(self, kind)(client, key))
        try:
            for _ in range(self.random.randrange(MAX_TURNS)):
                await asyncio.sleep(0)
        finally:
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def call(self, kind, client, key, counts):
        await getattr(self, kind)(client, key)
        counts['succeeded'] += 1
        self.progress += 1

    def forget(self, client, kind, key):
        """Begins what nobody waits for. The result is a task."""
        if kind == 'stream':
            return client.open(PillionHttp.Request.new('GET', self.url(key, STREAM_LENGTH)))
        if kind == 'download':
            return client.download(self.url(key, FILE_LENGTH), self.folder / f'file-{key}')
        if kind == 'upload':
            return client.post(f'{self.server.url}/upload', content=self.upload_path)
        if kind == 'events':
            return client.events(f'{self.server.url}/events').next()
        call = client.get(self.url(key, LENGTH))
        if kind == 'cancelled':
            call.cancel()
        return call

    async def interrupt(self, ending, middle, tasks):
        """Waits for the middle of the round."""
        while self.progress < middle and not all(task.done() for task in tasks):
            await asyncio.sleep(0.01)
        if ending == 'cancelled':
            for task in tasks:
                task.cancel()
        elif ending == 'server dies':
            self.server.kill()
            self.server.start()

    async def round(self, ending, number):
        client = PillionHttp.Client(max_connections=N_AT_ONCE, max_connections_per_host=N_AT_ONCE, max_lasting_connections=N_LASTING,
                                    max_lasting_connections_per_host=N_LASTING, connect_timeout_usec=10 ** 9,
                                    first_byte_timeout_usec=10 ** 9, idle_timeout_usec=10 ** 9)
        counts = collections.Counter()
        kinds = [kind for kind, n in MIX.items() for _ in range(n)]
        self.random.shuffle(kinds)
        first = number * N_CALLS
        self.progress = 0
        middle = self.random.randrange(N_CALLS)
        if ending == 'forgotten':
            # Nobody awaits these, and their client goes first
            calls = [self.forget(client, kind, first + i) for i, kind in enumerate(kinds)]
            del client
            for call in calls[middle:]:
                call.cancel()
            await asyncio.wait([asyncio.ensure_future(call) for call in calls[:middle + 1]])
            del calls
            return
        tasks = [asyncio.create_task(self.call(kind, client, first + i, counts)) for i, kind in enumerate(kinds)]
        await self.interrupt(ending, middle, tasks)
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if result is None:
                continue
            counts['failed'] += 1
            if ending == 'server dies' and isinstance(result, GLib.Error):
                self.assertTrue(result.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CONNECTION_REFUSED)
                                or result.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CONNECTION_CLOSED)
                                or result.matches(PillionHttp.error_quark(), PillionHttp.Error.TRUNCATED), result)
            elif ending == 'cancelled':
                self.assertIsInstance(result, asyncio.CancelledError)
            else:
                raise result
        self.assertEqual(counts['succeeded'] + counts['failed'], N_CALLS)
        if ending == 'left alone':
            self.assertEqual(counts['failed'], 0)

    def check_folder(self):
        """Whatever happened: no file has anything but its content. Parts may be left."""
        for path in self.folder.iterdir():
            if path == self.upload_path:
                continue
            if path.name.startswith('file-'):
                self.check(int(path.name[len('file-'):]), path.read_bytes(), FILE_LENGTH)
            else:
                self.assertTrue(path.name.startswith('.file-'), path)
            path.unlink()

    def settle(self, max_descriptors):
        """Everything that belonged to a round has to go. The asyncio loop may keep the I/O thread."""
        end = time.monotonic() + 120
        while True:
            gc.collect()
            # GLib would keep them for 15 s
            GLib.ThreadPool.stop_unused_threads()
            left = guest.get_live_tasks(), count_threads(), len(os.listdir('/proc/self/fd'))
            if left[0] == 0 and left[1] <= 2 and left[2] <= max_descriptors:
                return left[2]
            self.assertLess(time.monotonic(), end, f'tasks, threads and descriptors that are left: {left}, not {max_descriptors}')
            guest.kick()
            time.sleep(0.01)

    def test_nothing_is_left_of_2000_coroutines(self):
        start = time.monotonic()
        number = 0
        max_descriptors = objects = 0
        while number < len(ENDINGS) * WARM_UP or time.monotonic() - start < options.minutes * 60:
            warm = number >= len(ENDINGS) * WARM_UP
            ending = self.random.choice(ENDINGS) if warm else ENDINGS[number % len(ENDINGS)]
            self.loop.run_until_complete(self.round(ending, number))
            descriptors = self.settle(max_descriptors if warm else sys.maxsize)
            self.check_folder()
            now = len(gc.get_objects())
            if not warm:
                max_descriptors, objects = max(max_descriptors, descriptors + OF_THREAD), max(objects, now)
            print(f'# {time.monotonic() - start:.1f} s, round {number}, {ending}: {now} objects, {descriptors} descriptors', flush=True)
            self.assertLess(now - objects, MAX_OBJECTS)
            number += 1


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('server')
    parser.add_argument('--minutes', type=float, default=0)
    parser.add_argument('--seed', type=int, default=None)
    parser.add_argument('--nice', type=int, default=0)
    options = parser.parse_args()
    if options.seed is None:
        options.seed = time.time_ns() // 10 ** 9
    os.nice(options.nice)
    print(f'# seed: {options.seed}', flush=True)
    sys.argv[1:] = []
    tap.main()
