#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Pillion's tasks in Python: awaited, with their callbacks, and made of what can be awaited"""

import asyncio
import contextlib
import gc
import io
import math
import sys
import threading
import time
import traceback
import unittest.mock

from support import (MSEC, FrameHost, GLib, Pillion, TaskCase, Trouble, all_ways, done, failed, guest, obedient,
                     pending, pillion, tap, turns, until, use_real_clock)
from gi.overrides import Pillion as overrides


class Awaiting(TaskCase):
    def test_classes_take_types(self):
        for kind in (Pillion.Task, Pillion.Queue, Pillion.Completions):
            self.assertIs(kind[bytes].__origin__, kind)
        queue = Pillion.Queue[bytes](3)
        self.assertIs(type(queue), Pillion.Queue)
        self.assertEqual(queue.get_capacity(), 3)

    @all_ways
    async def test_pending(self):
        task = pending()
        guest.call_soon(task.return_value, 42)
        self.assertEqual(await task, 42)

    @all_ways
    async def test_done(self):
        self.assertEqual(await done('text'), 'text')

    @all_ways
    async def test_sleep(self):
        self.assertIs(await guest.sleep(MSEC), True)

    @all_ways
    async def test_twice(self):
        task = guest.sleep(0)
        self.assertEqual([await task, await task], [True, True])
        error = Trouble('twice')
        task = failed(error)
        for _ in range(2):
            with self.assertRaises(Trouble) as caught:
                await task
            self.assertIs(caught.exception, error)

    @all_ways
    async def test_one_that_stands_for_another_was_looked_at(self):
        """Nobody hears of a failure that was read, even if the task was done before anyone asked"""
        reports = []
        handler = guest.connect('unhandled-error', lambda loop, task, *_: reports.append(task.get_name()))
        try:
            for look in (lambda task: task.result(), lambda task: task.exception()):
                task = failed(Trouble('looked at')).shield()
                while not task.done():
                    await turns()
                with contextlib.suppress(Trouble):
                    look(task)
                del task
                gc.collect()
                await turns()
        finally:
            guest.disconnect(handler)
        self.assertEqual(reports, [])

    @all_ways
    async def test_by_many(self):
        task = pending()
        waiters = asyncio.gather(*(self.wait(task) for _ in range(10)))
        await turns()
        task.return_value('for all')
        self.assertEqual(await waiters, ['for all'] * 10)

    async def wait(self, task):
        return await task

    @all_ways
    async def test_in_the_order_in_which_they_end(self):
        tasks = [pending() for _ in range(3)]
        order = []

        async def wait(number):
            order.append(await tasks[number])

        waiters = asyncio.gather(*map(wait, range(3)))
        await turns()
        for number in (2, 0, 1):
            tasks[number].return_value(number)
        await waiters
        self.assertEqual(order, [2, 0, 1])

    @all_ways
    async def test_by_asyncio_functions(self):
        self.assertEqual(await asyncio.wait_for(guest.sleep(0), 30), True)
        self.assertEqual(await asyncio.gather(guest.sleep(0), done(3)), [True, 3])
        finished, _ = await asyncio.wait([asyncio.ensure_future(done(4))])
        self.assertEqual(finished.pop().result(), 4)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.wait(guest.sleep(0)))
        self.assertIs(task.result(), True)

    @all_ways
    async def test_cancelled_while_somebody_else_waits(self):
        task = pending()
        first, second = (asyncio.ensure_future(self.wait(task)) for _ in range(2))
        await turns()
        first.cancel()
        await asyncio.wait([first])
        self.assertTrue(first.cancelled())
        await turns()
        self.assertFalse(task.is_cancelled())
        task.return_value('for the other one')
        self.assertEqual(await second, 'for the other one')

    @all_ways
    async def test_cancelled_with_a_done_callback_left(self):
        task = pending()
        called = []
        task.add_done_callback(called.append)
        waiter = asyncio.ensure_future(self.wait(task))
        await turns()
        waiter.cancel()
        await asyncio.wait([waiter])
        self.assertFalse(task.is_cancelled())
        task.return_value(1)
        await until(lambda: called)

    @all_ways
    async def test_cancelled_alone(self):
        task = obedient()
        waiter = asyncio.ensure_future(self.wait(task))
        await turns()
        waiter.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiter
        await until(task.done)
        self.assertTrue(task.cancelled())

    @all_ways
    async def test_all_of_several_cancelled(self):
        task = obedient()
        waiters = [asyncio.ensure_future(self.wait(task)) for _ in range(3)]
        await turns()
        for waiter in waiters:
            self.assertFalse(task.is_cancelled())
            waiter.cancel()
            await asyncio.wait([waiter])
        self.assertTrue(task.is_cancelled())
        await until(task.done)

    @all_ways
    async def test_timeout_of_asyncio(self):
        task = obedient()
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.001):
                await task
        await until(task.done)
        self.assertTrue(task.cancelled())

    @all_ways
    async def test_cancelled_by_c(self):
        task = obedient()
        waiter = asyncio.ensure_future(self.wait(task))
        await turns()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiter
        self.assertTrue(waiter.cancelled())
        with self.assertRaises(asyncio.CancelledError):
            await task

    @all_ways
    async def test_cancelled_before_it_is_told(self):
        """A kick that ran out of time told only the first waiter, which cancels the others: then nothing keeps their tasks"""
        async def cancel_others():
            await first
            for waiter in waiters:
                waiter.cancel()

        def tell_time():
            if sys._getframe(1).f_code.co_name == '_deliver':
                patch.stop()
                return math.inf
            return time.monotonic()

        gone, waiters = [], []
        first, *others = (pending() for _ in range(3))
        canceller = asyncio.ensure_future(cancel_others())
        waiters += (asyncio.ensure_future(self.wait(task)) for task in others)
        await turns()
        for task in first, *others:
            task.return_value(1)
            task.weak_ref(gone.append, True)
        patch = unittest.mock.patch('pillion._loop.monotonic', tell_time)
        patch.start()
        await asyncio.wait([canceller, *waiters])
        del task, first, others, canceller
        waiters.clear()
        gc.collect()
        await turns(60)
        self.assertEqual(len(gone), 3)

    @all_ways
    async def test_cancelled_when_it_is_done(self):
        """Before the waiter runs on"""
        task = pending()
        waiter = asyncio.ensure_future(self.wait(task))
        await turns()
        task.return_value(1)
        waiter.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiter
        self.assertEqual(await task, 1)

    @all_ways
    async def test_dropped_while_it_waits(self):
        task = obedient()
        coroutine = self.wait(task)
        coroutine.send(None)
        coroutine.close()
        await until(task.done)
        self.assertTrue(task.cancelled())
        self.assertEqual(self.loop._awaited, {})

    @all_ways
    async def test_dropped_by_another_thread(self):
        task = obedient()
        coroutine = self.wait(task)
        coroutine.send(None)
        thread = threading.Thread(target=coroutine.close)
        thread.start()
        thread.join()
        await until(task.done)
        self.assertTrue(task.cancelled())
        self.assertEqual(self.loop._awaited, {})

    @all_ways
    async def test_dropped_in_a_cycle(self):
        task = obedient()
        coroutine = self.wait(task)
        coroutine.send(None)
        cycle = [coroutine]
        cycle.append(cycle)
        del cycle, coroutine
        gc.collect()
        await until(task.done)
        self.assertTrue(task.cancelled())

    def test_loop_stopped_in_between(self):
        task = pending()
        waiter = self.loop.create_task(self.wait(task))
        self.loop.run_until_complete(turns())
        task.return_value(1)
        self.loop.run_until_complete(asyncio.sleep(0))
        self.assertEqual(self.loop.run_until_complete(waiter), 1)

    def test_alone_it_keeps_the_host_hooked(self):
        """And it alone starts that"""
        host = FrameHost()
        guest.ensure(host.host)
        host.run_until_done()
        n_installs = host.n_installs
        waiter = self.loop.create_task(self.wait(guest.sleep(2 * MSEC)))
        self.assertGreater(host.n_installs, n_installs)
        host.run_until_done()
        self.assertIs(waiter.result(), True)

    def test_without_a_loop(self):
        task = obedient()
        with self.assertRaisesRegex(RuntimeError, 'no running event loop'):
            task.__await__().send(None)
        task.cancel()
        self.finish(task)

    def test_loop_closed(self):
        task = pending()
        waiter = self.loop.create_task(self.wait(task))
        self.loop.run_until_complete(turns())
        with contextlib.redirect_stderr(io.StringIO()):
            self.catch_reports()
            self.loop.close()
            del waiter
            gc.collect()
        self.assertFalse(task.is_cancelled())
        task.return_value(1)
        self.finish(task)

    @all_ways
    async def test_of_another_guest_loop_of_the_thread(self):
        other = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
        task = Pillion.Task.new(other, 'other')
        waiter = asyncio.ensure_future(self.wait(task))
        await turns()
        task.return_value(5)
        while not waiter.done():
            other.kick()
            await asyncio.sleep(0)
        self.assertEqual(waiter.result(), 5)
        other.close(10_000_000)

    @all_ways
    async def test_of_another_guest_loop_that_is_closed(self):
        other = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
        task = Pillion.Task.new(other, 'other')
        waiter = asyncio.ensure_future(self.wait(task))
        await turns()
        self.assertFails(Pillion.Error.LEFT_BEHIND, other.close, 0)
        with self.assertRaises(GLib.Error) as caught:
            await waiter
        self.assertTrue(caught.exception.matches(Pillion.error_quark(), Pillion.Error.CLOSED))
        with self.assertRaises(GLib.Error) as caught:
            await task
        self.assertTrue(caught.exception.matches(Pillion.error_quark(), Pillion.Error.CLOSED))
        task.return_value(1)

    @all_ways
    async def test_adopted_by_others(self):
        scope = Pillion.Scope('old')
        task = pending()
        scope.add_with_key('key', task)
        waiter = asyncio.ensure_future(self.wait(task))
        await turns()
        self.assertIs(scope.adopt('key'), task)
        with self.assertRaises(GLib.Error) as caught:
            await waiter
        self.assertTrue(caught.exception.matches(Pillion.error_quark(), Pillion.Error.CLOSED))
        task.return_value(3)
        self.assertEqual(await task, 3)
        await scope.aclose()


