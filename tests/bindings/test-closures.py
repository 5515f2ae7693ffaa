#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The API from Python: functions that are passed as closures"""

import ctypes
import gc
import os
import threading
import weakref

from support import SECOND, Case, GLib, Pillion, Raw, tap
from gi.repository import Gio


class ClosureTest(Case):
    """Functions that are passed as closures leave nothing behind"""

    def test_calls(self):
        seen = []
        task = self.done(42)
        Raw.Task.add_done_callback(task, lambda task: seen.append(task.get_int()))
        Raw.Loop.call_soon(self.loop, lambda: seen.append('soon'))
        Raw.Loop.call_at_safe_point(self.loop, lambda: seen.append('safe'))
        Raw.Loop.call_later(self.loop, 0, lambda: seen.append('later'))
        thread = threading.Thread(target=Raw.Loop.call_soon_threadsafe, args=(self.loop, lambda: seen.append('threadsafe'),))
        thread.start()
        thread.join()
        self.assertEqual(seen, [])
        while len(seen) < 5:
            self.loop.kick()
        self.assertEqual(set(seen), {42, 'soon', 'safe', 'later', 'threadsafe'})

    def test_hosts_and_sources(self):
        seen = []
        host = Pillion.CallbackHost.new('closures')
        host.set_install(lambda loop: seen.append(('install', loop)))
        host.set_remove(lambda loop: seen.append(('remove', loop)))
        host.set_wake(lambda: seen.append('wake'))
        self.loop.set_wake_func(lambda: seen.append('rung'))
        self.loop.ensure(host)
        self.loop.kick()
        source = Pillion.PollSource.new(self.loop, -1)
        source.set_callback(lambda source, deadline: seen.append(('ready', source)) or -1)
        source.set_ready_time(0)
        for _ in range(3):
            self.loop.kick()
        self.loop.stop()
        for call in ('install', self.loop), ('ready', source), ('remove', self.loop):
            self.assertIn(call, seen)
        thread = threading.Thread(target=lambda: self.loop.call_soon_threadsafe(lambda: None))
        thread.start()
        thread.join()
        self.assertIn('rung', seen)
        for clear in host.set_install, host.set_remove, host.set_wake, self.loop.set_wake_func, source.set_callback:
            clear(None)

    def test_remove(self):
        task = self.done(42)
        self.assertTrue(task.remove_done_callback(Raw.Task.add_done_callback(task, self.fail)))
        self.assertTrue(self.loop.cancel_call(Raw.Loop.call_soon(self.loop, self.fail)))
        self.kick_until_done(task)

    def test_thread(self):
        seen = []

        def work(task, cancellable):
            seen.append((threading.current_thread(), cancellable is task.get_cancellable()))
            task.return_string('from a worker')

        tasks = [Raw.Loop.run_in_thread(self.loop, 'work', None, work) for _ in range(20)]
        self.kick_until_done(*tasks)
        self.assertEqual({task.get_string() for task in tasks}, {'from a worker'})
        self.assertEqual(len(seen), 20)
        self.assertNotIn((threading.current_thread(), True), seen)
        self.assertTrue(all(same for thread, same in seen))

    def test_tasks(self):
        first = self.done(20)
        then = Raw.Task.and_then(first, lambda task: self.done(task.get_int() + 22))
        nothing = Raw.Task.and_then(first, lambda task: None)
        mapped = Raw.Task.map(self.loop, 4, 2, None, lambda index: self.done(index * 10))
        scope = Pillion.Scope.new(self.loop, 'closures')
        started = Raw.Scope.start(scope, 'work', lambda: self.done(7))
        self.kick_until_done(then, nothing, mapped, started)
        self.assertEqual(then.get_int(), 42)
        self.assertTrue(nothing.get_boolean())
        self.assertEqual([child.get_int() for child in mapped.get_children()], [0, 10, 20, 30])
        self.assertEqual(started.get_int(), 7)

    def test_retry(self):
        asked = []

        def predicate(error, attempt):
            asked.append((error.message, attempt))
            return attempt < 2

        retry = Pillion.Retry(attempts=5, initial_delay_usec=100)
        Raw.Retry.set_predicate(retry, predicate)
        task = Raw.Retry.run(retry, self.loop, 'fetch', None, lambda attempt: self.failed(f'no {attempt}'))
        self.kick_until_done(task)
        self.assertFails(Pillion.error_quark(), Pillion.Error.FAILED, task.get_int)
        self.assertEqual(asked, [('no 1', 1), ('no 2', 2)])
        Raw.Retry.set_predicate(retry, None)

    def test_exceptions(self):
        """PyGObject prints them, and the rest behaves as if nothing was returned"""
        def broken(*arguments):
            raise ValueError('on purpose')

        retry = Pillion.Retry(attempts=5)
        Raw.Retry.set_predicate(retry, broken)
        scope = Pillion.Scope.new(self.loop, 'exceptions')
        tasks = [Raw.Loop.run_in_thread(self.loop, 'work', None, broken),
                 Raw.Task.map(self.loop, 2, 0, None, broken), Raw.Scope.start(scope, 'work', broken),
                 Raw.Retry.run(Pillion.Retry(), self.loop, 'fetch', None, broken),
                 Raw.Retry.run(retry, self.loop, 'fetch', None, lambda attempt: self.failed(f'no {attempt}'))]
        then = Raw.Task.and_then(self.done(1), broken)
        Raw.Task.add_done_callback(then, broken)
        Raw.Loop.call_soon(self.loop, broken)

        # Where it prints to
        kept, closed = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(closed, 2)
        try:
            self.kick_until_done(then, *tasks)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(closed)
        self.assertTrue(then.get_boolean())
        for task in tasks:
            self.assertFails(Pillion.error_quark(), Pillion.Error.FAILED, task.check)
        self.assertEqual(len(tasks[4].get_children()), 1)

    def test_wait_is_interrupted(self):
        asked = []

        def ask():
            asked.append(True)
            return len(asked) >= 4

        task = Pillion.Task.new(self.loop, 'pending', None)
        Pillion.set_wait_func(ask)
        try:
            self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, self.loop.run_until_complete, task)
        finally:
            Pillion.set_wait_func(None)
        self.assertEqual(len(asked), 4)
        self.assertFalse(task.is_done())
        task.return_boolean(True)
        self.assertTrue(self.loop.run_until_complete(task))

    def test_address_of_bytes(self):
        data = GLib.Bytes.new(b'some bytes')
        self.assertEqual(ctypes.string_at(Pillion.bytes_get_address(data), 10), b'some bytes')
        self.assertEqual(Pillion.bytes_get_address(None), 0)

    def test_few_bytes_by_one_call(self):
        data = GLib.Bytes.new(b'some\0bytes')
        self.assertEqual(Pillion.bytes_peek(data, 10), b'some\0bytes')
        self.assertEqual(Pillion.bytes_peek(data, 9), b'')
        self.assertEqual(Pillion.bytes_peek(GLib.Bytes.new(b''), 10), b'')

    def test_outline_of_json(self):
        self.assertEqual(Pillion.outline_json(GLib.Bytes.new(b' [1, [2, 3], "four"] '), 100), [0, 1, 20])
        self.assertEqual(Pillion.outline_json(GLib.Bytes.new(b'{"a": [12, 34, 56], "b": 7}'), 4),
                         [2, 0, 1, 4, 1, 4, 1, 6, 7, 3, 7, 9, 3, 11, 13, 3, 15, 17, 7, 17, 18, 3, 20, 26, 7, 26, 27])
        self.assertEqual(Pillion.outline_json(GLib.Bytes.new(b'[1, 2'), 1), [8, 5, 5])

    def test_nothing_leaks(self):
        alive = weakref.WeakSet()

        class Function:
            def __init__(self, function):
                self.function = function
                alive.add(self)

            def __call__(self, *arguments):
                return self.function(*arguments)

        def finish(task, cancellable):
            task.return_boolean(True)

        def round_trip():
            made = Function(lambda *arguments: self.done(7))
            child = self.done(1)
            Raw.Task.add_done_callback(child, Function(lambda task: None))
            Raw.Loop.call_soon(self.loop, Function(lambda: None))
            self.loop.cancel_call(Raw.Loop.call_later(self.loop, SECOND, Function(lambda: None)))
            retry = Pillion.Retry()
            Raw.Retry.set_predicate(retry, Function(lambda error, attempt: False))
            results = [Raw.Task.and_then(child, made), Raw.Task.map(self.loop, 4, 2, None, made),
                       Raw.Retry.run(retry, self.loop, 'fetch', None, made),
                       Raw.Loop.run_in_thread(self.loop, 'work', None, Function(finish))]
            alive.update(results)
            host = Pillion.CallbackHost.new('closures')
            for set_function in host.set_install, host.set_remove, host.set_wake, self.loop.set_wake_func:
                set_function(Function(lambda *arguments: None))
            source = Pillion.PollSource.new(self.loop, -1)
            source.set_callback(Function(lambda source, deadline: -1))
            source.close()
            self.loop.set_wake_func(None)
            self.kick_until_done(*results)

        for _ in range(20):
            round_trip()
        while self.loop.kick():
            pass
        gc.collect()
        self.assertEqual(len(alive), 0)


if __name__ == '__main__':
    tap.main()
