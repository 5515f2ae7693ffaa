#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Scopes as `async with`, and what is waited for in them: queues, semaphores, events, completions"""

import asyncio
import contextlib
import gc
import sys
import threading
import unittest.mock
import weakref

from gi.repository import Gio, PillionHttp
from support import HOUR, MSEC, SECOND, Case, GLib, Pillion, Trouble, all_ways, guest, pending, pillion, tap, turns, until


async def fail(error=None, after=0):
    await asyncio.sleep(after)
    raise error or Trouble()


@contextlib.contextmanager
def count_turns():
    """Counts how often other tasks get their turn."""
    async def count():
        while True:
            n[0] += 1
            await asyncio.sleep(0)

    n = [0]
    counter = asyncio.ensure_future(count())
    try:
        yield n
    finally:
        counter.cancel()


class ScopeCase(Case):
    def tearDown(self):
        scope = Pillion.Scope.find(guest, 'scope')
        if scope is not None:
            scope.close()
        self.assertIsNone(scope)

    def assertMatches(self, error, code):
        self.assertTrue(error.matches(Pillion.error_quark(), code), error)

    async def ends(self, coroutine):
        """How it ends, in its own task"""
        task = asyncio.ensure_future(coroutine)
        await asyncio.wait([task])
        return 'cancelled' if task.cancelled() else task.exception() or task.result()