class FromAwaitable(TaskCase):
    @all_ways
    async def test_results(self):
        self.assertEqual(await Pillion.Task.from_awaitable(asyncio.sleep(0, 'slept')), 'slept')
        future = self.loop.create_future()
        task = Pillion.Task.from_awaitable(future)
        self.assertEqual(task.get_name(), 'future')
        future.set_result([1])
        self.assertEqual(await task, [1])
        self.assertEqual(await Pillion.Task.from_awaitable(done(3), name='of a task'), 3)

    @all_ways
    async def test_cancelled_from_either_side(self):
        future = self.loop.create_future()
        task = Pillion.Task.from_awaitable(future)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertTrue(future.cancelled())

        future = self.loop.create_future()
        task = Pillion.Task.from_awaitable(future)
        future.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertTrue(task.cancelled())

    @all_ways
    async def test_who_gives_up_cancels_it(self):
        async def work():
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                ended.append('cancelled')
                raise

        ended = []
        task = Pillion.Task.from_awaitable(work())
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(task, 0.001)
        await until(task.done)
        self.assertEqual(ended, ['cancelled'])

    @all_ways
    async def test_coroutine_that_takes_its_time_to_be_cancelled(self):
        async def work():
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(0.001)

        task = Pillion.Task.from_awaitable(work())
        await turns()
        task.cancel()
        await turns()
        self.assertFalse(task.done())
        with self.assertRaises(asyncio.CancelledError):
            await task

    @all_ways
    async def test_finished_by_somebody_else(self):
        future = self.loop.create_future()
        task = Pillion.Task.from_awaitable(future)
        task.return_value('before')
        self.assertEqual(await task, 'before')
        future.set_result('after')
        await turns()
        self.assertEqual(task.result(), 'before')

    def test_no_awaitable(self):
        with self.assertRaises(TypeError):
            Pillion.Task.from_awaitable(3, guest)


