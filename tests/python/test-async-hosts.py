#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""asyncio and trio as the host: their handlers and coroutines start work in the guest loop, and await it."""

import asyncio
import gc
import os
import sys
import threading
import time
import types
import unittest
import unittest.mock
import warnings

sys.path.insert(0, os.path.dirname(__file__))
from support import MSEC, SECOND, GLib, Pillion, Trouble, guest, pillion, stop_hosts, tap, until
from gi.overrides import Pillion as overrides
from pillion import async_loop

try:
    import sniffio
    import trio
except ImportError:
    trio = None

try:
    import anyio
except ImportError:
    anyio = None


def obedient():
    """A task that ends when it is cancelled."""
    return guest.sleep(3600 * SECOND)


async def give(value):
    """A coroutine for Pillion's event loop."""
    assert isinstance(asyncio.get_running_loop(), pillion.EventLoop)
    await asyncio.sleep(0.001)
    assert await guest.sleep(MSEC)
    return value


async def fail():
    await asyncio.sleep(0)
    raise Trouble


class Shared:
    """What is true for both hosts. `run (main)` runs a coroutine function in the host, whose hook kicks meanwhile."""

    def setUp(self):
        stop_hosts()
        self.addCleanup(stop_hosts)

    def test_awaiting(self):
        async def main():
            self.assertIs(await guest.sleep(MSEC), True)
            task = Pillion.Task.new(guest, 'value')
            guest.call_later(MSEC, task.return_value, {'a': 1})
            self.assertEqual(await task, {'a': 1})
            self.assertEqual(await task, {'a': 1})
            task = Pillion.Task.new(guest, 'failure')
            guest.call_soon(task.return_exception, Trouble())
            with self.assertRaises(Trouble):
                await task
            self.assertEqual(await Pillion.Task.all(guest, [guest.sleep(0), guest.sleep(MSEC)]), [True, True])
            task = obedient()
            guest.call_soon(task.cancel)
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.run_host(main)

    def test_queues_and_the_like(self):
        async def main():
            queue = Pillion.Queue(2, guest)
            for number in range(2):
                await queue.put(number)
            queue.close()
            self.assertEqual([number async for number in queue], [0, 1])
            semaphore = Pillion.Semaphore(1, guest)
            async with semaphore:
                self.assertEqual(semaphore.get_available(), 0)
            tasks = [guest.sleep(3600 * SECOND), guest.sleep(0)]
            done = []
            async for task in Pillion.Completions(tasks, guest):
                done.append(task)
                tasks[0].cancel()
            self.assertEqual(done, tasks[::-1])
            self.assertIs(await pillion.frame(), True)

        self.run_host(main)

    def test_progress(self):
        async def main():
            task = Pillion.Task.new(guest, 'progress')
            for number in range(1, 4):
                guest.call_later(number * 20 * MSEC, task.set_progress, number, 3)
            guest.call_later(80 * MSEC, task.return_value, None)
            self.assertEqual([progress.completed async for progress in task.progress()][-1], 3)

            task = obedient()
            async for _ in task.progress():
                break
            gc.collect()
            while not task.done():
                await self.pause()
            self.assertTrue(task.cancelled())

        self.run_host(main)

    def test_ensure_future(self):
        async def main():
            futures = [pillion.ensure_future(give(1))]
            self.in_handler(lambda: futures.append(pillion.ensure_future(give(2))))
            futures.append(pillion.ensure_future(fail()))
            while len(futures) < 3 or not all(future.done() for future in futures):
                await self.pause()
            self.assertEqual({type(future.get_loop()) for future in futures}, {pillion.EventLoop})
            self.assertEqual(futures[0].result(), 1)
            self.assertEqual(sorted(future.result() for future in futures if not future.exception()), [1, 2])
            self.assertEqual([type(future.exception()) for future in futures if future.exception()], [Trouble])

        self.run_host(main)

    def test_awaiting_what_ensure_future_started(self):
        async def main():
            self.assertEqual(await Pillion.Task.from_awaitable(pillion.ensure_future(give('there'))), 'there')

        self.run_host(main)

    def test_run_until_complete(self):
        async def main():
            loop = pillion.ensure_future(give(0)).get_loop()
            results = []

            def wait():
                results.append(guest.run_until_complete(guest.sleep(MSEC)))
                results.append(loop.run_until_complete(give(3)))
                future = pillion.ensure_future(give(4))
                results.append(future.get_loop().run_until_complete(future))

            self.in_handler(wait)
            while not results:
                await self.pause()
            wait()
            self.assertEqual(results, [True, 3, 4] * 2)
            self.assertEqual(await guest.sleep(MSEC), True)

        self.run_host(main)

    def test_call_in_host(self):
        async def main():
            self.assertEqual(await pillion.call_in_host(threading.get_ident), threading.get_ident())
            with self.assertRaises(ZeroDivisionError):
                await pillion.call_in_host(lambda: 1 / 0)

        self.run_host(main)

    def test_anyio_in_our_coroutines(self):
        if anyio is None:
            self.skipTest('anyio is not installed')

        async def work():
            await anyio.sleep(0.001)
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep, 0)
            return asyncio.current_task().get_loop()

        async def main():
            self.assertIsInstance(await Pillion.Task.from_awaitable(pillion.ensure_future(work())), pillion.EventLoop)

        self.run_host(main)

    def test_nobody_kicks(self):
        async def main():
            guest.stop()
            task = Pillion.Task.new(guest, 'pending')
            with unittest.mock.patch.object(overrides.elsewhere, 'PATIENCE', 0.01):
                with self.assertRaisesRegex(RuntimeError, r'\'pending\'.*nobody runs its guest loop'):
                    await task

        self.run_host(main)

    def test_on_another_thread(self):
        results = []
        slept, failure, waited = guest.sleep(MSEC), Pillion.Task.new(guest, 'failure'), Pillion.Task.new(guest, 'waited')

        async def main():
            self.assertIs(await slept, True)
            guest.call_soon_threadsafe(failure.return_exception, Trouble())
            with self.assertRaises(Trouble):
                await failure
            await self.give_up(waited)
            with self.assertRaisesRegex(RuntimeError, 'call_in_host'):
                coroutine = give(1)
                try:
                    pillion.ensure_future(coroutine)
                finally:
                    coroutine.close()
            self.assertEqual(await pillion.call_in_host(lambda: 5), 5)
            results.append('there')

        thread = threading.Thread(target=lambda: self.run_bare(main))
        thread.start()
        while thread.is_alive():
            guest.kick()
            time.sleep(0.0005)
        self.assertEqual(results, ['there'])
        self.assertTrue(waited.is_cancelled())
        waited.return_value(None)