class Bodies(ScopeCase):
    @all_ways
    async def test_waits_for_all_that_was_started(self):
        ended = []

        async def work(number):
            await asyncio.sleep(0.001)
            ended.append(number)
            return number

        async with Pillion.Scope('scope') as scope:
            self.assertIs(Pillion.Scope.find(guest, 'scope'), scope)
            tasks = [scope.create_task(work(number)) for number in range(3)]
            sleep = guest.sleep(MSEC)
            site = sleep.get_site()
            self.assertIs(scope.create_task(sleep), sleep)
            self.assertEqual(sleep.get_site(), site)
            started = scope.start('start', work, 3)
            self.assertIsInstance(tasks[0], Pillion.Task)
            for task in (*tasks, started):
                self.assertIn('test-scopes.py', task.get_site())
        self.assertEqual(sorted(ended), [0, 1, 2, 3])
        self.assertEqual([task.result() for task in tasks], [0, 1, 2])
        self.assertEqual(started.result(), 3)
        self.assertTrue(scope.is_closed())
        self.assertIsNone(Pillion.Scope.find(guest, 'scope'))

    @all_ways
    async def test_nothing_in_it(self):
        async with Pillion.Scope('scope') as scope:
            pass
        self.assertTrue(scope.is_closed())

    @all_ways
    async def test_what_is_added_while_it_waits(self):
        ended = []

        async def work(scope, depth):
            await asyncio.sleep(0)
            if depth:
                scope.create_task(work(scope, depth - 1))
            ended.append(depth)

        async with Pillion.Scope('scope') as scope:
            scope.create_task(work(scope, 5))
        self.assertEqual(ended, [5, 4, 3, 2, 1, 0])

    @all_ways
    async def test_body_raises(self):
        error = Trouble()
        with self.assertRaises(Trouble) as caught:
            async with Pillion.Scope('scope') as scope:
                task = scope.create_task(asyncio.sleep(3600))
                raise error
        self.assertIs(caught.exception, error)
        self.assertTrue(task.cancelled())
        self.assertTrue(scope.is_closed())

    @all_ways
    async def test_failure_cancels_the_rest_and_the_body(self):
        error = Trouble()
        reached = []
        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('scope') as scope:
                other = scope.create_task(asyncio.sleep(3600))
                scope.create_task(fail(error))
                await asyncio.sleep(3600)
                reached.append('the end')
        self.assertEqual(caught.exception.exceptions, (error,))
        self.assertIn('\'scope\'', str(caught.exception))
        self.assertEqual(reached, [])
        self.assertTrue(other.cancelled())
        self.assertEqual(asyncio.current_task().cancelling(), 0)
        await asyncio.sleep(0)  # nothing is left of it

    @all_ways
    async def test_failure_of_a_task_of_c(self):
        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('scope') as scope:
                task = pending()
                scope.add(task)
                guest.call_soon(task.return_error, GLib.Error('oh', 'pillion-error-quark', Pillion.Error.FAILED))
                await asyncio.sleep(3600)
        self.assertMatches(caught.exception.exceptions[0], Pillion.Error.FAILED)

    @all_ways
    async def test_failure_when_the_body_has_ended(self):
        """The cancellation that is on its way goes nowhere"""
        with self.assertRaises(ExceptionGroup):
            async with Pillion.Scope('scope') as scope:
                scope.create_task(fail(after=0.001))
        await turns()
        with self.assertRaises(ExceptionGroup):
            async with Pillion.Scope('scope') as scope:
                task = pending()
                scope.add(task)
                task.return_exception(Trouble())
                while scope.get_n_failed() == 0:
                    guest.kick() or guest.get_context().iteration(False)
                    if scope.get_n_failed() == 0:
                        await asyncio.sleep(0)
        await turns()
        self.assertEqual(asyncio.current_task().cancelling(), 0)

    @all_ways
    async def test_body_that_swallows_its_cancellation(self):
        with self.assertRaises(ExceptionGroup):
            async with Pillion.Scope('scope') as scope:
                scope.create_task(fail())
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    pass
                await asyncio.sleep(0)
        await turns()
        self.assertEqual(asyncio.current_task().cancelling(), 0)

    @all_ways
    async def test_without_cancel_on_error(self):
        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('scope', cancel_on_error=False) as scope:
                scope.create_task(fail())
                other = scope.create_task(asyncio.sleep(0.002, 'slept'))
                await asyncio.sleep(0.001)
                body = 'ran on'
        self.assertEqual(body, 'ran on')
        self.assertEqual(other.result(), 'slept')
        self.assertEqual(len(caught.exception.exceptions), 1)

    @all_ways
    async def test_several_failures(self):
        async def clean_up(error):
            try:
                await asyncio.sleep(3600)
            finally:
                raise error

        first, second, mine = Trouble('first'), Trouble('second'), Trouble('body')
        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('scope') as scope:
                scope.create_task(clean_up(first))
                scope.create_task(clean_up(second))
                await turns()
                raise mine
        self.assertEqual(caught.exception.exceptions, (mine, first, second))

        # In the order in which they were added
        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('scope') as scope:
                scope.create_task(clean_up(first))
                scope.create_task(fail(second))
        self.assertEqual(caught.exception.exceptions, (first, second))

    @all_ways
    async def test_body_that_awaits_what_fails(self):
        """Its failure comes once, and whether the body was cancelled first makes no difference"""
        for make in (lambda: fail(), lambda: self.failing(), lambda: guest.run_in_thread('fail', self.fail_in_thread)):
            with self.assertRaises(ExceptionGroup) as caught:
                async with Pillion.Scope('scope') as scope:
                    task = scope.create_task(make())
                    await task
            self.assertEqual(caught.exception.exceptions, (task.exception(),))

    def fail_in_thread(self, task, cancellable):
        raise Trouble

    def failing(self):
        task = pending()
        guest.call_soon(task.return_error, GLib.Error('oh', 'pillion-error-quark', Pillion.Error.FAILED))
        return task

    @all_ways
    async def test_timeout_of_asyncio(self):
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.001):
                async with Pillion.Scope('scope') as scope:
                    task = scope.create_task(asyncio.sleep(3600))
                    await asyncio.sleep(3600)
        self.assertTrue(task.cancelled() and scope.is_closed())

        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.001):
                async with Pillion.Scope('scope') as scope:
                    task = scope.create_task(asyncio.sleep(3600))
        self.assertTrue(task.cancelled() and scope.is_closed())

    @all_ways
    async def test_timeout_inside_after_a_failure(self):
        with self.assertRaises(ExceptionGroup):
            async with Pillion.Scope('scope') as scope:
                scope.create_task(fail())
                async with asyncio.timeout(3600):
                    await asyncio.sleep(3600)

    @all_ways
    async def test_cancelled_from_outside(self):
        for sleeps in (True, False):
            async def work():
                async with Pillion.Scope('scope') as scope:
                    tasks.append(scope.create_task(asyncio.sleep(3600)))
                    if sleeps:
                        await asyncio.sleep(3600)

            tasks = []
            task = asyncio.ensure_future(work())
            await turns()
            task.cancel('why')
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertTrue(tasks[0].cancelled())
            self.assertIsNone(Pillion.Scope.find(guest, 'scope'))

    @all_ways
    async def test_cancelled_twice_and_failing(self):
        async def stubborn():
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(0.002)
                raise Trouble

        async def work():
            async with Pillion.Scope('scope') as scope:
                scope.create_task(stubborn())

        task = asyncio.ensure_future(work())
        for _ in range(3):
            await turns(5)
            task.cancel()
        end = await self.ends(task)
        self.assertIsInstance(end, ExceptionGroup)
        self.assertEqual([type(error) for error in end.exceptions], [Trouble])

    @all_ways
    async def test_cancelled_from_outside_when_a_task_fails(self):
        async def work():
            async with Pillion.Scope('scope') as scope:
                scope.cancel()
                task = pending()
                scope.add(task)
                task.return_exception(Trouble())
                try:
                    await asyncio.sleep(3600)
                finally:
                    self.assertEqual(asyncio.current_task().cancelling(), 1)
                    asyncio.current_task().cancel()

        end = await self.ends(work())
        self.assertIsInstance(end, ExceptionGroup)

    @all_ways
    async def test_interrupts(self):
        """Not in a group, as with asyncio.TaskGroup"""
        for kind in (KeyboardInterrupt, SystemExit):
            task = pending()
            with self.assertRaises(kind):
                async with Pillion.Scope('scope') as scope:
                    scope.add(task)
                    task.return_exception(kind())

    @all_ways
    async def test_nested(self):
        error = Trouble()
        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('outer') as outer:
                beside = outer.create_task(asyncio.sleep(3600))
                async with Pillion.Scope('inner') as inner:
                    inner.create_task(fail(error))
                    await asyncio.sleep(3600)
        self.assertEqual(caught.exception.exceptions, (error,))
        self.assertIn('inner', str(caught.exception))
        self.assertTrue(beside.cancelled() and outer.is_closed() and inner.is_closed())

        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('outer') as outer:
                outer.create_task(fail(error))
                async with Pillion.Scope('inner', parent=outer) as inner:
                    self.assertEqual(inner.get_name(), 'outer/inner')
                    task = inner.create_task(asyncio.sleep(3600))
                    await asyncio.sleep(3600)
        self.assertIn('outer', str(caught.exception))
        self.assertTrue(task.cancelled() and inner.is_closed())

    @all_ways
    async def test_in_a_task_group(self):
        error = Trouble()
        with self.assertRaises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail(error))
                async with Pillion.Scope('scope') as scope:
                    task = scope.create_task(asyncio.sleep(3600))
                    await asyncio.sleep(3600)
        self.assertEqual(caught.exception.exceptions, (error,))
        self.assertTrue(task.cancelled())

    @all_ways
    async def test_name_taken(self):
        async with Pillion.Scope('taken') as scope:
            with self.assertRaises(GLib.Error) as caught:
                Pillion.Scope('taken')
            self.assertMatches(caught.exception, Pillion.Error.NAME_TAKEN)
            with self.assertRaisesRegex(RuntimeError, 'already been entered'):
                async with scope:
                    pass

    @all_ways
    async def test_after_close(self):
        async with Pillion.Scope('scope') as scope:
            pass
        for awaitable in (asyncio.sleep(0), pending()):
            with self.assertRaises(GLib.Error) as caught:
                scope.create_task(awaitable)
            self.assertMatches(caught.exception, Pillion.Error.CLOSED)
            if isinstance(awaitable, Pillion.Task):
                awaitable.return_value(1)
        self.assertIn('closed', repr(scope))
        self.assertTrue(await scope.aclose())
        with self.assertRaises(GLib.Error) as caught:
            await scope.start('late', fail)
        self.assertMatches(caught.exception, Pillion.Error.CLOSED)

    @all_ways
    async def test_keys(self):
        async with Pillion.Scope('scope') as scope:
            task = scope.create_task(asyncio.sleep(0.001, 'first'), name='named', key='key')
            self.assertEqual(task.get_name(), 'named')
            self.assertIs(scope.find_task('key'), task)
            cancelled = []

            async def second():
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    cancelled.append('second')
                    raise

            other = asyncio.ensure_future(second())
            await turns()
            with self.assertRaises(GLib.Error) as caught:
                scope.create_task(other, key='key')
            self.assertMatches(caught.exception, Pillion.Error.NAME_TAKEN)
            with self.assertRaises(GLib.Error):
                scope.create_task(task)
            self.assertFalse(task.is_cancelled())
        await asyncio.wait([other])
        self.assertEqual(cancelled, ['second'])
        self.assertEqual(task.result(), 'first')

    @all_ways
    async def test_limit(self):
        running = most = 0

        async def work():
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.0005)
            running -= 1

        async with Pillion.Scope('scope', limit=2) as scope:
            self.assertEqual(scope.get_limit(), 2)
            for _ in range(7):
                scope.start('work', work)
        self.assertEqual((running, most), (0, 2))

    @all_ways
    async def test_start_that_fails(self):
        error = Trouble()

        def begin():
            raise error

        with self.assertRaises(ExceptionGroup) as caught:
            async with Pillion.Scope('scope') as scope:
                scope.start('begin', begin)
                await asyncio.sleep(3600)
        self.assertEqual(caught.exception.exceptions, (error,))

    @all_ways
    async def test_closed_by_others_while_it_waits(self):
        async def work():
            async with Pillion.Scope('scope') as scope:
                scopes.append(scope)
                scope.add(stubborn)

        scopes = []
        stubborn = pending('stubborn')
        task = asyncio.ensure_future(work())
        await until(lambda: scopes)
        await turns()
        with self.assertRaises(GLib.Error) as caught:
            scopes[0].close()
        self.assertMatches(caught.exception, Pillion.Error.LEFT_BEHIND)
        self.assertIsNone(await task)
        stubborn.return_value(1)

    def test_closed_by_the_host_while_it_waits(self):
        async def work():
            async with Pillion.Scope('scope') as scope:
                scope.create_task(asyncio.sleep(3600))
                await asyncio.sleep(3600) if sleeps else None
            return 'ended'

        for sleeps in (False,):
            task = self.loop.create_task(work())
            self.kick_until(lambda: Pillion.Scope.find(guest, 'scope'))
            for _ in range(3):
                guest.kick()
            self.assertTrue(Pillion.Scope.find(guest, 'scope').close(30 * SECOND))
            self.kick_until(task.done)
            self.assertEqual(task.result(), 'ended')

    @all_ways
    async def test_aclose(self):
        scope = Pillion.Scope('scope')
        task = scope.create_task(asyncio.sleep(3600))
        failing = scope.create_task(fail())
        await until(failing.done)
        self.assertTrue(await scope.aclose())
        self.assertTrue(task.cancelled() and scope.is_closed())

        scope = Pillion.Scope('scope')
        stubborn = pending('stubborn')
        scope.add(stubborn)
        with self.assertRaises(GLib.Error) as caught:
            await scope.aclose(MSEC)
        self.assertMatches(caught.exception, Pillion.Error.LEFT_BEHIND)
        self.assertIn('stubborn', caught.exception.message)
        self.assertTrue(scope.is_closed())
        stubborn.return_value(1)

    @all_ways
    async def test_aclose_that_is_cancelled(self):
        scope = Pillion.Scope('scope')
        stubborn = pending('stubborn')
        scope.add(stubborn)
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(scope.aclose(), 0.001)
        self.assertFalse(scope.is_closed())
        stubborn.return_value(1)
        await scope.aclose()

    @all_ways
    async def test_aclose_of_ones_own(self):
        scope = Pillion.Scope('scope')
        task = scope.create_task(scope.aclose())
        with self.assertRaises(asyncio.CancelledError):
            await task
        await scope.aclose()

    @all_ways
    async def test_a_body_that_is_dropped(self):
        async def work():
            async with Pillion.Scope('scope') as scope:
                scope.add(obedient)
                await guest.sleep(HOUR)

        obedient = guest.sleep(HOUR)
        coroutine = work()
        coroutine.send(None)
        with self.assertRaisesRegex(RuntimeError, 'ignored GeneratorExit'):
            coroutine.close()
        coroutine = None
        gc.collect()
        await until(obedient.done)
        await Pillion.Scope.find(guest, 'scope').aclose()

    def test_repr(self):
        scope = Pillion.Scope('scope')
        self.assertEqual(repr(scope), '<Pillion.Scope \'scope\' with 0 live tasks>')
        task = pending()
        scope.add(task)
        self.assertEqual(repr(scope), '<Pillion.Scope \'scope\' with 1 live task>')
        task.return_value(None)
        self.kick_until(lambda: not scope.get_live_tasks())
        scope.close()
        self.assertEqual(repr(scope), '<Pillion.Scope \'scope\' closed>')

    @all_ways
    async def test_nothing_keeps_a_scope(self):
        async def work():
            async with Pillion.Scope('scope') as scope:
                weak.append(scope.weak_ref())
                scope.create_task(fail())
                await asyncio.sleep(3600)

        weak = []
        with self.assertRaises(ExceptionGroup):
            await work()
        await until(lambda: guest.get_live_tasks() == 0)
        gc.collect()
        self.assertIsNone(weak[0]())