class Callbacks(TaskCase):
    def test_asyncio_wait_says_what_it_takes(self):
        async def main():
            with self.assertRaisesRegex(TypeError, 'ensure_future'):
                await asyncio.wait([guest.sleep(1000)])
            done, pending = await asyncio.wait([asyncio.ensure_future(guest.sleep(1000))])
            self.assertEqual(([task.result() for task in done], pending), ([True], set()))

        pillion.run(main())

    def test_order_and_arguments(self):
        called = []
        task = pending()
        task.add_done_callback(lambda *given: called.append(given))
        removed = task.add_done_callback(called.append)
        task.add_done_callback(lambda *given: called.append(given), 1, 'two')
        self.assertTrue(task.remove_done_callback(removed))
        self.assertFalse(task.remove_done_callback(removed))
        task.return_value(None)
        self.assertEqual(called, [])
        self.kick_until(lambda: len(called) == 2)
        self.assertEqual(called, [(task,), (task, 1, 'two')])
        task.add_done_callback(called.append)
        self.assertEqual(len(called), 2)
        self.kick_until(lambda: len(called) == 3)

    def test_not_callable(self):
        task = done()
        for function in (task.add_done_callback, guest.call_soon, guest.call_soon_threadsafe, guest.call_at_safe_point, task.and_then):
            with self.assertRaisesRegex(TypeError, '3 can\'t be called'):
                function(3)
        self.finish(task)

    def test_one_that_raises(self):
        def fail(*_):
            raise Trouble('in a callback')

        called = []
        task = done()
        task.add_done_callback(fail)
        task.add_done_callback(called.append)
        self.kick_until(lambda: called)
        self.assertEqual([type(error) for error in self.shown], [Trouble])
        self.assertIn('fail', [frame.name for frame in traceback.extract_tb(self.shown[0].__traceback__)])

    def raiser(self, error):
        def fail(*_):
            raise error

        return fail

    def test_interrupts_reach_who_runs_the_loop(self):
        looked_at = []
        starts = {
            'done callback': lambda fail: done().add_done_callback(fail),
            'call_soon': guest.call_soon,
            'call_later': lambda fail: guest.call_later(0, fail),
            'threadsafe': guest.call_soon_threadsafe,
            'start': lambda fail: self.scope.start('start', fail),
            'map': lambda fail: Pillion.Task.map(guest, 1, 0, fail).add_done_callback(looked_at.append),
            'asyncio': self.loop.call_soon,
        }
        runs = {
            'kick': lambda: [guest.kick() for _ in range(5)],
            'kick_until': lambda: [guest.kick_until(guest.get_now() + MSEC) for _ in range(5)],
            'run_until_complete': lambda: guest.run_until_complete(guest.sleep(20 * MSEC)),
            'asyncio outside': lambda: self.loop.run_until_complete(asyncio.sleep(0.02)),
        }
        self.scope = Pillion.Scope('interrupts', cancel_on_error=False)
        for error in (KeyboardInterrupt('from inside'), SystemExit(3)):
            for start in starts.values():
                for name, run in runs.items():
                    with self.subTest(name, error=error):
                        called = []
                        start(self.raiser(error))
                        with self.assertRaises(type(error)) as caught:
                            run()
                        self.assertIs(caught.exception, error)
                        guest.call_soon(called.append, 1)
                        self.kick_until(lambda: called)
        self.scope.take_failed()
        self.scope.close()
        self.assertEqual(self.shown, [])
        self.assertEqual(overrides.kept, [])

    def test_interrupts_with_nobody_to_take_them(self):
        """Another main loop than Pillion's runs the context: the exception is shown, and everything continues"""
        called = []
        guest.call_soon(self.raiser(KeyboardInterrupt()))
        guest.call_soon(called.append, 1)
        self.loop.close()
        main_loop = GLib.MainLoop()
        guest.ensure(Pillion.GlibHost.new('glib', None))
        guest.call_later(MSEC, main_loop.quit)
        main_loop.run()
        guest.stop()
        self.assertEqual(called, [1])
        self.assertEqual([type(error) for error in self.shown], [KeyboardInterrupt])

    def test_in_a_test_host_and_a_tick_host(self):
        for host, run in ((Pillion.TestHost.new(), lambda host: host.run_until_idle()),
                          (Pillion.TestHost.new(), lambda host: host.advance(MSEC)),
                          (Pillion.TickHost.new('ticks', 1000), lambda host: host.run(50))):
            guest.ensure(host)
            guest.call_soon(self.raiser(KeyboardInterrupt()))
            with self.assertRaises(KeyboardInterrupt):
                run(host)
            use_real_clock()


