#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""100,000 tasks, callbacks and cancellations leave nothing behind."""

import asyncio
import ctypes
import gc
import os
import threading

from support import Case, GLib, Pillion, guest, pillion, tap

MANY = 100_000

# A leaked list has 56, the smallest piece of malloc () 32, a GObject more
BYTES = 8


def memory():
    """The memory that the process has written to and does not share"""
    with open('/proc/self/smaps_rollup', encoding='ascii') as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith('Private_Dirty:'))


class LeakCase(Case):
    def setUp(self):
        super().setUp()
        # A kick does all that is ready: every one of the coroutines of a round begins in it
        self.addCleanup(guest.set_budget_usec, guest.get_budget_usec())
        guest.set_budget_usec(60_000_000)

    def check(self, work, per_round=1000):
        """The Python objects and memory that the later rounds leave behind"""
        rounds = MANY // per_round
        for _ in range(max(2, rounds // 5)):
            work(per_round)
        gc.collect()
        # Python takes memory in arenas of a MiB. One that comes late is no leak, which would be there again.
        for _ in range(2):
            objects, before = len(gc.get_objects()), memory()
            for _ in range(rounds):
                work(per_round)
            gc.collect()
            objects, left = len(gc.get_objects()) - objects, (memory() - before) / MANY
            if left < BYTES:
                break
        self.assertLess(objects, MANY // 100)
        self.assertLess(left, BYTES)

    def kick(self, tasks):
        while not all(task.done() for task in tasks):
            guest.kick()

    def run_many(self, work):
        """100,000 times, with asyncio outside"""
        async def many(n):
            for _ in range(n):
                await work()
            # Work that never waits gives the guest loop no turn
            while guest.get_live_tasks() > 0:
                await asyncio.sleep(0)

        self.check(lambda n: self.loop.run_until_complete(many(n)))


class Asyncio(LeakCase):
    def test_a_leak_is_seen(self):
        kept = []
        malloc = ctypes.CDLL(None).malloc
        # In this order: what the list gives back would hide the other leak
        for leak in (lambda: malloc(16), lambda: kept.append([])):
            with self.assertRaises(AssertionError):
                self.check(lambda n: [leak() for _ in range(n)])
            kept.clear()

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


class Tasks(LeakCase):
    """Pillion's own"""

    def pending(self):
        return Pillion.Task.new(guest, 'pending')

    async def wait(self, task):
        return await task

    def test_pending_ones_awaited(self):
        async def work():
            task = self.pending()
            self.loop.call_soon(task.return_value, 1)
            await task

        self.run_many(work)

    def test_done_ones_awaited(self):
        async def work():
            task = self.pending()
            task.return_value(1)
            await task

        self.run_many(work)

    def test_awaited_by_many_in_kicks(self):
        def many(n):
            tasks = [self.pending() for _ in range(n)]
            waiters = [self.loop.create_task(self.wait(task)) for task in tasks]
            guest.kick()
            for task in tasks:
                task.return_value('text')
            self.kick(waiters)

        self.check(many)

    def test_results_of_every_kind(self):
        for value in ('text', b'bytes', [1], 1.5, 2**70, GLib.Variant('s', 'text'), GLib.Date.new_dmy(1, GLib.DateMonth.MAY, 2026)):
            with self.subTest(value):
                def many(n):
                    for _ in range(n):
                        task = self.pending()
                        task.return_value(value)
                        task.result()
                    guest.kick()

                self.check(many)

    def test_done_callbacks(self):
        def many(n):
            tasks = [self.pending() for _ in range(n)]
            for task in tasks:
                task.add_done_callback(lambda task, one: None, 1)
                task.add_done_callback(lambda task: None)
                task.return_value(1)
            while guest.kick():
                pass

        self.check(many)

    def test_done_callbacks_that_are_removed(self):
        def many(n):
            task = self.pending()
            for _ in range(n):
                task.remove_done_callback(task.add_done_callback(lambda task: None))
            task.return_value(1)
            guest.kick()

        self.check(many)

    def test_calls(self):
        def many(n):
            for _ in range(n // 4):
                guest.call_soon(int)
                guest.call_soon_threadsafe(int)
                guest.call_later(0, int)
                guest.cancel_call(guest.call_later(3600, int))
            while guest.kick():
                pass

        self.check(many)

    def test_awaits_that_are_cancelled(self):
        def many(n):
            waiters = [self.loop.create_task(self.wait(guest.sleep(3_600_000_000))) for _ in range(n)]
            guest.kick()
            for waiter in waiters:
                waiter.cancel()
            self.kick(waiters)
            while guest.kick():
                pass

        self.check(many)

    def test_tasks_that_are_cancelled(self):
        def many(n):
            tasks = [guest.sleep(3_600_000_000) for _ in range(n)]
            waiters = [self.loop.create_task(self.wait(task)) for task in tasks]
            guest.kick()
            for task in tasks:
                task.cancel()
            self.kick(waiters)

        self.check(many)

    def test_from_awaitable(self):
        async def work():
            await Pillion.Task.from_awaitable(asyncio.sleep(0, 'slept'))

        self.run_many(work)

    def test_from_awaitable_cancelled(self):
        async def work():
            task = Pillion.Task.from_awaitable(self.loop.create_future())
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

        self.run_many(work)

    def test_exceptions(self):
        async def fail():
            await asyncio.sleep(0)
            raise ValueError('from Python')

        async def work():
            for task in (Pillion.Task.from_awaitable(fail()), self.refused()):
                try:
                    await task.shield()
                except (ValueError, GLib.Error):
                    pass

        self.run_many(work)

    def refused(self):
        task = self.pending()
        task.return_error(GLib.Error('no', 'pillion-http-error-quark', 404))
        return task

    def test_scopes(self):
        async def work():
            async with Pillion.Scope('scope') as scope:
                scope.create_task(asyncio.sleep(0))
                scope.start('start', asyncio.sleep, 0)

        self.run_many(work)

    def test_scopes_that_fail(self):
        async def fail():
            raise ValueError

        async def work():
            try:
                async with Pillion.Scope('scope') as scope:
                    scope.create_task(fail())
                    await asyncio.sleep(3600)
            except ExceptionGroup:
                pass

        self.run_many(work)

    def test_combinators(self):
        async def work():
            first, second = self.pending(), self.pending()
            both = Pillion.Task.all(guest, [first, second]).with_timeout(3_600_000_000)
            then = both.and_then(lambda task: None)
            first.return_value(1)
            second.return_value(2)
            await both
            await then
            await Pillion.Task.map(guest, 2, 0, lambda number: asyncio.sleep(0))

        self.run_many(work)

    def test_queues(self):
        queue = Pillion.Queue.new(guest, 0)

        async def work():
            queue.put([1])
            await queue.get()
            await anext(Pillion.Completions.new(guest, [queue.put(1), queue.get()]))

        self.run_many(work)

    def test_permits(self):
        semaphore = Pillion.Semaphore.new(guest, 1)

        async def work():
            async with semaphore:
                pass

        self.run_many(work)

    def test_threads(self):
        def fail(task, cancellable):
            raise ValueError

        async def work():
            try:
                await guest.run_in_thread('fail', fail)
            except ValueError:
                pass

        self.run_many(work)


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
    tap.main(sampled=True)
