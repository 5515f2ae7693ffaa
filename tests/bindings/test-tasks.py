#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The API as a newcomer uses it from Python: tasks, scopes and what is made of them"""

import gc
import sys
import threading
import weakref

from support import MSEC, SECOND, Case, GLib, Pillion, tap
from gi.repository import GObject, Gio


class TaskTest(Case):
    def test_results(self):
        def check(kind, value):
            task = Pillion.Task.new(self.loop, kind, None)
            getattr(task, 'return_' + kind)(value)
            self.assertEqual(task.get_state(), Pillion.TaskState.SUCCEEDED)
            for _ in range(2):  # reading does not use it up
                result = getattr(task, 'get_' + kind)()
                if kind == 'bytes':
                    result, value = result.get_data(), value.get_data() if hasattr(value, 'get_data') else value
                elif kind == 'variant':
                    result, value = str(result), str(value)
                self.assertEqual(result, value)
            self.kick_until_done(task)

        for kind, value in (('boolean', True), ('boolean', False), ('int', -2**63), ('int', 2**63 - 1),
                            ('double', 2.5), ('string', 'grüße'), ('string', ''), ('bytes', GLib.Bytes(b'a\0b')),
                            ('variant', GLib.Variant('(si)', ('x', 1))), ('object', Gio.File.new_for_path('/'))):
            with self.subTest(kind):
                check(kind, value)

    def test_boxed_and_value(self):
        task = Pillion.Task.new(self.loop, 'value', None)
        value = GObject.Value(GObject.TYPE_INT, 42)
        task.return_value(value)
        self.assertEqual(task.get_value(), 42)
        self.kick_until_done(task)

    def test_error(self):
        task = Pillion.Task.new(self.loop, 'bad', None)
        task.return_error(GLib.Error.new_literal(Gio.io_error_quark(), 'gone', Gio.IOErrorEnum.NOT_FOUND))
        for _ in range(2):
            error = self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, task.get_int)
            self.assertEqual(error.message, 'gone')
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, task.check)
        self.assertEqual(task.get_state(), Pillion.TaskState.FAILED)
        self.kick_until_done(task)

    def test_wrong_type_and_not_done(self):
        task = Pillion.Task.new(self.loop, 'int', None)
        self.assertFails(Pillion.error_quark(), Pillion.Error.NOT_DONE, task.get_int)
        task.return_int(1)
        self.assertFails(Pillion.error_quark(), Pillion.Error.WRONG_TYPE, task.get_string)
        self.kick_until_done(task)

    def test_done_callbacks_in_order_and_never_inside(self):
        called = []
        task = Pillion.Task.new(self.loop, 'ordered', None)
        task.add_done_callback(lambda task, text: called.append(text), 'first')
        removed = task.add_done_callback(lambda task: called.append('removed'))
        task.add_done_callback(lambda task: called.append('second'))
        self.assertTrue(task.remove_done_callback(removed))
        self.assertFalse(task.remove_done_callback(removed))
        task.return_boolean(True)
        self.assertEqual(called, [])
        self.kick_until_done(task)
        task.add_done_callback(lambda task: called.append('late'))
        self.assertEqual(called, ['first', 'second'])
        while self.loop.kick():
            pass
        self.loop.kick()
        self.assertEqual(called, ['first', 'second', 'late'])

    def test_a_callback_that_raises(self):
        caught = []
        hook, sys.excepthook = sys.excepthook, lambda kind, value, trace: caught.append(str(value))
        self.addCleanup(setattr, sys, 'excepthook', hook)
        called = []

        def bad(task):
            raise RuntimeError('from a done callback')

        task = Pillion.Task.new(self.loop, 'raising', None)
        task.add_done_callback(bad)
        task.add_done_callback(lambda task: called.append('next'))
        self.loop.call_soon(bad, None)
        task.return_boolean(True)
        self.kick_until_done(task)
        self.assertEqual(called, ['next'])
        self.assertEqual(caught, ['from a done callback'] * 2)

    def test_cancel(self):
        task = Pillion.Task.new(self.loop, 'long', None)
        cancelled = []
        task.get_cancellable().connect(lambda *rest: cancelled.append(True))
        task.cancel()
        self.assertEqual(cancelled, [True])
        self.assertTrue(task.is_cancelled())
        self.assertFalse(task.is_done())
        self.assertTrue(task.return_if_cancelled())
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, task.check)
        self.assertEqual(task.get_state(), Pillion.TaskState.CANCELLED)
        self.kick_until_done(task)

    def test_cancel_by_cancellable(self):
        cancellable = Gio.Cancellable()
        task = self.loop.sleep(3600 * SECOND, cancellable)
        cancellable.cancel()
        self.kick_until_done(task)
        self.assertEqual(task.get_state(), Pillion.TaskState.CANCELLED)

    def test_names_and_site(self):
        task = Pillion.Task.new(self.loop, 'first', None)
        self.assertEqual(task.get_name(), 'first')
        task.set_name('second')
        self.assertEqual(task.get_name(), 'second')
        task.set_site('test-pillion.py:1')
        self.assertEqual(task.get_site(), 'test-pillion.py:1')
        self.assertIs(task.get_loop(), self.loop)
        task.return_boolean(True)
        self.kick_until_done(task)

    def test_progress(self):
        task = Pillion.Task.new(self.loop, 'counting', None)
        seen = []
        task.connect('progress', lambda task: seen.append((task.get_completed(), task.get_total())))
        self.assertEqual(task.get_total(), -1)
        task.set_unit('files')
        task.set_message('one after another')
        for number in range(1, 4):
            task.set_progress(number, 3)
        self.loop.kick()
        self.assertEqual(seen, [(3, 3)])
        self.assertEqual(task.get_unit(), 'files')
        self.assertEqual(task.dup_message(), 'one after another')
        self.assertGreaterEqual(task.get_rate(), 0)
        task.return_boolean(True)
        self.kick_until_done(task)

    def test_any_gio_call(self):
        file = Gio.File.new_for_path(__file__)
        task = Pillion.Task.new(self.loop, 'load', None)
        file.load_contents_async(task.get_cancellable(), Pillion.Task.ready, task)
        self.kick_until_done(task)
        ok, contents, _ = file.load_contents_finish(task.get_async_result())
        self.assertTrue(ok)
        self.assertIn(b'as a newcomer uses it', contents)

    def test_wait_async(self):
        task = self.loop.sleep(MSEC, None)
        waited = []
        task.wait_async(None, lambda task, result: waited.append(task.wait_finish(result)))
        self.kick_until_done(task)
        while self.loop.kick():
            pass
        self.loop.kick()
        self.assertEqual(waited, [True])

    def test_run_in_thread(self):
        threads = []

        def work(task, cancellable, number):
            threads.append(threading.current_thread() is threading.main_thread())
            task.set_progress(1, 1)
            task.return_int(number * 2)

        task = self.loop.run_in_thread('double', work, 21)
        self.assertTrue(self.loop.run_until_complete(task))
        self.assertEqual(task.get_int(), 42)
        self.assertEqual(threads, [False])

    def test_run_in_thread_cancelled(self):
        started = threading.Event()

        def work(task, cancellable):
            started.set()
            gone = threading.Event()
            cancellable.connect(lambda *rest: gone.set())
            gone.wait(30)
            task.return_if_cancelled()

        task = self.loop.run_in_thread('wait', work)
        self.assertTrue(started.wait(30))
        task.cancel()
        self.kick_until_done(task)
        self.assertEqual(task.get_state(), Pillion.TaskState.CANCELLED)

    def test_run_until_complete(self):
        order = []
        task = self.loop.sleep(MSEC, None)
        task.add_done_callback(lambda task: order.append('callback'))
        self.assertTrue(self.loop.run_until_complete(task))
        order.append('returned')
        while self.loop.kick():
            pass
        self.assertIn('callback', order)

    def test_nothing_leaks(self):
        class Marker:
            pass

        marker = Marker()
        gone = weakref.ref(marker)
        task = self.loop.sleep(MSEC, None)
        task.add_done_callback(lambda task, marker: None, marker)
        del marker
        self.kick_until_done(task)
        while self.loop.kick():
            pass
        gc.collect()
        self.assertIsNone(gone())