class AsyncioHost:
    """Kicks in the event loop that is running."""

    def __init__(self):
        self.running = asyncio.get_running_loop()
        self.host = Pillion.CallbackHost.new('asyncio')
        self.host.set_install(self.tick)
        self.host.set_remove(lambda loop: self.timer.cancel())
        async_loop.set_host(self.host)

    def tick(self, loop):
        self.timer = self.running.call_later(0.002, self.tick, loop)
        loop.kick()


class Asyncio(Shared, unittest.TestCase):
    def run_bare(self, main):
        asyncio.run(asyncio.wait_for(main(), 30))

    def run_host(self, main):
        async def hosted():
            AsyncioHost()
            await main()
            async_loop.stop_async_loop()

        self.run_bare(hosted)

    def in_handler(self, function):
        asyncio.get_running_loop().call_soon(function)

    async def pause(self):
        await asyncio.sleep(0.001)

    async def give_up(self, task):
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(task, 0.01)

    def test_cancelling(self):
        async def main():
            task = obedient()
            await self.give_up(task)
            await until(task.done)
            self.assertTrue(task.cancelled())

        self.run_host(main)

    def test_scopes(self):
        async def main():
            async with Pillion.Scope('panel', guest) as scope:
                # What a coroutine of the host's starts here belongs to the host's event loop
                here = scope.create_task(asyncio.sleep(0, asyncio.get_running_loop()))
                slept = scope.create_task(guest.sleep(MSEC))
            self.assertTrue(slept.result())
            self.assertFalse(isinstance(here.result(), pillion.EventLoop))

        self.run_host(main)

    def test_the_host_s_task_is_current_again(self):
        async def main():
            task, running = asyncio.current_task(), asyncio.get_running_loop()
            loop = pillion.ensure_future(give(1)).get_loop()
            self.assertEqual(loop.run_until_complete(give(2)), 2)
            with self.assertRaises(Trouble):
                loop.run_until_complete(fail())
            self.assertIs(asyncio.current_task(), task)
            self.assertIs(asyncio.get_running_loop(), running)

        self.run_host(main)

    def test_plain_tasks_are_the_host_s(self):
        async def main():
            seen = []

            async def where():
                seen.append(asyncio.get_running_loop())

            asyncio.get_running_loop().call_soon(lambda: asyncio.create_task(where()))
            guest.call_soon(lambda: asyncio.create_task(where()))
            await until(lambda: len(seen) == 2)
            self.assertEqual(seen, [asyncio.get_running_loop()] * 2)

        self.run_host(main)

    def test_a_future_for_the_host_is_not_lost_in_silence(self):
        async def main():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('always')
                future = asyncio.ensure_future(asyncio.sleep(0))
                async_loop.ensure_async_loop()
            self.assertRegex(str(caught[0].message), r'pillion\.ensure_future \(\)')
            self.assertEqual(caught[0].filename, __file__)
            await future

            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('always')
                future = pillion.ensure_future(give(1))
                async_loop.ensure_async_loop()
            self.assertEqual(caught, [])
            await until(future.done)

        self.run_host(main)

    def test_gio_says_what_it_needs(self):
        from gi.repository import Gio

        async def main():
            with self.assertRaisesRegex((RuntimeError, TypeError), r'pillion'):
                await pillion.gio(Gio.File.new_for_path('/').query_info_async, '*', Gio.FileQueryInfoFlags.NONE, GLib.PRIORITY_DEFAULT)

        self.run_host(main)


