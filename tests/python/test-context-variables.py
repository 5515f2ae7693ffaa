#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A function is called in the context of variables in which it was given to the library, as with asyncio."""

import asyncio
import contextvars
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from support import Case, Pillion, Trouble, all_ways, guest, tap

var = contextvars.ContextVar('var', default='lost')


class ContextVariables(Case):
    async def see(self, name):
        """Called as a function, and run as a coroutine."""
        self.seen.append((name, var.get()))

    def note(self, name, *_):
        self.seen.append((name, var.get()))
        var.set('changed')

    async def collect(self, start):
        """What is seen by what `start` starts with the variable set, after it has changed."""
        self.seen = []
        token = var.set('kept')
        task = start()
        var.reset(token)
        if task is not None:
            await task
        return self.seen

    @all_ways
    async def test_calls(self):
        for name in 'call_soon', 'call_soon_threadsafe', 'call_at_safe_point':
            self.assertEqual(await self.collect(lambda: self.call(getattr(guest, name), name)), [(name, 'kept')])
        self.assertEqual(await self.collect(lambda: self.call(guest.call_later, 'call_later', 1000)), [('call_later', 'kept')])
        self.assertEqual(var.get(), 'lost')

    def call(self, call, name, *arguments):
        task = Pillion.Task.new(guest, 'called')

        def called():
            self.note(name)
            task.return_value(None)

        call(*arguments, called)
        return task

    @all_ways
    async def test_done_callbacks(self):
        def start():
            task = guest.sleep(1000)
            task.add_done_callback(lambda _: self.note('first'))
            token = var.set('other')
            task.add_done_callback(lambda _: self.note('second'))
            var.reset(token)
            return task

        self.assertEqual(await self.collect(start), [('first', 'kept'), ('second', 'other')])

    @all_ways
    async def test_done_callback_of_a_task_that_is_done(self):
        def start():
            task = self.begin('task')
            task.add_done_callback(lambda _: self.note('late'))
            return guest.sleep(1000)

        self.assertEqual(await self.collect(start), [('task', 'kept'), ('late', 'changed')])

    def begin(self, name, *_):
        """A function that starts a task."""
        self.note(name)
        task = Pillion.Task.new(guest, 'begun')
        task.return_value(None)
        return task

    @all_ways
    async def test_functions_that_return_tasks(self):
        scope = Pillion.Scope('tasks')
        for start, count in ((lambda: guest.sleep(0).and_then(self.begin), 1),
                             (lambda: scope.start('start', self.begin, 'start'), 1),
                             (lambda: Pillion.Retry(attempts=1).run(guest, 'retry', self.begin), 1),
                             (lambda: Pillion.Task.map(guest, 3, 1, self.begin), 3)):
            self.assertEqual([value for _, value in await self.collect(start)], ['kept'] * count)
        await scope.aclose()

    @all_ways
    async def test_coroutines_keep_theirs_apart(self):
        async def look(index):
            await asyncio.sleep(0)
            self.note(index)  # which sets it

        self.assertEqual(await self.collect(lambda: Pillion.Task.map(guest, 3, 3, look)), [(index, 'kept') for index in range(3)])

    @all_ways
    async def test_thread(self):
        self.assertEqual(await self.collect(lambda: guest.run_in_thread('thread', lambda *_: self.note('thread'))),
                         [('thread', 'kept')])

    @all_ways
    async def test_map(self):
        def start(index):
            self.note(index)
            return self.see(index)

        self.assertEqual(await self.collect(lambda: Pillion.Task.map(guest, 3, 1, start)),
                         [(index, value) for index in range(3) for value in ('kept', 'changed')])

    def test_called_inside_of_itself(self):
        """A function that runs the loop may be called again before it returns."""
        self.seen = []
        retry = Pillion.Retry(attempts=2, initial_delay_usec=1)

        def decide(error, attempt):
            self.note(attempt)
            if len(self.seen) == 1:
                self.kick_until(lambda: len(self.seen) == 2, 10)
            return False

        def fail(attempt):
            raise Trouble

        token = var.set('kept')
        retry.set_predicate(decide)
        var.reset(token)
        tasks = [retry.run(guest, 'retry', fail) for _ in range(2)]
        self.kick_until(lambda: all(task.done() for task in tasks), 10)
        self.assertEqual(self.seen, [(1, 'kept')] * 2)
        for task in tasks:
            self.assertIsInstance(task.exception(), Trouble)

    @all_ways
    async def test_retry(self):
        retry = Pillion.Retry(attempts=2, initial_delay_usec=1)
        token = var.set('set')
        retry.set_predicate(lambda error, attempt: self.note('predicate') or True)
        var.reset(token)

        async def attempt(number):
            self.note(number)
            if number == 1:
                raise Trouble

        self.assertEqual(await self.collect(lambda: retry.run(guest, 'retry', attempt)),
                         [(1, 'kept'), ('predicate', 'set'), (2, 'kept')])

    @all_ways
    async def test_scope(self):
        async with Pillion.Scope('scope', limit=1) as scope:
            def start():
                scope.start('first', self.see, 'first')
                scope.start('second', self.see, 'second')
                return scope.create_task(self.see('task'))

            seen = await self.collect(start)
        self.assertEqual(sorted(seen), [('first', 'kept'), ('second', 'kept'), ('task', 'kept')])

    @all_ways
    async def test_and_then(self):
        def start():
            return guest.sleep(1000).and_then(lambda task: self.see('then'))

        self.assertEqual(await self.collect(start), [('then', 'kept')])


if __name__ == '__main__':
    tap.main()
