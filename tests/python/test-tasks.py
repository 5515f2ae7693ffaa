#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Pillion's tasks in Python: awaited, with their results, exceptions and callbacks"""

import asyncio
import contextlib
import datetime
import enum
import gc
import http.server
import io
import math
import os
import pathlib
import sys
import tempfile
import threading
import time
import traceback
import unittest.mock
import weakref

import gi
gi.require_version('Json', '1.0')
from gi.repository import Gio, Json, PillionHttp
from support import (HOUR, MSEC, Case, FrameHost, GLib, Pillion, Trouble, all_ways, guest, pending, pillion, run_script, tap,
                     turns, until, use_real_clock)
from gi.overrides import Pillion as overrides
import loopback

URL = os.environ['PILLION_TEST_URL']
SHA256 = os.environ['PILLION_TEST_SHA256']


def done(value=None):
    task = pending('done')
    task.return_value(value)
    return task


def failed(error):
    task = pending('failed')
    task.return_exception(error)
    return task


def obedient(name='obedient'):
    """Ends when it is asked to."""
    return guest.sleep(HOUR)


class TaskCase(Case):
    def setUp(self):
        super().setUp()
        self.shown = []
        patch = unittest.mock.patch('sys.excepthook', lambda kind, value, trace: self.shown.append(value))
        patch.start()
        self.addCleanup(patch.stop)

    def assertFails(self, code, function, *arguments):
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        self.assertTrue(caught.exception.matches(Pillion.error_quark(), code), caught.exception)

    def finish(self, *tasks):
        self.kick_until(lambda: all(task.done() for task in tasks))


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
        other.close(0)

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


class GuestClosed(unittest.TestCase):
    """In a process of its own, because the host's guest loop is closed for good"""

    def check(self, text, *expected):
        process = run_script('''
            import asyncio, sys
            import pillion
            from gi.repository import GLib, Pillion

            guest = Pillion.Loop.get_default()
            loop = pillion.EventLoop()
            asyncio.set_event_loop(loop)
            said = []

            async def wait(task):
                try:
                    return await task
                except GLib.Error as error:
                    said.append(('closed', error.matches(Pillion.error_quark(), Pillion.Error.CLOSED)))
                except asyncio.CancelledError:
                    said.append('cancelled')
        ''' + text)
        self.assertEqual(process.stderr, '')
        self.assertEqual(process.stdout.split('\n')[:-1], list(expected))
        self.assertEqual(process.returncode, 0)

    def test_kicked(self):
        self.check('''
            stubborn, obedient = Pillion.Task.new(guest, 'stubborn'), guest.sleep(3600000000)
            tasks = [loop.create_task(wait(task)) for task in (stubborn, obedient)]
            for _ in range(3):
                guest.kick()
            try:
                guest.close(100000)
            except GLib.Error as error:
                print(error.matches(Pillion.error_quark(), Pillion.Error.LEFT_BEHIND))
            loop.run_until_complete(asyncio.wait(tasks))
            print(sorted(map(str, said)))
        ''', 'True', '''["('closed', True)", 'cancelled']''')

    def test_from_a_callback_with_asyncio_outside(self):
        self.check('''
            stubborn = Pillion.Task.new(guest, 'stubborn')

            def close():
                try:
                    guest.close(0)
                except GLib.Error as error:
                    print(error.matches(Pillion.error_quark(), Pillion.Error.LEFT_BEHIND))

            guest.call_later(1000, close)
            loop.run_until_complete(wait(stubborn))
            print(said)
        ''', 'True', '''[('closed', True)]''')

    def test_scope_that_waits(self):
        self.check('''
            async def work():
                async with Pillion.Scope('scope') as scope:
                    scope.add(Pillion.Task.new(guest, 'stubborn'))
                said.append('left')

            task = loop.create_task(work())
            for _ in range(5):
                guest.kick()
            try:
                guest.close(1000)
            except GLib.Error as error:
                print(error.matches(Pillion.error_quark(), Pillion.Error.LEFT_BEHIND))
            loop.run_until_complete(asyncio.wait([task]))
            print(said, task.exception())
        ''', 'True', '''['left'] None''')

    def test_while_another_thread_waits(self):
        self.check('''
            import threading
            stubborn = Pillion.Task.new(guest, 'stubborn')
            began = threading.Event()

            async def work():
                guest.call_soon_threadsafe(began.set)
                await wait(stubborn)

            thread = threading.Thread(target=lambda: asyncio.run(work()))
            thread.start()
            while not began.is_set():
                guest.kick()
            for _ in range(3):
                guest.kick()
            try:
                guest.close(0)
            except GLib.Error as error:
                print(error.matches(Pillion.error_quark(), Pillion.Error.LEFT_BEHIND))
            thread.join()
            print(said)
        ''', 'True', '''[('closed', True)]''')

    def test_exit_while_somebody_waits(self):
        for end in ('', 'loop.run_until_complete(asyncio.sleep(0.001))', 'sys.exit(0)'):
            with self.subTest(end):
                self.check(f'''
            task = loop.create_task(wait(Pillion.Task.new(guest, 'stubborn')))
            loop.set_exception_handler(lambda *_: None)
            for _ in range(3):
                guest.kick()
            print('end')
            {end}
                ''', 'end')


