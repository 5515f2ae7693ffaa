#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Other guests beside ours in one Qt program: an asyncio event loop that a timer of Qt's runs now and then, and trio in its guest mode."""

import asyncio
import faulthandler
import os
import sys
import time
import unittest

import gi
gi.require_version('Pillion', '1')

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import pillion.hosts
import tap

PATIENCE = 30  # s
STEPS = 20


class AsyncioGuest:
    """What programs write that have a main loop of their own, and no library for that."""

    def __init__(self):
        self.loop = asyncio.SelectorEventLoop()
        self.timer = qt_host.QtCore.QTimer()
        self.timer.timeout.connect(self.step)
        self.timer.start(5)

    def step(self):
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()

    def close(self):
        self.timer.stop()
        self.loop.close()


class Qt(unittest.TestCase):
    def setUp(self):
        faulthandler.dump_traceback_later(3 * PATIENCE, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        self.loop = host.install()

    def wait_for(self, is_over):
        end = time.monotonic() + PATIENCE
        host.run(lambda: is_over() or time.monotonic() > end)
        self.assertTrue(is_over(), 'it has not happened')

    async def work(self):
        """Steps of ours. Each task is awaited in the event loop that rides on our loop."""
        for _ in range(STEPS):
            self.assertIsInstance(asyncio.get_running_loop(), pillion.EventLoop)
            await asyncio.sleep(0.001)
            await self.loop.sleep(1000)
        return 'ours'

    def add_asyncio(self):
        guest = AsyncioGuest()
        self.addCleanup(guest.close)
        return guest

    def test_another_asyncio_loop(self):
        guest = self.add_asyncio()

        async def theirs():
            for _ in range(STEPS):
                self.assertIs(asyncio.get_running_loop(), guest.loop)
                await asyncio.sleep(0.001)
            return 'theirs'

        ours, others = pillion.ensure_future(self.work()), guest.loop.create_task(theirs())
        self.wait_for(lambda: ours.done() and others.done())
        self.assertEqual((ours.result(), others.result()), ('ours', 'theirs'))

    def test_another_asyncio_loop_awaits_our_tasks(self):
        guest = self.add_asyncio()

        async def theirs():
            await self.loop.sleep(1000)
            return await self.loop.run_in_thread('thread', lambda *_: 'result')

        others = guest.loop.create_task(theirs())
        self.wait_for(others.done)
        self.assertEqual(others.result(), 'result')

    def test_from_another_asyncio_loop_ours_is_started(self):
        guest = self.add_asyncio()
        started = []

        async def theirs():
            started.append(pillion.ensure_future(self.work()))

        others = guest.loop.create_task(theirs())
        self.wait_for(lambda: others.done() and started and started[0].done())
        self.assertEqual(started[0].result(), 'ours')

    def test_the_end_of_ours_leaves_another_asyncio_loop_alone(self):
        guest = self.add_asyncio()
        others = guest.loop.create_task(asyncio.sleep(0.2, 'theirs'))
        ours = pillion.ensure_future(self.work())
        self.wait_for(ours.done)
        self.loop.close(PATIENCE * 1_000_000)
        self.wait_for(others.done)
        self.assertEqual(others.result(), 'theirs')

    def add_trio(self, main):
        """Trio as Qt's guest. Returns a list that gets its outcome."""
        outcomes = []

        class Call(qt_host.QtCore.QEvent):
            KIND = qt_host.QtCore.QEvent.Type(qt_host.QtCore.QEvent.registerEventType())

            def __init__(self, function):
                super().__init__(self.KIND)
                self.function = function

        class Caller(qt_host.QtCore.QObject):
            def event(self, event):
                event.function()
                return True

        caller = Caller()
        trio.lowlevel.start_guest_run(
            main, run_sync_soon_threadsafe=lambda function: host.app.postEvent(caller, Call(function)), done_callback=outcomes.append)
        self.addCleanup(caller.deleteLater)
        return outcomes

    def test_a_trio_guest(self):
        async def theirs():
            for _ in range(STEPS):
                await trio.sleep(0.001)
            return 'theirs'

        outcomes = self.add_trio(theirs)
        ours = pillion.ensure_future(self.work())
        self.wait_for(lambda: ours.done() and outcomes)
        self.assertEqual((ours.result(), outcomes[0].unwrap()), ('ours', 'theirs'))

    def test_a_trio_guest_awaits_our_tasks(self):
        async def theirs():
            await self.loop.sleep(1000)
            return await self.loop.run_in_thread('thread', lambda *_: 'result')

        outcomes = self.add_trio(theirs)
        self.wait_for(lambda: outcomes)
        self.assertEqual(outcomes[0].unwrap(), 'result')

    def test_from_a_trio_guest_ours_is_started(self):
        started = []

        async def theirs():
            started.append(pillion.ensure_future(self.work()))
            await trio.sleep(0.001)

        outcomes = self.add_trio(theirs)
        self.wait_for(lambda: outcomes and started and started[0].done())
        outcomes[0].unwrap()
        self.assertEqual(started[0].result(), 'ours')

    def test_the_end_of_ours_leaves_a_trio_guest_alone(self):
        async def theirs():
            await trio.sleep(0.2)
            return 'theirs'

        outcomes = self.add_trio(theirs)
        ours = pillion.ensure_future(self.work())
        self.wait_for(ours.done)
        self.loop.close(PATIENCE * 1_000_000)
        self.wait_for(lambda: outcomes)
        self.assertEqual(outcomes[0].unwrap(), 'theirs')

    def test_all_three(self):
        async def asyncios():
            for _ in range(STEPS):
                await asyncio.sleep(0.001)
            return await self.loop.run_in_thread('thread', lambda *_: 'asyncio')

        async def trios():
            for _ in range(STEPS):
                await trio.sleep(0.001)
            return await self.loop.run_in_thread('thread', lambda *_: 'trio')

        guest = self.add_asyncio()
        others, outcomes, ours = guest.loop.create_task(asyncios()), self.add_trio(trios), pillion.ensure_future(self.work())
        self.wait_for(lambda: ours.done() and others.done() and outcomes)
        self.assertEqual((ours.result(), others.result(), outcomes[0].unwrap()), ('ours', 'asyncio', 'trio'))


if __name__ == '__main__':
    try:
        import qt_host
        import trio
    except ImportError as error:
        print(f'1..0 # SKIP {error.name} is not installed')
        sys.exit()
    host = qt_host.Host(None)
    tap.main()
