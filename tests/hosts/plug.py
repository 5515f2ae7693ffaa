# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ends programs while they download, and looks at what they leave.

A moment is a fraction of all bytes that the server has sent by then, so transfers are under way however slow the machine is. The
environment variable PILLION_MOMENTS says how many moments each program and each way to end it get; without it, only a sample is tried.
PILLION_SEED chooses the moments and the sample."""

import os
import pathlib
import random
import time

from server import Server, content

COUNT = 100
SIZE = 100_000  # bytes of the first file; each has one more than the one before
START = 120  # s: how long it may take until the transfers have begun
END = 40  # s: how long a program may take to end; one that hangs takes forever

MOMENTS = int(os.environ.get('PILLION_MOMENTS', '0'))  # 0 for a sample
SEED = os.environ.get('PILLION_SEED', '1')


def get_random(*names):
    return random.Random(' '.join([SEED, *names]))


def get_moments(*names):
    """At which fractions of the bytes the plug is pulled."""
    generator = get_random(*names)
    return [generator.uniform(0, 0.95) for _ in range(MOMENTS or 1)]


def choose(names, count, *seeds):
    """Some of the names, or all of them."""
    return list(names) if MOMENTS else get_random(*seeds).sample(list(names), min(count, len(names)))


class Plug:
    """The server, for one program after the other."""

    def __init__(self):
        self.server = Server()

    def begin(self, msec):
        """Begins with another program. Returns what that is to download, which takes so many milliseconds a file. The last part of a
        path is the name of its file."""
        self.server.sent = [0]
        return [f'{self.server.url}/slow/{SIZE + number}/{msec}/{number}' for number in range(COUNT)]

    def wait_for(self, moment, is_over):
        """Waits for the moment, unless the program ends before it."""
        total = sum(SIZE + number for number in range(COUNT))
        deadline = time.monotonic() + START
        while self.server.sent[0] <= moment * total and not is_over():
            if time.monotonic() > deadline:
                raise AssertionError(f'only {self.server.sent[0]} bytes of {total} were sent')
            time.sleep(0.002)

    def check(self, folder, resume):
        """Looks at what is in the folder, has `resume ()` download the rest, and looks again. Returns how many parts there were."""
        assert not get_wrong(folder), f'these files are wrong: {get_wrong(folder)}'
        n_parts = sum('.pillion-part' in entry.name and entry.stat().st_size > 0 and os.path.exists(entry.path + '.info')
                      for entry in os.scandir(folder))
        for entry in os.scandir(folder):
            if not entry.name.startswith('.'):
                os.unlink(entry)  # or a second one would be made beside it
        before = self.server.n_resumed
        self.server.is_in_hurry = True
        try:
            resume()
        finally:
            self.server.is_in_hurry = False
        n_resumed = self.server.n_resumed - before
        assert sorted(os.listdir(folder)) == sorted(map(str, range(COUNT))), os.listdir(folder)
        assert not get_wrong(folder), f'these files are wrong after they were resumed: {get_wrong(folder)}'
        assert n_resumed >= n_parts, f'{n_resumed} of {n_parts} parts were resumed'
        return n_parts


def get_wrong(folder):
    return [entry.name for entry in os.scandir(folder) if not entry.name.startswith('.')
            and pathlib.Path(entry.path).read_bytes() != content(0, SIZE + int(entry.name))]


def download(folder, urls):
    """Downloads each URL to the file of its name."""
    import gi
    gi.require_version('Pillion', '1')
    gi.require_version('PillionHttp', '1')
    from gi.repository import Pillion, PillionHttp

    loop = Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)
    client = PillionHttp.Client.new(loop)
    loop.run_until_complete(Pillion.Task.all(loop, [client.download(url, f'{folder}/{url.rpartition("/")[2]}') for url in urls]))
    loop.close(END * 1_000_000)
