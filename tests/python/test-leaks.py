#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""100,000 tasks, callbacks and cancellations leave nothing behind."""

import asyncio
import gc
import os
import threading

from support import Case, guest, pillion, tap

MANY = 100_000
PAGE = os.sysconf('SC_PAGE_SIZE')


def resident():
    with open('/proc/self/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * PAGE


class Leaks(Case):
    def check(self, work, per_round):
        """What the rounds after the first ones leave of Python's objects, and of memory"""
        rounds = MANY // per_round
        for _ in range(max(2, rounds // 5)):
            work(per_round)
        gc.collect()
        objects, memory = len(gc.get_objects()), resident()
        for _ in range(rounds):
            work(per_round)
        gc.collect()
        self.assertLess(len(gc.get_objects()) - objects, MANY // 100)
        # One leaked object of C for each would be ten times that
        self.assertLess(resident() - memory, 2 << 20)

    def kick(self, tasks):
        while not all(task.done() for task in tasks):
            guest.kick()

    def test_tasks_in_kicks(self):
        async def work():
            await asyncio.sleep(0)

        self.check(lambda n: self.kick([self.loop.create_task(work()) for _ in range(n)]), 1000)

    def test_tasks_outside(self):
        async def work():
            await asyncio.sleep(0)

        async def many(n):
            await asyncio.gather(*(work() for _ in range(n)))

        self.check(lambda n: self.loop.run_until_complete(many(n)), 1000)

    def test_callbacks(self):
        def many(n):
            for _ in range(n):
                self.loop.call_soon(int)
            while self.loop._ready:
                guest.kick()

        self.check(many, 1000)

    def test_timers_that_are_cancelled(self):
        def many(n):
            for timer in [self.loop.call_later(3600, int) for _ in range(n)]:
                timer.cancel()
            while guest.kick():
                pass

        self.check(many, 1000)

    def test_cancellations(self):
        async def work():
            await self.loop.create_future()

        def many(n):
            tasks = [self.loop.create_task(work()) for _ in range(n)]
            guest.kick()
            for task in tasks:
                task.cancel()
            self.kick(tasks)

        self.check(many, 1000)

    def test_dispatches(self):
        def many(n):
            for _ in range(n):
                self.loop.call_soon(int)
                guest.kick()

        self.check(many, 1000)

    def test_waits(self):
        async def many(n):
            for _ in range(n):
                await pillion.call_in_host(int)

        self.check(lambda n: self.loop.run_until_complete(many(n)), 1000)

    def test_calls_in_the_host(self):
        def many(n):
            calls = [pillion.call_in_host(int) for _ in range(n)]
            self.kick(calls)

        self.check(many, 1000)


class Fixtures(Case):
    def test_loops(self):
        def one():
            loop = pillion.EventLoop()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

        for _ in range(100):
            one()
        gc.collect()
        objects, fds = len(gc.get_objects()), len(os.listdir('/proc/self/fd'))
        for _ in range(500):
            one()
        gc.collect()
        self.assertLess(len(gc.get_objects()) - objects, 100)
        self.assertEqual(len(os.listdir('/proc/self/fd')), fds)

    def test_threads(self):
        def one():
            thread = threading.Thread(target=lambda: pillion.run(asyncio.sleep(0)))
            thread.start()
            thread.join()

        for _ in range(20):
            one()
        gc.collect()
        objects, fds = len(gc.get_objects()), len(os.listdir('/proc/self/fd'))
        for _ in range(100):
            one()
        gc.collect()
        self.assertLess(len(gc.get_objects()) - objects, 100)
        self.assertLessEqual(len(os.listdir('/proc/self/fd')), fds)


if __name__ == '__main__':
    tap.main()