class Elsewhere(TaskCase):
    """In event loops of other threads, and in those that are not Pillion's"""

    def in_thread(self, run, main):
        """What a coroutine returns that another thread runs while this one kicks"""
        result = []

        def work():
            try:
                result.append(run(main))
            except BaseException as error:
                result.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.kick_until(lambda: result)
        thread.join()
        if isinstance(result[0], BaseException):
            raise result[0]
        return result[0]

    def each(self):
        for run in (pillion.run, asyncio.run):
            with self.subTest(run.__module__):
                yield run

    async def wait(self, task):
        return await task

    def test_result(self):
        for run in self.each():
            self.assertEqual(self.in_thread(run, self.wait(guest.sleep(MSEC))), True)
            self.assertEqual(self.in_thread(run, self.wait(done(3))), 3)
            with self.assertRaises(Trouble):
                self.in_thread(run, self.wait(failed(Trouble())))

    def test_cancelled_by_c(self):
        for run in self.each():
            task = obedient()
            guest.call_later(MSEC, task.cancel)
            with self.assertRaises(asyncio.CancelledError):
                self.in_thread(run, self.wait(task))

    def test_cancelled(self):
        for run in self.each():
            task = obedient()
            with self.assertRaises(TimeoutError):
                self.in_thread(run, asyncio.wait_for(task, 0.01))
            self.finish(task)
            self.assertTrue(task.cancelled())

    def test_cancelled_while_somebody_else_waits(self):
        for run in self.each():
            task = pending()
            called = []
            task.add_done_callback(called.append)
            with self.assertRaises(TimeoutError):
                self.in_thread(run, asyncio.wait_for(task, 0.01))
            for _ in range(10):
                guest.kick()
            self.assertFalse(task.is_cancelled())
            task.return_value(1)
            self.kick_until(lambda: called)

    def test_own_tasks(self):
        async def work():
            own = Pillion.Loop.get_default()
            self.assertTrue(own.is_on_thread())
            self.assertFalse(guest.is_on_thread())
            return await own.sleep(0)

        self.assertTrue(self.in_thread(pillion.run, work()))

    def test_standard_loop_that_kicks(self):
        async def work():
            async def kick():
                while True:
                    guest.kick()
                    await asyncio.sleep(0.001)

            kicks = asyncio.create_task(kick())
            self.assertTrue(await guest.sleep(MSEC))
            task = obedient()
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(task, 0.01)
            while not task.done():
                await asyncio.sleep(0)
            kicks.cancel()
            return 'kicked'

        self.assertEqual(asyncio.run(work()), 'kicked')

    def test_standard_loop_without_kicks(self):
        with unittest.mock.patch.object(overrides.elsewhere, 'PATIENCE', 0.01):
            task = pending()
            with self.assertRaisesRegex(RuntimeError, r'\'pending\'.*nobody runs.*pillion\.run'):
                asyncio.run(self.wait(task))
        asyncio.set_event_loop(self.loop)
        for _ in range(10):
            guest.kick()
        task.return_value(1)
        self.finish(task)