class OnAThread(ScopeCase):
    def test_defaults(self):
        """Objects created without a loop belong to that of the thread"""
        async def work():
            own = Pillion.Loop.get_default()
            self.assertIsNot(own, guest)
            async with Pillion.Scope('scope') as scope:
                self.assertIs(scope.get_loop(), own)
                task = scope.create_task(asyncio.sleep(0.001, 'slept'))
                scope.add(own.sleep(MSEC))
            self.assertIs(PillionHttp.Client().get_loop(), own)
            self.assertIs(Pillion.Task.from_awaitable(asyncio.sleep(0)).get_loop(), own)
            ended.append(task.result())

        ended = []
        thread = threading.Thread(target=lambda: pillion.run(work()), daemon=True)
        thread.start()
        thread.join(30)
        self.assertEqual(ended, ['slept'])


class Queues(ScopeCase):
    @all_ways
    async def test_async_for(self):
        queue = Pillion.Queue.new(guest, 2)
        items = [1, None, 'text', [1], self, 2**70, False]

        async def put():
            for item in items:
                await queue.put(item)
            queue.close()

        putting = asyncio.ensure_future(put())
        got = [item async for item in queue]
        await putting
        self.assertEqual(got, items)
        self.assertEqual([item async for item in queue], [])

    @all_ways
    async def test_closed_while_somebody_waits(self):
        queue = Pillion.Queue.new(guest, 0)
        waiter = asyncio.ensure_future(self.collect(queue))
        await turns()
        queue.close()
        self.assertEqual(await waiter, [])
        with self.assertRaises(GLib.Error) as caught:
            await queue.get()
        self.assertMatches(caught.exception, Pillion.Error.CLOSED)
        with self.assertRaises(GLib.Error) as caught:
            await queue.put(1)
        self.assertMatches(caught.exception, Pillion.Error.CLOSED)

    async def collect(self, queue):
        return [item async for item in queue]

    @all_ways
    async def test_async_for_gives_back_what_it_is_cancelled_with_once(self):
        queue = Pillion.Queue.new(guest, 0)
        items = aiter(queue)
        waiter = asyncio.ensure_future(anext(items))
        await turns()
        queue.put('a')
        waiter.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiter
        queue.put('b')
        self.assertEqual([await anext(items), await anext(items)], ['a', 'b'])
        self.assertEqual(len(queue), 0)

    @all_ways
    async def test_a_full_queue_does_not_hold_up_the_host(self):
        queue = Pillion.Queue.new(guest, 0)
        for item in range(5000):
            queue.try_put(item)
        queue.close()
        with count_turns() as n:
            self.assertEqual(await self.collect(queue), list(range(5000)))
            self.assertGreater(n[0], 5)

    @all_ways
    async def test_an_item_that_is_itself_such_an_error(self):
        queue = Pillion.Queue.new(guest, 0)
        error = GLib.Error('closed', 'pillion-error-quark', Pillion.Error.CLOSED)
        queue.put(error)
        queue.close()
        self.assertEqual(await self.collect(queue), [error])

    @all_ways
    async def test_cancelled_get_leaves_the_item(self):
        """At each point on its way"""
        for when in range(6):
            queue = Pillion.Queue.new(guest, 0)
            waiter = asyncio.ensure_future(self.get(queue))
            await turns()
            queue.put('item')
            queue.put('next')
            for _ in range(when):
                await asyncio.sleep(0)
            waiter.cancel()
            end = await self.ends(waiter)
            rest = [await queue.get() for _ in range(1 if end == 'item' else 2)]
            with self.subTest(when):
                self.assertIn(end, ('item', 'cancelled'))
                self.assertEqual(rest, ['next'] if end == 'item' else ['item', 'next'])

    async def get(self, queue):
        return await queue.get()

    @all_ways
    async def test_cancelled_get_serves_the_next_waiter(self):
        queue = Pillion.Queue.new(guest, 0)
        first, second = (asyncio.ensure_future(self.get(queue)) for _ in range(2))
        await turns()
        queue.put('item')
        first.cancel()
        self.assertEqual(await second, 'item')
        self.assertEqual(await self.ends(first), 'cancelled')

    @all_ways
    async def test_cancelled_put(self):
        queue = Pillion.Queue.new(guest, 1)
        await queue.put(1)
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(queue.put(2), 0.001)
        self.assertEqual(await queue.get(), 1)
        self.assertEqual(len(queue), 0)

    @all_ways
    async def test_two_that_iterate(self):
        queue = Pillion.Queue.new(guest, 0)
        both = asyncio.gather(self.collect(queue), self.collect(queue))
        await turns()
        for item in range(10):
            queue.put(item)
            await asyncio.sleep(0)
        queue.close()
        self.assertEqual(sorted(sum(await both, [])), list(range(10)))

    @all_ways
    async def test_break(self):
        queue = Pillion.Queue.new(guest, 0)
        for item in range(3):
            queue.put(item)
        async for item in queue:
            break
        self.assertEqual(len(queue), 2)

    def test_python_of_it(self):
        queue = Pillion.Queue.new(guest, 2)
        self.assertEqual((len(queue), bool(queue)), (0, True))
        self.assertTrue(queue.try_put((1,)))
        self.assertTrue(queue.try_put(2))
        self.assertFalse(queue.try_put(3))
        self.assertEqual(repr(queue), '<Pillion.Queue with 2 of 2 items>')
        self.assertEqual(queue.try_get().result(), (1,))
        queue.close()
        self.assertEqual(repr(queue), '<Pillion.Queue with 1 of 2 items, closed>')
        self.assertEqual(repr(Pillion.Queue.new(guest, 0)), '<Pillion.Queue with 0 items>')

    def test_items_are_freed(self):
        class Item:
            pass

        queue = Pillion.Queue.new(guest, 0)
        items = [Item() for _ in range(3)]
        weak = [weakref.ref(item) for item in items]
        for item in items:
            queue.put(item)
        del items, item
        queue.try_get()
        del queue
        while guest.kick():
            pass
        gc.collect()
        self.assertEqual([ref() for ref in weak], [None] * 3)