class Progress(TaskCase):
    @all_ways
    async def test_progress(self):
        task = pending()
        task.set_unit('files')
        seen = []

        async def look():
            async for progress in task.progress():
                seen.append((progress.completed, progress.total, progress.unit, progress.message))

        looking = asyncio.ensure_future(look())
        await until(lambda: seen)
        task.set_message('half')
        task.set_progress(1, 2)
        await until(lambda: seen[-1][0] == 1)
        task.set_progress(2, 2)
        task.return_value(None)
        await looking
        self.assertEqual(seen, [(0, -1, 'files', None), (1, 2, 'files', 'half'), (2, 2, 'files', 'half')])

    @all_ways
    async def test_left_early(self):
        """That cancels the task, like cancelling a waiter does."""
        async def leave_by_break(task):
            async for _ in task.progress():
                break

        async def leave_by_exception(task):
            async for _ in task.progress():
                raise Trouble

        async def leave_by_timeout(task):
            async with asyncio.timeout(0.001):
                async for _ in task.progress():
                    pass

        async def leave_by_cancellation(task):
            looking = asyncio.ensure_future(leave_by_timeout(task))
            await turns()
            looking.cancel()
            await looking

        for leave in (leave_by_break, leave_by_exception, leave_by_timeout, leave_by_cancellation):
            for others in (False, True):
                with self.subTest(leave.__name__, others=others):
                    task = pending()
                    other = asyncio.ensure_future(self.wait(task)) if others else None
                    await turns()
                    with contextlib.suppress(Trouble, TimeoutError, asyncio.CancelledError):
                        await leave(task)
                    await turns(10)
                    self.assertIs(task.is_cancelled(), not others)
                    task.return_value(3)
                    if others:
                        self.assertEqual(await other, 3)

    @all_ways
    async def test_left_early_and_awaited(self):
        task = pending()
        async for _ in task.progress():
            break
        guest.call_later(MSEC, task.return_value, 3)
        self.assertEqual(await task, 3)
        self.assertFalse(task.is_cancelled())

    @all_ways
    async def test_of_a_task_that_failed(self):
        task = pending()
        task.return_exception(Trouble())
        self.assertEqual(len([each async for each in task.progress()]), 1)
        with self.assertRaises(Trouble):
            await task

    @staticmethod
    async def wait(task):
        return await task

if __name__ == '__main__':
    tap.main()