class Results(TaskCase):
    def test_of_every_type(self):
        class Text(str):
            pass

        class Number(enum.IntEnum):
            ONE = 1

        values = [None, True, False, 0, -1, 2**31, -2**31, 2**63 - 1, -2**63, 2**63, 10**100, 1.5, math.inf, '', 'ä', 'a\0b', '\udcff',
                  b'', b'a\0b', (), [1], {'a': 1}, Text('text'), Number.ONE, object(), int, Trouble('a value'), 1j,
                  datetime.datetime.now(), self, guest, Gio.IOErrorEnum, Gio.File]
        for value in values:
            with self.subTest(repr(value)):
                for task in (done(value), self.queued(value), guest.run_in_thread('value', lambda task, cancellable: value)):
                    self.finish(task)
                    self.assertIs(type(task.result()), type(value))
                    self.assertEqual(task.result(), value)
                    self.assertIsNone(task.exception())

    def queued(self, value):
        queue = Pillion.Queue.new(guest, 0)
        queue.put(value)
        return queue.get()

    def test_by_identity(self):
        for value in (object(), [1], self, lambda: None, Trouble('a value'), GLib.Error('a value')):
            for task in (done(value), self.queued(value)):
                self.assertIs(task.result(), value)
        self.finish()

    def test_of_c(self):
        cases = [('return_boolean', True, True), ('return_int', 2**40, 2**40), ('return_double', 0.5, 0.5),
                 ('return_string', 'text', 'text'), ('return_bytes', GLib.Bytes.new(b'a\0b'), b'a\0b'),
                 ('return_bytes', GLib.Bytes.new(b''), b''),
                 ('return_variant', GLib.Variant('(sas)', ('a', ['b'])), ('a', ['b'])), ('return_object', guest, guest)]
        for name, given, wanted in cases:
            with self.subTest(name):
                task = pending()
                getattr(task, name)(given)
                self.assertEqual(task.result(), wanted)
                self.finish(task)

    def test_boxed_that_outlives_its_task(self):
        task = done(GLib.Date.new_dmy(1, GLib.DateMonth.FEBRUARY, 2026))
        moment = self.queued(GLib.DateTime.new_utc(2026, 1, 2, 3, 4, 5))
        self.finish(task, moment)
        result, instant = task.get_value(), moment.result()
        weak = task.weak_ref()
        del task, moment
        for _ in range(100):
            done(GLib.Date.new_dmy(3, GLib.DateMonth.MARCH, 1999))
        while guest.kick():
            pass
        gc.collect()
        self.assertIsNone(weak())
        self.assertEqual((result.get_day(), result.get_month(), result.get_year()), (1, 2, 2026))
        self.assertEqual(instant.format_iso8601(), '2026-01-02T03:04:05Z')

    def test_json(self):
        for text, wanted in (('null', None), ('true', True), ('12', 12), ('1.5', 1.5), ('"ä\\u0001"', 'ä\x01'), ('[]', []),
                             ('{"a": [1, {"b": null}]}', {'a': [1, {'b': None}]}), ('9007199254740993', 9007199254740993)):
            with self.subTest(text):
                task = pending()
                node = Json.from_string(text)
                if node is None:
                    node = Json.Node.new(Json.NodeType.NULL)
                task.return_value(node)
                del node
                self.assertEqual(task.result(), wanted)
                self.finish(task)

    def test_pending(self):
        task = pending('late')
        for function in (task.result, task.exception):
            with self.assertRaisesRegex(asyncio.InvalidStateError, 'late'):
                function()
        self.assertFalse(task.done() or task.cancelled())
        task.return_value(None)
        self.assertTrue(task.done())
        self.assertIsNone(task.result())
        self.finish(task)

    def test_cancelled(self):
        task = obedient()
        task.cancel()
        self.finish(task)
        self.assertTrue(task.cancelled())
        for function in (task.result, task.exception):
            with self.assertRaises(asyncio.CancelledError):
                function()

    def test_errors(self):
        for domain, code, kind in ((Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT, TimeoutError),
                                   (Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, GLib.Error),
                                   (Pillion.error_quark(), Pillion.Error.FAILED, GLib.Error),
                                   (PillionHttp.status_error_quark(), 404, PillionHttp.StatusError)):
            with self.subTest(kind):
                task = pending()
                task.return_error(GLib.Error.new_literal(domain, 'what it says', code))
                self.assertIs(type(task.exception()), kind)
                self.assertIn('what it says', str(task.exception()))
                self.assertIs(task.exception(), task.exception())
                with self.assertRaises(kind) as caught:
                    task.result()
                self.assertIs(caught.exception, task.exception())
                self.finish(task)

    def test_exceptions(self):
        for error, domain, code in ((Trouble('oh'), Pillion.error_quark(), Pillion.Error.FAILED),
                                    (TimeoutError(), Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT),
                                    (asyncio.CancelledError(), Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)):
            task = failed(error)
            with self.assertRaises(GLib.Error) as caught:
                task.check()
            self.assertTrue(caught.exception.matches(domain, code))
            self.assertIn(type(error).__name__, caught.exception.message)
            with self.assertRaises(type(error)) as caught:
                task.result()
            self.assertIs(caught.exception, error)
        self.finish()
        task = pending()
        with self.assertRaisesRegex(TypeError, 'not an exception'):
            task.return_exception('text')
        task.return_value(1)
        self.finish(task)

    def test_traceback_is_where_it_was_raised(self):
        def deep(task, cancellable):
            raise Trouble

        task = guest.run_in_thread('deep', deep)
        self.finish(task)
        lengths = []
        for _ in range(3):
            with self.assertRaises(Trouble) as caught:
                task.result()
            frames = traceback.extract_tb(caught.exception.__traceback__)
            lengths.append(len(frames))
        self.assertEqual(lengths, lengths[:1] * 3)
        self.assertIn('deep', [frame.name for frame in traceback.extract_tb(task.exception().__traceback__)])

    def test_a_result_that_raises_holds_nothing(self):
        """Without the collector's help"""
        gc.disable()
        self.addCleanup(gc.enable)
        for make in (lambda: failed(Trouble()), lambda: Pillion.Task.all(guest, [failed(Trouble())])):
            task = make()
            self.finish(task)
            weak = task.weak_ref()
            try:
                task.result()
            except Trouble:
                pass
            self.loop.run_until_complete(self.swallow([task]))
            del task
            while guest.kick():
                pass
            self.assertIsNone(weak())

    async def swallow(self, tasks):
        try:
            await tasks.pop()
        except Trouble:
            pass

    def test_new(self):
        cancellable = Gio.Cancellable()
        task = Pillion.Task.new(loop=guest, name='named', cancellable=cancellable)
        self.assertRegex(task.get_site(), r'test-tasks\.py:\d+$')
        self.assertRegex(repr(task), r'^<Pillion\.Task \'named\' pending created at .*test-tasks\.py:\d+>$')
        cancellable.cancel()
        self.assertIn('pending being cancelled', repr(task))
        self.assertTrue(task.return_if_cancelled())
        self.assertIn('\'named\' cancelled created', repr(task))
        self.finish(task)

    def test_made_wrong(self):
        self.assertEqual(repr(Pillion.Task()), '<Pillion.Task, not made by new ()>')
        with self.assertRaises(RuntimeError), self.assertWarns(Warning):
            type('Mine', (Pillion.Task,), {})
        with self.assertRaises(TypeError):
            Pillion.Task.new(guest)

    def test_combinators(self):
        one, two = done(1), guest.run_in_thread('two', lambda *_: 'two')
        everything = Pillion.Task.all(guest, (task for task in (one, two)))
        nested = Pillion.Task.all(guest, [everything, done(3)])
        settled = Pillion.Task.settle(guest, [one, failed(Trouble('settled'))])
        tasks = {
            'all': (everything, [1, 'two']),
            'nested': (nested, [[1, 'two'], 3]),
            'timeout': (everything.with_timeout(HOUR), [1, 'two']),
            'deadline': (nested.with_deadline(guest.get_now() + HOUR), [[1, 'two'], 3]),
            'shield': (everything.shield(), [1, 'two']),
            'forwarded twice': (Pillion.Task.race(guest, [everything.shield()]), [1, 'two']),
            'all of forwarded': (Pillion.Task.all(guest, [everything.shield()]), [[1, 'two']]),
            'any': (Pillion.Task.any(guest, [failed(Trouble()), done(7)]), 7),
            'race': (Pillion.Task.race(guest, [obedient(), done(8)]), 8),
            'nothing': (Pillion.Task.all(guest, []), []),
            'map': (Pillion.Task.map(guest, 'abc', 2, lambda letter: done(letter * 2)), ['aa', 'bb', 'cc']),
            'map of a number': (Pillion.Task.map(guest, 3, 0, lambda number: self.later(number)), [0, 1, 2]),
            'map in a timeout': (Pillion.Task.map(guest, 2, 0, self.later).with_timeout(HOUR), [0, 1]),
            'then': (done(2).and_then(lambda task, more: done(task.result() + more), 5), 7),
            'then all': (done(2).and_then(lambda task: Pillion.Task.all(guest, [task])), [2]),
            'then a coroutine': (done(2).and_then(lambda task: self.later(task.result())), 2),
            'then nothing': (done(2).and_then(lambda task: None), True),
            'retry': (Pillion.Retry(attempts=3, initial_delay_usec=0).run(guest, 'retry', self.third), 3),
        }
        for name, (task, wanted) in tasks.items():
            with self.subTest(name):
                self.assertEqual(guest.run_until_complete(task), wanted)
                self.assertIn('test-tasks.py', task.get_site())
        self.finish(settled)
        self.assertEqual([child.exception() and str(child.exception()) for child in settled.result()], [None, 'settled'])

    async def later(self, value):
        await asyncio.sleep(0)
        return value

    async def third(self, attempt):
        if attempt < 3:
            raise Trouble(f'attempt {attempt}')
        return attempt

    def test_exceptions_go_through_c(self):
        error = Trouble('the same')

        def fail(*_):
            raise error

        async def fail_later(*_):
            await asyncio.sleep(0)
            raise error

        scope = Pillion.Scope('exceptions')
        scope.set_cancel_on_error(True)
        for name, make in {
            'coroutine': lambda: Pillion.Task.from_awaitable(fail_later()),
            'thread': lambda: guest.run_in_thread('fail', fail),
            'map': lambda: Pillion.Task.map(guest, 3, 1, fail),
            'map of coroutines': lambda: Pillion.Task.map(guest, 3, 1, fail_later),
            'then': lambda: done().and_then(fail),
            'retry': lambda: Pillion.Retry(attempts=2, initial_delay_usec=0).run(guest, 'retry', fail_later),
            'all': lambda: Pillion.Task.all(guest, [obedient(), Pillion.Task.from_awaitable(fail_later())]),
            'two with equal messages': lambda: Pillion.Task.race(guest, [failed(error), failed(Trouble('the same'))]),
            'timeout': lambda: Pillion.Task.all(guest, [failed(error)]).with_timeout(HOUR).shield(),
            'scope': lambda: scope.start('start', fail),
            'join': lambda: scope.start('start', fail) and scope.join(),
        }.items():
            with self.subTest(name):
                task = make()
                with self.assertRaises(Trouble) as caught:
                    guest.run_until_complete(task)
                self.assertIs(caught.exception, error)
                self.assertIs(task.exception(), error)
                scope.take_failed()
        scope.close()

    def test_every_attempt_is_asked_about(self):
        asked = []
        retry = Pillion.Retry(attempts=5, initial_delay_usec=0)
        retry.set_predicate(lambda error, attempt, more: asked.append((error.message, attempt, more)) or attempt < 2, 'more')
        with self.assertRaises(Trouble):
            guest.run_until_complete(retry.run(guest, 'retry', self.third))
        self.assertEqual(asked, [('Trouble: attempt 1', 1, 'more'), ('Trouble: attempt 2', 2, 'more')])
        self.assertEqual(repr(retry), '<Pillion.Retry of 5 attempts>')

    def test_run_until_complete(self):
        self.assertEqual(guest.run_until_complete(guest.run_in_thread('n', lambda *_: 3)), 3)
        for make, kind in ((lambda: failed(Trouble()), Trouble), (lambda: obedient().with_timeout(MSEC), TimeoutError),
                           (lambda: self.cancelled(), asyncio.CancelledError)):
            with self.assertRaises(kind):
                guest.run_until_complete(make())

    def cancelled(self):
        task = obedient()
        task.cancel()
        return task

    @all_ways
    async def test_run_until_complete_inside_a_coroutine(self):
        self.assertTrue(guest.run_until_complete(guest.sleep(0)))
        task = Pillion.Task.from_awaitable(asyncio.sleep(0, 'slept'))
        every = Pillion.Task.all(guest, [task]).shield()
        for each in (task, every):
            with self.assertRaisesRegex(RuntimeError, 'await it'):
                guest.run_until_complete(each)
        self.assertEqual(await every, ['slept'])
        self.assertEqual(guest.run_until_complete(task), 'slept')

    def test_map_with_its_arguments_in_another_order(self):
        def begin(number):
            return done(number)

        for arguments in (begin, [1, 2], 2), ([1, 2], begin, 2), (2, [1, 2], begin), (begin, 2, [1, 2]), ([1], 2, None):
            with self.assertRaisesRegex(TypeError, r'takes the inputs, a number, and a function, in this order, and got'):
                Pillion.Task.map(guest, *arguments)