class Semaphores(ScopeCase):
    @all_ways
    async def test_async_with(self):
        semaphore = Pillion.Semaphore.new(guest, 2)
        running = most = 0

        async def work():
            nonlocal running, most
            async with semaphore as held:
                self.assertIs(held, semaphore)
                running += 1
                most = max(most, running)
                await asyncio.sleep(0.0005)
                running -= 1

        await asyncio.gather(*(work() for _ in range(7)))
        self.assertEqual((running, most), (0, 2))
        self.assertEqual(repr(semaphore), '<Pillion.Semaphore with 2 of 2 permits>')

    @all_ways
    async def test_body_raises(self):
        semaphore = Pillion.Semaphore.new(guest, 1)
        with self.assertRaises(Trouble):
            async with semaphore:
                raise Trouble
        self.assertEqual(semaphore.get_available(), 1)

    @all_ways
    async def test_cancelled_at_each_point(self):
        async def hold():
            async with semaphore:
                pass

        for when in range(6):
            semaphore = Pillion.Semaphore.new(guest, 1)
            await semaphore.acquire()
            waiter = asyncio.ensure_future(hold())
            await turns()
            semaphore.release()
            for _ in range(when):
                await asyncio.sleep(0)
            waiter.cancel()
            await asyncio.wait([waiter])
            async with asyncio.timeout(30):
                await semaphore.acquire()
            semaphore.release()
            self.assertEqual(semaphore.get_available(), 1)

    @all_ways
    async def test_cancelled_permit_serves_the_next_waiter(self):
        semaphore = Pillion.Semaphore.new(guest, 1)
        await semaphore.acquire()
        first, second = (asyncio.ensure_future(self.acquire(semaphore)) for _ in range(2))
        await turns()
        semaphore.release()
        first.cancel()
        self.assertEqual(await second, True)
        self.assertEqual(await self.ends(first), 'cancelled')

    async def acquire(self, semaphore):
        return await semaphore.acquire()

    @all_ways
    async def test_event(self):
        event = Pillion.Event.new(guest)
        self.assertEqual(repr(event), '<Pillion.Event not set>')
        waiters = asyncio.gather(*(self.wait(event) for _ in range(3)))
        await turns()
        event.set()
        self.assertEqual(await waiters, [True] * 3)
        self.assertEqual(repr(event), '<Pillion.Event set>')
        await event.wait()
        self.assertIn('test-scopes.py', event.wait().get_site())

    async def wait(self, event):
        return await event.wait()