class TrioHost:
    """Kicks in a task of trio's."""

    def __init__(self, nursery):
        self.wanted = trio.Event()
        self.host = Pillion.CallbackHost.new('trio')
        self.host.set_install(self.install)
        self.host.set_remove(self.remove)
        async_loop.set_host(self.host)
        nursery.start_soon(self.carry)

    def install(self, loop):
        self.loop = loop
        self.wanted.set()

    def remove(self, loop):
        self.wanted = trio.Event()

    async def carry(self):
        while True:
            await self.wanted.wait()
            self.loop.kick()
            await trio.sleep(0.002)


@unittest.skipIf(trio is None, 'trio is not installed')
class Trio(Shared, unittest.TestCase):
    def run_bare(self, main):
        async def limited():
            with trio.fail_after(30):
                await main()

        trio.run(limited)

    def run_host(self, main):
        async def hosted():
            async with trio.open_nursery() as nursery:
                TrioHost(nursery)
                await main()
                async_loop.stop_async_loop()
                nursery.cancel_scope.cancel()

        self.run_bare(hosted)

    def in_handler(self, function):
        trio.lowlevel.current_trio_token().run_sync_soon(function)

    async def pause(self):
        await trio.sleep(0.001)

    async def give_up(self, task):
        with trio.move_on_after(0.01) as limit:
            await task
        self.assertTrue(limit.cancelled_caught)

    def test_cancelling(self):
        async def main():
            task = obedient()
            await self.give_up(task)
            while not task.done():
                await trio.sleep(0.001)
            self.assertTrue(task.cancelled())

        self.run_host(main)

    def test_cancelling_while_something_else_waits(self):
        async def main():
            task = Pillion.Task.new(guest, 'pending')
            called = []
            task.add_done_callback(called.append)
            await self.give_up(task)
            await trio.sleep(0.01)
            self.assertFalse(task.is_cancelled())
            task.return_value(1)
            while not called:
                await trio.sleep(0.001)

        self.run_host(main)

    def test_many_at_once(self):
        async def main():
            done = []

            async def wait(number):
                await guest.sleep(number % 5 * MSEC)
                done.append(number)

            async with trio.open_nursery() as nursery:
                for number in range(100):
                    nursery.start_soon(wait, number)
            self.assertEqual(sorted(done), list(range(100)))

        self.run_host(main)

    def test_scopes(self):
        async def main():
            scope = Pillion.Scope('panel', guest)
            # With no event loop running, coroutines are the guest loop's
            given = scope.create_task(give(1))
            scope.add(guest.sleep(MSEC))
            await scope.join()
            self.assertEqual(given.result(), 1)
            with self.assertRaisesRegex(RuntimeError, r'\'panel\'.*asyncio.*scope\.join \(\)'):
                async with scope:
                    pass
            await scope.aclose()

        self.run_host(main)

    def test_installed_outside_of_trio(self):
        with self.assertRaisesRegex(RuntimeError, r'call install \(\) in a task of trio'):
            pillion.hosts.trio.install()

    def test_what_newer_versions_of_trio_say_of_the_thread(self):
        """They say that trio runs, by a variable of the thread that sniffio looks at first."""
        seen = []

        async def look():
            await asyncio.sleep(0)
            seen.append(sniffio.thread_local.name)

        async def main():
            sniffio.thread_local.name = 'trio'
            future = pillion.ensure_future(look())
            while not future.done():
                guest.kick()
            self.assertEqual(sniffio.thread_local.name, 'trio')
            future.get_loop().run_until_complete(look())
            self.assertEqual(sniffio.thread_local.name, 'trio')
            sniffio.thread_local.name = None

        with unittest.mock.patch.object(sniffio, 'thread_local', types.SimpleNamespace(name=None), create=True):
            self.run_host(main)
        self.assertEqual(seen, ['asyncio', 'asyncio'])

    def test_create_task(self):
        async def main():
            tasks = [asyncio.create_task(give(1))]
            self.in_handler(lambda: tasks.append(asyncio.create_task(give(2))))
            guest.call_soon(lambda: tasks.append(asyncio.create_task(give(3))))
            while len(tasks) < 3 or not all(task.done() for task in tasks):
                await trio.sleep(0.001)
            self.assertEqual(sorted(task.result() for task in tasks), [1, 2, 3])

        self.run_host(main)


if __name__ == '__main__':
    tap.main()