class Local:
    """What a function has in a variable"""


class Tracebacks(TaskCase):
    """An exception leads to the frames that it went through, and so to the tasks in their variables. Nothing of that may last."""

    async def fail_later(self):
        await asyncio.sleep(0)
        raise Trouble

    async def catch(self, make, kind):
        local = Local()
        self.seen.append(weakref.ref(local))
        task = make()
        try:  # assertRaises () would clear the frames
            await task
        except kind:
            return
        self.fail('no exception')

    @all_ways
    async def test_do_not_keep_a_task_alive(self):
        for name, make, kind in (
            ('coroutine', lambda: Pillion.Task.from_awaitable(self.fail_later()), Trouble),
            ('finished', lambda: failed(Trouble()), Trouble),
            ('request', lambda: PillionHttp.Client(guest).get_bytes('nonsense'), GLib.Error),
            ('refusal', lambda: PillionHttp.Client(guest).get_bytes(URL + '/missing'), PillionHttp.StatusError),
            ('composed', lambda: PillionHttp.Client(guest).get_bytes('nonsense').with_timeout(HOUR), GLib.Error),
        ):
            with self.subTest(name):
                self.seen = []
                await self.catch(make, kind)
                # The end of a task may still be on its way
                for _ in range(100):
                    gc.collect()
                    if self.seen[0]() is None:
                        break
                    await turns()
                self.assertIsNone(self.seen[0]())


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