class Iterating(ScopeCase):
    @all_ways
    async def test_what_is_waited_for_was_made_by_the_loop_s_line(self):
        made = []
        handler = guest.connect('task-added', lambda _, task: made.append(task))
        try:
            queue, completions = Pillion.Queue(), Pillion.Completions([guest.sleep(20)])
            guest.call_later(10, queue.put, 'item')
            for items in (queue, completions):
                made.clear()
                async for item in items:
                    waits = [task for task in made if task.get_name() in ('get', 'next completion')]
                    self.assertEqual(len(waits), 1, made)
                    self.assertIn('test-scopes.py', waits[0].get_site())
                    queue.close()
        finally:
            guest.disconnect(handler)


class Completing(ScopeCase):
    @all_ways
    async def test_many_that_are_done_do_not_hold_up_the_host(self):
        tasks = [pending() for _ in range(3000)]
        for task in tasks:
            task.return_value(1)
        with count_turns() as n:
            self.assertEqual([task async for task in Pillion.Completions.new(guest, tasks)], tasks)
            self.assertGreater(n[0], 5)

    @all_ways
    async def test_more_who_wait_than_there_are(self):
        task = pending()
        completions = Pillion.Completions.new(guest, [task])
        waiters = [asyncio.ensure_future(anext(completions, 'no more')) for _ in range(3)]
        await turns()
        task.return_value(1)
        self.assertEqual(await asyncio.gather(*waiters), [task, 'no more', 'no more'])

    @all_ways
    async def test_async_for(self):
        tasks = [pending(str(number)) for number in range(4)]
        completions = Pillion.Completions.new(guest, tasks)
        self.assertEqual(repr(completions), '<Pillion.Completions with 4 left>')
        seen = []
        for number in (2, 0):
            tasks[number].return_value(number)
        async for task in completions:
            seen.append(task)
            if len(seen) == 2:
                tasks[3].return_exception(Trouble())
            elif len(seen) == 3:
                tasks[1].return_value(1)
        self.assertEqual(seen, [tasks[2], tasks[0], tasks[3], tasks[1]])
        self.assertIsInstance(tasks[3].exception(), Trouble)
        self.assertEqual([task async for task in completions], [])

    @all_ways
    async def test_cancelled_at_each_point(self):
        for when in range(6):
            task = pending()
            completions = Pillion.Completions.new(guest, [task])
            waiter = asyncio.ensure_future(anext(completions))
            await turns()
            task.return_value(1)
            for _ in range(when):
                await asyncio.sleep(0)
            waiter.cancel()
            end = await self.ends(waiter)
            if end == 'cancelled':
                end = await anext(completions)
            self.assertIs(end, task)

    @all_ways
    async def test_two_that_iterate(self):
        async def collect():
            return [task.result() async for task in completions]

        tasks = [pending(str(number)) for number in range(5)]
        completions = Pillion.Completions.new(guest, tasks)
        both = asyncio.gather(collect(), collect())
        for number, task in enumerate(tasks):
            await asyncio.sleep(0)
            task.return_value(number)
        self.assertEqual(sorted(sum(await both, [])), list(range(5)))