class ScopeTest(Case):
    def test_scope(self):
        scope = Pillion.Scope.new(self.loop, 'addon')
        self.assertFails(Pillion.error_quark(), Pillion.Error.NAME_TAKEN, Pillion.Scope.new, self.loop, 'addon')
        child = Pillion.Scope.new_child(scope, 'previews')
        self.assertEqual(child.get_name(), 'addon/previews')
        self.assertIs(Pillion.Scope.find(self.loop, 'addon/previews'), child)
        self.assertIsNone(Pillion.Scope.find(self.loop, 'other'))
        self.assertIs(child.get_parent(), scope)
        self.assertEqual(scope.get_children(), [child])

        task = Pillion.Task.new(self.loop, 'job', None)
        scope.add_with_key('key', task)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.EXISTS, child.add, task)
        self.assertIs(scope.find_task('key'), task)
        called = []
        task.add_done_callback(lambda task: called.append('old'))
        self.assertIs(scope.adopt('key'), task)
        task.add_done_callback(lambda task: called.append('new'))
        self.assertEqual(scope.props.live_tasks, 0)
        scope.add_with_key('key', task)
        join = scope.join()
        task.return_int(3)
        self.assertTrue(self.loop.run_until_complete(join))
        self.assertEqual(called, ['new'])

        stuck = Pillion.Task.new(self.loop, 'stuck', None)
        stuck.set_site('addon.py:7')
        child.add(stuck)
        error = self.assertFails(Pillion.error_quark(), Pillion.Error.LEFT_BEHIND, scope.close, 1000)
        self.assertTrue(scope.is_closed() and child.is_closed())
        self.assertFails(Pillion.error_quark(), Pillion.Error.CLOSED, scope.add, stuck)
        stuck.return_boolean(True)

    def test_start(self):
        scope = Pillion.Scope.new(self.loop, 'addon')
        scope.set_limit(1)
        scope.set_cancel_on_error(False)
        begun = []

        def begin(number):
            begun.append(number)
            return self.loop.sleep(0, None) if number < 3 else None

        tasks = [scope.start('work', begin, number) for number in range(4)]
        self.assertEqual(begun, [])
        self.loop.run_until_complete(scope.join())
        self.assertEqual(begun, [0, 1, 2, 3])
        self.assertTrue(tasks[2].get_boolean())
        self.assertEqual(scope.get_n_failed(), 1)
        self.assertEqual(scope.take_failed(), [tasks[3]])
        self.assertTrue(scope.close(0))

    def test_no_leak(self):
        class Marker:
            pass

        marker = Marker()
        gone = weakref.ref(marker)
        scope = Pillion.Scope.new(self.loop, 'addon')
        weak = scope.weak_ref()
        scope.start('work', lambda marker: self.loop.sleep(0, None), marker)
        del marker
        self.loop.run_until_complete(scope.join())
        scope.close(0)
        del scope
        self.loop.kick()
        gc.collect()
        self.assertIsNone(gone())
        self.assertIsNone(weak())

    def test_semaphore(self):
        semaphore = Pillion.Semaphore.new(self.loop, 1)
        first, second = semaphore.acquire(), semaphore.acquire()
        self.assertTrue(first.is_done() and not second.is_done())
        self.assertFalse(semaphore.try_acquire())
        self.assertTrue(self.loop.run_until_complete(first))
        self.assertTrue(semaphore.release())
        self.assertTrue(self.loop.run_until_complete(second))
        semaphore.release()
        self.assertEqual(semaphore.props.available, 1)
        self.assertFails(Pillion.error_quark(), Pillion.Error.OVER_RELEASED, semaphore.release)

    def test_queue(self):
        queue = Pillion.Queue.new(self.loop, 1)
        for item in (3, 2.5, 'text', [1, 2], {'a': self}, None, True, queue):
            queue.put(item)
            get = queue.get()
            self.loop.run_until_complete(get)
            self.assertEqual(get.get_value(), item)
        self.assertTrue(queue.try_put('a'))
        self.assertFalse(queue.try_put('b'))
        self.assertEqual(queue.try_get().get_string(), 'a')
        self.assertIsNone(queue.try_get())
        queue.put_object(self.loop)
        self.assertIs(queue.try_get().get_object(), self.loop)
        queue.close()
        self.assertFails(Pillion.error_quark(), Pillion.Error.CLOSED, queue.get().get_value)

    def test_event(self):
        event = Pillion.Event.new(self.loop)
        wait = event.wait()
        event.set()
        self.assertTrue(self.loop.run_until_complete(wait))
        self.assertTrue(event.is_set())
        event.clear()
        self.assertFalse(event.is_set())

    def test_regions(self):
        called = []
        task = Pillion.Task.new(self.loop, 'task', None)
        task.set_safe_point(True)
        task.add_done_callback(lambda task: called.append('task'))
        self.loop.begin_region('undo', Pillion.RegionFlags.NO_DESTRUCTIVE)
        self.loop.call_at_safe_point(lambda: called.append('safe'))
        task.return_boolean(True)
        self.loop.begin_region('render', Pillion.RegionFlags.NO_CALLBACKS)
        wanted, report = self.loop.kick_until(0)
        self.assertTrue(wanted and report.held)
        self.assertFails(Pillion.error_quark(), Pillion.Error.BUSY, self.loop.run_until_complete,
                         Pillion.Scope.new(self.loop, 'x').start('x', lambda: None))
        self.loop.end_region('render')
        self.loop.kick()
        self.assertEqual(called, [])
        self.loop.end_region('undo')
        self.assertTrue(self.loop.is_safe_point())
        self.kick_until_done(task)
        self.assertEqual(called, ['safe', 'task'])
        self.assertFails(Pillion.error_quark(), Pillion.Error.OVER_RELEASED, self.loop.end_region, 'undo')