class Http(TaskCase):
    def setUp(self):
        super().setUp()
        self.client = PillionHttp.Client()
        temporary = tempfile.TemporaryDirectory(prefix='pillion-tasks-')
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def test_properties(self):
        client = PillionHttp.Client(guest, max_connections=7, user_agent='tests/1')
        self.assertEqual((client.get_max_connections(), client.get_user_agent()), (7, 'tests/1'))
        self.assertIs(client.get_loop(), guest)
        with self.assertRaises(TypeError):
            PillionHttp.Client(no_such_property=1)

    @all_ways
    async def test_bodies(self):
        self.assertEqual(await self.client.get_bytes(URL + '/hello.txt'), b'Hello from loopback\n')
        self.assertEqual(await self.client.get_json(URL + '/data.json'),
                         {'name': 'pillion', 'seats': 2, 'parts': ['seat', 'rail', 'strap']})
        pages = await Pillion.Task.map(guest, ['/hello.txt', '/data.json'], 1, lambda path: self.client.get_bytes(URL + path))
        self.assertEqual([len(page) > 0 for page in pages], [True, True])

    @all_ways
    async def test_json(self):
        """Everything that JSON can express, which is more than C keeps"""
        for text, wanted in ((b'null', None), (b'[true, 1.5, "\xc3\xa4\\u0000"]', [True, 1.5, 'ä\0']), (b'\xef\xbb\xbf{"a": {}}', {'a': {}}),
                             (b'[9223372036854775808, -1000000000000000000000]', [2**63, -10**21])):
            with self.serve(text) as url:
                self.assertEqual(await self.client.get_json(url), wanted)
        for text in (b'', b'{"name": ', b'NaN', b'[-Infinity]', b'[1] 2', b'"\xff"', b'[' * 100000):
            with self.serve(text) as url:
                task = self.client.get_json(url)
                with self.assertRaises(GLib.Error) as caught:
                    await task
                self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON))
                self.assertIn(url, str(caught.exception))
                self.assertRegex(repr(task), f'\'GET {url}\' failed created at .*test-tasks')
        task = self.client.get_json(URL + '/missing')
        with self.assertRaises(PillionHttp.StatusError) as caught:
            await task
        self.assertEqual(caught.exception.status, 404)
        task = self.client.get_json(URL + '/data.json')
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task

    @contextlib.contextmanager
    def serve(self, body):
        with unittest.mock.patch.dict(loopback.PAGES, {'/json': ('application/json', body)}), loopback.Server() as url:
            yield url + '/json'

    @all_ways
    async def test_refused_with_cookies(self):
        """They come one by one, because they may have commas in them"""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(403)
                for cookie in ('a=1; Expires=Thu, 26 Nov 2026 00:00:00 GMT', 'b=2'):
                    self.send_header('Set-Cookie', cookie)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *args):
                pass

        with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with self.assertRaises(PillionHttp.StatusError) as caught:
                await self.client.get_bytes(f'http://127.0.0.1:{server.server_port}/')
            server.shutdown()
        self.assertEqual(caught.exception.headers.get_all('set-cookie'), ['a=1; Expires=Thu, 26 Nov 2026 00:00:00 GMT', 'b=2'])

    @all_ways
    async def test_refused(self):
        task = self.client.get_bytes(URL + '/missing')
        retry = Pillion.Retry(attempts=1).run(guest, 'retry', lambda attempt: task)
        for each in (task, task.with_timeout(HOUR), retry, Pillion.Task.all(guest, [task])):
            with self.assertRaises(PillionHttp.StatusError) as caught:
                await each
            error = caught.exception
            self.assertEqual((error.status, error.code, error.reason, error.url), (404, 404, 'Not Found', URL + '/missing'))
            self.assertEqual(error.headers['content-TYPE'], 'text/html;charset=utf-8')
            self.assertEqual(error.headers.get_content_type(), 'text/html')
            self.assertIn(b'Error response', error.body)
            self.assertIn('404', str(error))
            self.assertIsInstance(error, GLib.Error)
            self.assertTrue(error.matches(PillionHttp.status_error_quark(), 404))

    @all_ways
    async def test_downloads(self):
        for number, target in enumerate((os.path.join(self.folder, 'text'), pathlib.Path(self.folder, 'path'),
                                         Gio.File.new_for_path(self.folder).get_child('file'))):
            download = await self.client.download(URL + '/file.bin', target, SHA256)
            self.assertEqual((download.get_size(), download.get_sha256()), (1 << 20, SHA256))
        into = await self.client.download_into(URL + '/file.bin', pathlib.Path(self.folder), sha256=SHA256)
        self.assertEqual(os.path.dirname(into.get_file().get_path()), self.folder)
        with self.assertRaises(TypeError):
            self.client.download(URL + '/file.bin', 3)

    @all_ways
    async def test_cancelled(self):
        task = self.client.download(URL + '/file.bin', os.path.join(self.folder, 'target'))
        waiter = asyncio.ensure_future(asyncio.wait_for(task, 3600))
        await asyncio.sleep(0)
        waiter.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await waiter
        await until(task.done)


if __name__ == '__main__':
    tap.main()