class Slips(Case):
    """What users of asyncio do without thinking"""

    def test_loops_need_not_be_said(self):
        loop = Pillion.Loop.get_default()
        for made in (Pillion.Queue(2), Pillion.Queue(), Pillion.Semaphore(3), Pillion.Event(), Pillion.Scope('of the default'),
                     PillionHttp.Client()):
            self.assertIs(made.get_loop(), loop)
        self.assertEqual(Pillion.Queue(2).get_capacity(), 2)
        self.assertEqual(Pillion.Queue().get_capacity(), 0)
        self.assertEqual(Pillion.Semaphore(3).get_permits(), 3)
        self.assertEqual(Pillion.Completions([loop.sleep(0), loop.sleep(0)]).get_n_left(), 2)
        self.assertEqual(Pillion.Queue(capacity=2, loop=loop).get_capacity(), 2)

    def test_typos_of_properties_are_refused(self):
        task = guest.sleep(0)
        for one, typo, meant in ((guest, 'budget_usc', 'budget_usec'), (Pillion.Scope('typos'), 'limt', 'limit'), (task, 'nmae', 'name'),
                                 (Pillion.Queue(2), 'capactiy', 'capacity'), (Pillion.Retry(), 'atempts', 'attempts')):
            with self.subTest(typo), self.assertRaisesRegex(AttributeError, f"no attribute '{typo}': did you mean '{meant}'"):
                setattr(one, typo, 3)
        # Other attributes are the program's own
        task.url = task.names = task.picture_of_the_panel = 1
        guest.previews = {}
        self.assertEqual((task.url, guest.previews), (1, {}))
        del guest.previews

    def test_seconds(self):
        task = guest.sleep(0)
        for call in (lambda: guest.sleep(0.5), lambda: guest.call_later(0.5, print), lambda: task.with_timeout(0.5),
                     lambda: Pillion.Scope('seconds').close(0.5), lambda: guest.close(0.5)):
            with self.assertRaisesRegex(TypeError, 'microseconds'):
                call()
        self.assertFalse(guest.is_closed())

    def test_wrong_thread(self):
        queue, task, scope, client = Pillion.Queue(), guest.sleep(0), Pillion.Scope('elsewhere'), PillionHttp.Client()
        calls = (lambda: guest.sleep(1), lambda: queue.put(1), lambda: queue.get(), lambda: Pillion.Task.all(guest, [task]),
                 lambda: Pillion.Task.new(guest, 'x'), lambda: client.get_bytes('http://127.0.0.1:1/'),
                 lambda: client.get_json('http://127.0.0.1:1/'), lambda: scope.start('x', lambda: None), lambda: guest.run_in_thread('x', print),
                 lambda: guest.call_soon(print), lambda: guest.call_later(1, print), lambda: task.add_done_callback(print))
        caught = []

        def work():
            for call in calls:
                try:
                    call()
                except GLib.Error as error:
                    caught.append(error.matches(Pillion.error_quark(), Pillion.Error.WRONG_THREAD))

        thread = threading.Thread(target=work)
        # C says so, too, which would end the process
        mask = GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR)
        try:
            thread.start()
            thread.join()
        finally:
            GLib.log_set_always_fatal(mask)
        self.assertEqual(caught, [True] * len(calls))

    def test_cancelled_in_a_callback(self):
        """It does not end the host"""
        shown = []
        with unittest.mock.patch.object(sys, 'excepthook', lambda kind, *_: shown.append(kind)):
            task = guest.sleep(3_600_000_000)
            task.add_done_callback(lambda task: task.result())
            task.cancel()

            def cancelled():
                raise asyncio.CancelledError

            guest.call_soon(cancelled)
            guest.run_until_complete(guest.sleep(0))
            while guest.get_live_tasks() > 0:
                guest.kick()
        self.assertEqual(shown, [asyncio.CancelledError] * 2)

    def test_closed_from_inside_of_a_task_of_its_own(self):
        errors = []

        async def on_button(scope):
            try:
                scope.close(GLib.TIME_SPAN_MINUTE)
            except GLib.Error as error:
                errors.append(error.matches(Pillion.error_quark(), Pillion.Error.NESTED))
            await scope.aclose()

        async def main(begin):
            scope = Pillion.Scope('panel')
            with self.assertRaises(asyncio.CancelledError):
                await begin(scope)
            scope.close(0)

        for begin in (lambda scope: scope.create_task(on_button(scope)),
                      lambda scope: scope.start('on button', on_button, scope),
                      lambda scope: Pillion.Scope('part', parent=scope).create_task(on_button(scope))):
            self.loop.run_until_complete(main(begin))
        self.assertEqual(errors, [True] * 3)


if __name__ == '__main__':
    tap.main()