class ComposeTest(Case):
    """Combinators, completions and retries"""

    def test_sets(self):
        first, second = self.task('first'), self.task('second')
        everything = Pillion.Task.all(self.loop, [first, second])
        settled = Pillion.Task.settle(self.loop, [first, second])
        some = Pillion.Task.any(self.loop, [first, second])
        race = Pillion.Task.race(self.loop, [first, second])
        self.assertEqual(everything.get_name(), 'all of 2')
        self.assertEqual(everything.get_children(), [first, second])
        self.loop.kick()
        first.return_error(GLib.Error.new_literal(Pillion.error_quark(), 'oh', Pillion.Error.FAILED))
        self.loop.kick()
        second.return_int(2)
        self.kick_until_done(everything, settled, some, race)
        self.assertFails(Pillion.error_quark(), Pillion.Error.FAILED, everything.get_boolean)
        self.assertTrue(settled.get_boolean())
        self.assertEqual(some.get_int(), 2)
        self.assertFails(Pillion.error_quark(), Pillion.Error.FAILED, race.get_int)

    def test_no_tasks(self):
        self.assertTrue(Pillion.Task.all(self.loop, []).get_boolean())
        self.assertTrue(Pillion.Task.settle(self.loop, []).get_boolean())
        self.assertFails(Pillion.error_quark(), Pillion.Error.NOTHING_GIVEN,
                         Pillion.Task.any(self.loop, []).check)
        self.assertFails(Pillion.error_quark(), Pillion.Error.NOTHING_GIVEN,
                         Pillion.Task.race(self.loop, []).check)
        self.kick_until_done()

    def test_map(self):
        task = Pillion.Task.map(self.loop, 5, 2, lambda index: self.done(index * 10))
        self.kick_until_done(task)
        self.assertTrue(task.get_boolean())
        self.assertEqual([child.get_int() for child in task.get_children()], [0, 10, 20, 30, 40])

    def test_chain(self):
        task = self.done(20)
        then = task.and_then(lambda task, more: self.done(task.get_int() + more), 22)
        nothing = task.and_then(lambda task: None)
        shield = task.shield()
        late = self.task().with_timeout(0)
        deadline = self.task().with_deadline(self.loop.get_now())
        self.kick_until(late, deadline, then, nothing, shield)
        self.assertEqual(then.get_int(), 42)
        self.assertTrue(nothing.get_boolean())
        self.assertEqual(shield.get_int(), 20)
        for task in (late, deadline):
            self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT, task.check)
            child, = task.get_children()
            self.assertTrue(child.is_cancelled())
            self.assertTrue(child.return_if_cancelled())

    def kick_until(self, *tasks):
        while not all(task.is_done() for task in tasks):
            self.loop.kick()

    def test_completions(self):
        tasks = [self.task(str(number)) for number in range(3)]
        completions = Pillion.Completions.new(self.loop, tasks)
        self.assertEqual(completions.get_n_left(), 3)
        tasks[1].return_int(1)
        completions.add(self.done(9))
        seen = []
        for _ in range(4):
            following = completions.next()
            if not following.is_done() and not tasks[2].is_done():
                tasks[2].return_int(2)
                tasks[0].return_int(0)
            self.kick_until(following)
            seen.append(following.get_object().get_int())
        self.assertEqual(seen, [9, 1, 2, 0])
        self.assertIsNone(completions.next().get_object())
        self.assertEqual(completions.get_n_left(), 0)
        completions.add(tasks[0])
        self.assertIs(completions.try_next(), tasks[0])
        self.assertIsNone(completions.try_next())
        other = Pillion.Loop.new(GLib.MainContext(), Pillion.LoopFlags.DEFAULT)
        self.assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT, Pillion.Completions.new, other, tasks)
        self.kick_until_done()

    def test_retry(self):
        asked = []

        def predicate(error, attempt, limit):
            asked.append((error.message, attempt))
            return attempt < limit

        retry = Pillion.Retry(attempts=5, initial_delay_usec=100, max_delay_usec=1000, multiplier=1.5, jitter=1, seed=3)
        self.assertEqual((retry.get_attempts(), retry.props.max_delay_usec), (5, 1000))
        retry.set_predicate(predicate, 2)
        task = retry.run(self.loop, 'fetch', lambda attempt, name: self.failed(f'{name} {attempt}'), 'no')
        self.kick_until_done(task)
        self.assertEqual(self.assertFails(Pillion.error_quark(), Pillion.Error.FAILED, task.get_int).message, 'no 2')
        self.assertEqual(asked, [('no 1', 1), ('no 2', 2)])
        self.assertEqual(len(task.get_children()), 2)

    def test_functions_that_give_no_task(self):
        """Like one that raises an exception"""
        results = [Pillion.Task.map(self.loop, 3, 0, lambda index: None),
                   Pillion.Retry().run(self.loop, 'fetch', lambda attempt: None)]
        self.kick_until_done(*results)
        for task in results:
            self.assertFails(Pillion.error_quark(), Pillion.Error.FAILED, task.check)

    def test_nothing_leaks(self):
        """What a closure returns is given away, and what get_children () returns is not taken: everything is freed in the end"""
        alive = weakref.WeakSet()

        class Function:
            def __call__(self, *arguments):
                return made(7)

        def made(number):
            task = self.done(number)
            alive.add(task)
            return task

        def round_trip():
            functions = [Function() for _ in range(3)]
            alive.update(functions)
            child = made(1)
            results = [Pillion.Task.map(self.loop, 4, 2, functions[0]), child.and_then(functions[1]),
                       Pillion.Retry().run(self.loop, 'fetch', functions[2]),
                       Pillion.Task.all(self.loop, [child, child]), Pillion.Completions.new(self.loop, [child]).next()]
            alive.update(results)
            self.kick_until_done(*results)
            self.assertEqual([len(task.get_children()) for task in results], [4, 2, 1, 2, 0])
            self.assertTrue(all(child.get_int() == 7 for child in results[0].get_children()))
            self.assertIs(results[4].get_object(), child)

        for _ in range(20):
            round_trip()
        gc.collect()
        self.assertEqual(len(alive), 0)


if __name__ == '__main__':
    tap.main()
