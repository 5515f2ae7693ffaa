#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The results and exceptions of Pillion's tasks in Python"""

import asyncio
import datetime
import enum
import gc
import math
import os
import traceback
import weakref

import gi
gi.require_version('Json', '1.0')
from gi.repository import Gio, Json, PillionHttp
from support import (HOUR, MSEC, GLib, Pillion, TaskCase, Trouble, all_ways, done, failed, guest, obedient, pending,
                     tap, turns)

URL = os.environ['PILLION_TEST_URL']


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
        self.assertRegex(task.get_site(), r'test-task-results\.py:\d+$')
        self.assertRegex(repr(task), r'^<Pillion\.Task \'named\' pending created at .*test-task-results\.py:\d+>$')
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
                self.assertIn('test-task-results.py', task.get_site())
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

if __name__ == '__main__':
    tap.main()
