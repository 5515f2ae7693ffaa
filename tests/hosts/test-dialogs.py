#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Dialogs that callbacks open in a host: test-dialogs.py HOST [TEST…], where HOST.py is the host's adapter.

A timer of the host asks each dialog whether it is over, so "often enough" means: as often as the host itself.
"""

import asyncio
import ctypes
import faulthandler
import importlib
import os
import sys
import threading
import time
import unittest

import gi
gi.require_version('Pillion', '1')
from gi.repository import GLib, Pillion

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import pillion
import tap

POLLS = 30  # of 10 ms each: how long a dialog is open at least
KICKS_A_POLL = 20  # a loop that spins makes hundreds
PATIENCE = 30  # s
DEPTH = 64

loop = Pillion.Loop.get_default()
event_loop = pillion.EventLoop()
host = None

library = ctypes.CDLL('libpillion-1.so.0')
library.pillion_loop_spawn_at.restype = ctypes.c_void_p
FiberFunc = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


def pointer(instance):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.c_void_p(get(instance.__gpointer__, None))


class Work:
    """What happens meanwhile: ticks of 10 ms and two that take turns, both in the loop and in asyncio, and a call from a thread."""

    def __init__(self):
        self.ticks = self.steps = 0
        self.turns, self.asyncio_turns = [], []
        self.from_thread = self.over = False
        self.tasks = []

    def start(self):
        loop.call_later(10_000, self.tick)
        for name in 'ab':
            loop.call_soon(self.turn, name, 5)
            self.tasks.append(event_loop.create_task(self.take_turns(name)))
        self.tasks.append(event_loop.create_task(self.step()))
        threading.Thread(target=loop.call_soon_threadsafe, args=(self.call_from_thread,)).start()

    def tick(self):
        self.ticks += 1
        if not self.over:
            loop.call_later(10_000, self.tick)

    async def step(self):
        while not self.over:
            await asyncio.sleep(0.01)
            self.steps += 1

    def turn(self, name, rest):
        self.turns.append(name)
        if rest > 1:
            loop.call_soon(self.turn, name, rest - 1)

    async def take_turns(self, name):
        for _ in range(5):
            self.asyncio_turns.append(name)
            await asyncio.sleep(0)

    def call_from_thread(self):
        self.from_thread = True

    def is_all_in(self):
        return self.from_thread and len(self.turns) == len(self.asyncio_turns) == 10

    def is_done(self):
        return self.is_all_in() and all(task.done() for task in self.tasks)


class Dialogs(unittest.TestCase):
    def setUp(self):
        faulthandler.dump_traceback_later(3 * PATIENCE, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        self.work = Work()
        self.log = []
        self.n_open = self.n_polls = self.n_kicks = 0
        self.opener = None  # a task that is cancelled inside

    def is_over(self):
        self.n_polls += 1
        return self.n_polls >= POLLS and (self.work.is_all_in() or time.monotonic() > self.end)

    def show(self, *_):
        self.n_open += 1
        self.log.append(f'open {self.n_open}')
        self.end = time.monotonic() + PATIENCE
        before = host.n_kicks
        self.work.start()
        if self.opener is not None:
            self.opener.cancel()
        host.show_dialog(self.is_over)
        self.n_kicks = host.n_kicks - before
        self.inside = self.work.ticks, self.work.steps, list(self.work.turns), list(self.work.asyncio_turns), self.work.from_thread
        self.work.over = True
        self.log.append('close')
        self.n_open -= 1

    def is_all_over(self, log):
        return self.log == log and self.work.over and self.work.is_done() and loop.get_live_tasks() == 0

    def run_until_over(self, *log):
        end = time.monotonic() + 2 * PATIENCE
        host.run(lambda: self.is_all_over(list(log)) or time.monotonic() > end)
        self.assertEqual(self.log, list(log))
        self.assertTrue(self.is_all_over(list(log)), 'something has not ended')
        self.assertLessEqual(self.n_kicks, KICKS_A_POLL * self.n_polls)

    def check(self, *log):
        self.run_until_over(*log)
        ticks, steps, turns, asyncio_turns, from_thread = self.inside
        self.assertGreater(ticks, POLLS / 3)
        self.assertGreater(steps, POLLS / 3)
        self.assertEqual(turns, ['a', 'b'] * 5)
        self.assertEqual(asyncio_turns, ['a', 'b'] * 5)
        self.assertTrue(from_thread)

    def test_from_a_done_callback(self):
        task = loop.sleep(1000)
        task.add_done_callback(self.show)
        task.add_done_callback(lambda _: self.log.append('second'))
        self.check('open 1', 'close', 'second')

    def test_from_a_call(self):
        loop.call_later(1000, self.show)
        self.check('open 1', 'close')

    def test_from_a_source(self):
        loop.hold()
        self.addCleanup(loop.release)
        GLib.idle_add(self.show)
        self.check('open 1', 'close')

    async def open_in_coroutine(self, wait):
        await wait()
        self.opener = asyncio.current_task()
        self.show()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.log.append('cancelled')

    def test_from_a_coroutine(self):
        event_loop.create_task(self.open_in_coroutine(lambda: asyncio.sleep(0.001)))
        self.check('open 1', 'close', 'cancelled')

    def test_from_a_coroutine_after_a_task(self):
        event_loop.create_task(self.open_in_coroutine(lambda: loop.sleep(1000)))
        self.check('open 1', 'close', 'cancelled')

    def test_from_a_fiber(self):
        class Opener:
            def cancel(self):
                library.pillion_task_cancel(task)

        def body(*_):
            self.opener = Opener()
            self.show()
            self.log.append('done' if library.pillion_task_is_done(task) else 'pending')

        body = FiberFunc(body)
        # Toolkits need a large stack
        task = ctypes.c_void_p(library.pillion_loop_spawn_at(pointer(loop), b'opener', ctypes.c_size_t(8 << 20), b'here', body, None, None))
        self.check('open 1', 'close', 'pending')
        self.assertTrue(library.pillion_task_is_done(task))
        library.g_object_unref(task)

    # If nothing may run inside, nothing spins

    def check_frozen(self):
        self.is_over = self.is_frozen_long_enough
        task = loop.sleep(1000)
        task.add_done_callback(self.show)
        self.run_until_over('open 1', 'close')
        self.assertEqual(self.inside, (0, 0, [], [], False))
        self.assertEqual(self.work.turns, ['a', 'b'] * 5)
        self.assertEqual(self.work.asyncio_turns, ['a', 'b'] * 5)

    def is_frozen_long_enough(self):
        self.n_polls += 1
        return self.n_polls >= POLLS

    def test_nesting_is_off(self):
        loop.set_allow_nesting(False)
        self.addCleanup(loop.set_allow_nesting, True)
        self.check_frozen()

    def test_a_region_without_callbacks(self):
        show = self.show

        def show_in_region(*_):
            loop.begin_region('modal', Pillion.RegionFlags.NO_CALLBACKS)
            show()
            loop.end_region('modal')

        self.show = show_in_region
        self.check_frozen()

    def test_the_limit_of_depth(self):
        depth = deepest = 0
        over = False
        before = None

        def is_over():
            nonlocal over, before
            if depth == DEPTH:
                self.n_polls += 1
                before = before or host.n_kicks
                self.n_kicks = host.n_kicks - before
                over = over or self.n_polls == POLLS
            return over

        def dig():
            nonlocal depth, deepest
            if over:
                self.log.append('refused')
                return
            depth += 1
            deepest = max(deepest, depth)
            loop.call_soon(dig)
            host.show_dialog(is_over)
            depth -= 1

        loop.call_soon(dig)
        end = time.monotonic() + 2 * PATIENCE
        host.run(lambda: depth == 0 and self.log or time.monotonic() > end)
        self.assertEqual(deepest, DEPTH)
        self.assertEqual(self.log, ['refused'])
        # So many windows have events of their own
        self.assertLessEqual(self.n_kicks, 3 * KICKS_A_POLL * self.n_polls)


if __name__ == '__main__':
    try:
        adapter = importlib.import_module(sys.argv.pop(1))
    except (ImportError, ValueError) as error:
        print(f'1..0 # SKIP {error}')
        sys.exit()
    host = adapter.Host(loop)
    tap.main()
