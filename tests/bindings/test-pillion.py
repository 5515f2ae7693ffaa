#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The whole API as a newcomer uses it from Python. PILLION_TEST_URL is the address of tests/loopback.py's server."""

import ctypes
import gc
import hashlib
import json
import os
import sys
import tempfile
import threading
import time
import unittest
import weakref

import gi
gi.require_version('Json', '1.0')
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.module import get_introspection_module
from gi.repository import GLib, GObject, Gio, Json, Pillion, PillionHttp

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

# The namespace of the typelib, without the override
Raw = get_introspection_module('Pillion')

URL = os.environ['PILLION_TEST_URL']
SHA256 = os.environ['PILLION_TEST_SHA256']
MSEC = 1000
SECOND = 1000 * MSEC


class Case(unittest.TestCase):
    def setUp(self):
        self.loop = Pillion.Loop.new(None, Pillion.LoopFlags.DEFAULT)
        self.addCleanup(self.close)

    def close(self):
        if not self.loop.is_closed():
            self.loop.close(10 * SECOND)

    def kick_until_done(self, *tasks):
        """Does what a host does, sleeping as it would in poll ()."""
        end = time.monotonic() + 30
        while not all(task.is_done() for task in tasks) or self.loop.get_live_tasks() > 0:
            self.assertLess(time.monotonic(), end, 'nothing happens')
            if self.loop.kick() and self.loop.get_deadline() != 0:
                GLib.usleep(200)

    def assertFails(self, domain, code, function, *arguments):
        with self.assertRaises(GLib.Error) as caught:
            function(*arguments)
        self.assertTrue(caught.exception.matches(domain, code), caught.exception)
        return caught.exception


class LoopTest(Case):
    def test_new(self):
        self.assertIsInstance(self.loop.get_context(), GLib.MainContext)
        self.assertFalse(self.loop.is_riding())
        self.assertFalse(self.loop.is_passenger())
        self.assertFalse(self.loop.is_closed())
        self.assertIsNone(self.loop.get_host())
        self.assertEqual(self.loop.get_live_tasks(), 0)

    def test_default(self):
        self.assertIs(Pillion.Loop.get_default(), Pillion.Loop.get_default())

    def test_private_context(self):
        loop = Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)
        self.assertIsNotNone(GLib.MainContext.get_thread_default())
        self.assertTrue(loop.close(SECOND))
        self.assertIsNone(GLib.MainContext.get_thread_default())

    def test_kick_runs_what_is_ready(self):
        called = []
        self.loop.call_soon(called.append, 'soon')
        self.assertEqual(called, [])
        self.loop.kick()
        self.assertEqual(called, ['soon'])

    def test_kick_report(self):
        called = []
        for number in range(100):
            self.loop.call_soon(called.append, number)
        more, report = self.loop.kick_until(self.loop.get_now() + SECOND)
        self.assertEqual(called, list(range(100)))
        self.assertGreaterEqual(report.items, 100)
        self.assertFalse(report.more_ready)
        self.assertFalse(report.refused)
        self.assertGreater(report.duration_usec, 0)
        self.assertEqual(report.overshoot_usec, 0)
        self.assertGreaterEqual(report.slowest_usec, 0)
        self.assertIsInstance(report.get_slowest_name(), str)
        self.assertEqual(report.copy().items, report.items)

    def test_kick_in_a_kick(self):
        reports = []
        self.loop.call_soon(lambda: reports.append(self.loop.kick_until(0)[1]))
        self.loop.kick()
        self.assertEqual((reports[0].depth, reports[0].refused), (1, False))

    def test_the_rest_waits_for_the_next_kick(self):
        for _ in range(3):
            self.loop.call_soon(lambda: None)
        more, report = self.loop.kick_until(0)
        self.assertTrue(more)
        self.assertTrue(report.more_ready)
        self.assertEqual(report.next_deadline_usec, 0)

    def test_cancel_call(self):
        called = []
        soon = self.loop.call_soon(called.append, 'soon')
        later = self.loop.call_later(1, called.append, 'later')
        self.assertTrue(self.loop.cancel_call(soon))
        self.assertTrue(self.loop.cancel_call(later))
        self.assertFalse(self.loop.cancel_call(later))
        while self.loop.kick():
            pass
        self.assertEqual(called, [])

    def test_call_later_in_order(self):
        called = []
        task = self.loop.sleep(3 * MSEC, None)
        self.loop.call_later(2 * MSEC, called.append, 2)
        self.loop.call_later(1 * MSEC, called.append, 1)
        self.kick_until_done(task)
        self.assertEqual(called, [1, 2])

    def test_call_soon_threadsafe(self):
        called = []
        task = Pillion.Task.new(self.loop, 'from a thread', None)

        def finish():
            called.append(threading.current_thread())
            task.return_boolean(True)

        thread = threading.Thread(target=lambda: self.loop.call_soon_threadsafe(finish))
        thread.start()
        self.kick_until_done(task)
        thread.join()
        self.assertEqual(called, [threading.main_thread()])

    def test_glib_sources_run_in_kicks(self):
        task = Pillion.Task.new(self.loop, 'idle', None)
        GLib.idle_add(task.return_boolean, True)
        self.kick_until_done(task)

    def test_hold_and_auto_stop(self):
        host = Pillion.TestHost.new()
        self.loop.ensure(host)
        self.loop.hold()
        host.run_until_idle()
        self.assertTrue(self.loop.is_riding())
        self.loop.release()
        host.run_until_idle()
        self.assertFalse(self.loop.is_riding())

        self.loop.set_auto_stop(False)
        self.assertFalse(self.loop.props.auto_stop)
        self.loop.ensure(host)
        host.run_until_idle()
        self.assertTrue(self.loop.is_riding())
        self.loop.stop()
        self.assertFalse(self.loop.is_riding())

    def test_properties(self):
        self.loop.props.budget_usec = 5000
        self.assertEqual(self.loop.get_budget_usec(), 5000)
        self.loop.set_budget_mode(Pillion.BudgetMode.AUTOMATIC)
        self.assertEqual(self.loop.props.budget_mode, Pillion.BudgetMode.AUTOMATIC)
        self.loop.set_slow_threshold_usec(7000)
        self.assertEqual(self.loop.props.slow_threshold_usec, 7000)
        self.loop.set_max_workers(3)
        self.assertEqual(self.loop.props.max_workers, 3)
        notified = []
        self.loop.connect('notify::budget-usec', lambda loop, spec: notified.append(loop.get_budget_usec()))
        self.loop.set_budget_usec(4000)
        self.assertEqual(notified, [4000])

    def test_signals(self):
        seen = []
        self.loop.connect('task-added', lambda loop, task: seen.append(('added', task.get_name())))
        self.loop.connect('task-done', lambda loop, task: seen.append(('done', task.get_name())))
        task = Pillion.Task.new(self.loop, 'watched', None)
        task.return_boolean(True)
        self.kick_until_done(task)
        self.assertEqual(seen, [('added', 'watched'), ('done', 'watched')])

    def test_unhandled_error(self):
        seen = []
        self.loop.connect('unhandled-error', lambda loop, task, error: seen.append((task.get_name(), error.message)))
        task = Pillion.Task.new(self.loop, 'forgotten', None)
        task.return_error(GLib.Error.new_literal(Pillion.error_quark(), 'oh', Pillion.Error.FAILED))
        self.kick_until_done(task)
        del task
        gc.collect()
        while self.loop.kick():
            pass
        self.assertEqual(seen, [('forgotten', 'oh')])

    def test_slow_callback(self):
        seen = []
        self.loop.connect('slow-callback', lambda loop, name, usec: seen.append(usec))
        self.loop.set_slow_threshold_usec(1)
        self.loop.call_soon(time.sleep, 0.001)
        self.loop.kick()
        self.assertGreaterEqual(seen[0], 1000)

    def test_descriptor_and_wake(self):
        self.assertIsInstance(self.loop.get_fd(), int)
        self.assertEqual(self.loop.get_deadline(), -1)
        self.assertIsInstance(self.loop.get_events(), GLib.IOCondition)
        rung = threading.Event()
        self.loop.set_wake_func(rung.set)
        thread = threading.Thread(target=lambda: self.loop.call_soon_threadsafe(lambda: None))
        thread.start()
        self.assertTrue(rung.wait(30))
        thread.join()
        self.assertEqual(self.loop.get_deadline(), 0)
        self.loop.kick()
        self.loop.set_wake_func(None)

    def test_close_names_what_is_left(self):
        task = Pillion.Task.new(self.loop, 'stubborn', None)
        error = self.assertFails(Pillion.error_quark(), Pillion.Error.LEFT_BEHIND, self.loop.close, 0)
        self.assertIn('stubborn', error.message)
        self.assertTrue(task.is_cancelled())
        self.assertTrue(self.loop.is_closed())
        self.assertTrue(task.return_if_cancelled())

    def test_wrong_thread(self):
        caught = []
        task = self.loop.sleep(1, None)

        def wait():
            try:
                self.loop.run_until_complete(task)
            except GLib.Error as error:
                caught.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
        self.assertTrue(caught[0].matches(Pillion.error_quark(), Pillion.Error.WRONG_THREAD))
        self.kick_until_done(task)


class DefaultLoopTest(unittest.TestCase):
    def test_thread_without_a_context(self):
        errors = []

        def work():
            try:
                Pillion.Loop.get_default()
            except RuntimeError as error:
                errors.append(str(error))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        self.assertEqual(len(errors), 1)
        self.assertIn('PRIVATE_CONTEXT', errors[0])

    def test_thread_with_a_context(self):
        found = []

        def work():
            loop = Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)
            found.append(Pillion.Loop.get_default() is loop)
            loop.close(0)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        self.assertEqual(found, [True])


class HostTest(Case):
    def test_install_that_raises(self):
        host = Pillion.CallbackHost.new('no-timers')

        def install(loop, reason):
            raise ValueError(reason)

        host.set_install(install, 'no timers here')
        with self.assertRaisesRegex(GLib.Error, 'ValueError: no timers here'):
            self.loop.ensure(host)
        self.assertFalse(self.loop.is_riding())
        host.set_install(lambda loop: None)
        self.assertTrue(self.loop.ensure(host))
        self.loop.stop()

    def test_callback_host(self):
        log = []
        hooks = []
        host = Pillion.CallbackHost.new('python-host')

        def install(loop):
            log.append('install')
            hooks.append(loop)

        def remove(loop):
            log.append('remove')
            hooks.remove(loop)

        host.set_install(install)
        host.set_remove(remove)
        host.set_wake(lambda: None)
        self.assertIsInstance(host, Pillion.Host)
        self.assertEqual(host.get_name(), 'python-host')
        self.assertGreater(host.get_now(), 0)

        self.assertTrue(self.loop.ensure(host))
        self.assertTrue(self.loop.ensure(host))
        self.assertEqual(log, ['install'])
        self.assertIs(Pillion.Loop.find_by_name('python-host'), self.loop)
        self.assertIs(self.loop.get_host(), host)

        task = self.loop.sleep(2 * MSEC, None)
        end = time.monotonic() + 30
        while hooks:
            self.assertLess(time.monotonic(), end)
            for loop in list(hooks):
                loop.kick()
            GLib.usleep(200)
        self.assertTrue(task.is_done())
        self.assertEqual(log, ['install', 'remove'])

        # The next task brings the hook back
        task = self.loop.sleep(1, None)
        self.assertEqual(log, ['install', 'remove', 'install'])
        self.assertTrue(Pillion.Loop.stop_by_name('python-host'))
        self.assertFalse(Pillion.Loop.stop_by_name('python-host'))
        self.assertEqual(hooks, [])
        self.loop.ensure(host)
        self.kick_until_done(task)

    def test_host_in_python(self):
        class PythonHost(GObject.Object, Pillion.Host):
            def __init__(self):
                super().__init__()
                self.riders = []

            def do_get_name(self):
                return 'a class'

            def do_install(self, loop):
                self.riders.append(loop)
                return True

            def do_remove(self, loop):
                self.riders.remove(loop)

        host = PythonHost()
        self.assertTrue(self.loop.ensure(host))
        task = self.loop.sleep(MSEC, None)
        end = time.monotonic() + 30
        while host.riders:
            self.assertLess(time.monotonic(), end)
            host.riders[0].kick()
        self.assertTrue(task.is_done())
        self.assertEqual(host.get_name(), 'a class')

    def test_tick_host(self):
        host = Pillion.TickHost.new('frames', 500)
        host.set_work_usec(100)
        host.add_stall(2, 3 * MSEC)
        self.assertEqual((host.get_rate(), host.get_work_usec(), host.props.name), (500, 100, 'frames'))
        frames = []
        host.connect('frame', lambda host, frame: frames.append(frame))
        self.loop.ensure(host)
        task = self.loop.sleep(10 * MSEC, None)
        task.add_done_callback(lambda task: host.quit())
        count = host.run(500)
        self.assertTrue(task.is_done())
        self.assertEqual(count, host.get_frames())
        self.assertEqual(frames, list(range(count)))
        self.assertGreaterEqual(host.get_late_frames(), 0)
        self.assertEqual(len(host.get_kick_times()), count)
        self.assertIn(len(host.get_frame_times()), (count, count - 1))
        self.assertTrue(all(isinstance(usec, int) for usec in host.get_frame_times()))

    def test_glib_host(self):
        context = GLib.MainContext.new()
        host = Pillion.GlibHost.new('glib', context)
        self.assertEqual(host.get_context(), context)
        self.assertTrue(self.loop.ensure(host))
        task = self.loop.sleep(MSEC, None)
        while not task.is_done():
            context.iteration(True)
        self.loop.stop()

    def test_passenger(self):
        mainloop = GLib.MainLoop()
        self.addCleanup(lambda: self.assertFalse(mainloop.is_running()))

        def on_idle():
            self.assertTrue(self.loop.ensure(None))
            self.loop.sleep(MSEC, None).add_done_callback(lambda task: mainloop.quit())
            passenger.append(self.loop.is_passenger())

        passenger = []
        GLib.idle_add(on_idle)
        mainloop.run()
        self.assertEqual(passenger, [True])

    def test_virtual_clock(self):
        host = Pillion.TestHost.new()
        self.loop.ensure(host)
        start = host.get_now()
        fired = []
        self.loop.call_later(3600 * SECOND, fired.append, True)
        host.advance(3600 * SECOND - 1)
        self.assertEqual(fired, [])
        host.advance(1)
        self.assertEqual(fired, [True])
        self.loop.sleep(24 * 3600 * SECOND, None)
        host.run_until_idle()
        self.assertEqual(host.get_now() - start, 25 * 3600 * SECOND)


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


class HttpTest(Case):
    def setUp(self):
        super().setUp()
        self.client = PillionHttp.Client.new(self.loop)
        temporary = tempfile.TemporaryDirectory(prefix='pillion-python-')
        self.addCleanup(temporary.cleanup)
        self.folder = Gio.File.new_for_path(temporary.name)
        self.target = self.folder.get_child('file.bin')

    def test_properties(self):
        self.client.set_max_connections(7)
        self.client.set_max_connections_per_host(3)
        self.client.set_max_connections_per_download(16)
        self.client.set_idle_timeout_usec(9000000)
        self.client.set_user_agent('smoke/1')
        self.client.set_tls_database(None)
        self.assertEqual(self.client.get_max_connections(), 7)
        self.assertEqual(self.client.get_max_connections_per_host(), 3)
        self.assertEqual(self.client.props.max_connections_per_download, 16)
        self.assertEqual(self.client.get_idle_timeout_usec(), 9_000_000)
        self.assertEqual(self.client.get_user_agent(), 'smoke/1')
        self.assertIs(self.client.get_loop(), self.loop)

    def test_send(self):
        self.client.set_base_url(URL + '/')
        self.client.set_header('X-Test', '1')
        request = PillionHttp.Request.new('GET', 'hello.txt')
        request.add_parameter('a', 'b c')
        request.set_header('Accept', 'text/plain')
        request.props.priority = PillionHttp.Priority.HIGH
        request.props.total_timeout_usec = 60_000_000
        task = self.client.send(request, None)
        self.kick_until_done(task)
        response = task.get_object()
        self.assertIsInstance(response, PillionHttp.Response)
        self.assertEqual((response.get_status(), response.dup_text(), response.get_url(), response.get_history()),
                         (200, 'Hello from loopback\n', URL + '/hello.txt?a=b%20c', []))
        self.assertGreater(response.get_elapsed(PillionHttp.Phase.BODY), 0)

        request = PillionHttp.Request.new('PUT', 'echo')
        request.set_body(GLib.Bytes.new(b'a\0b'), 'application/x-test')
        task = self.client.send(request, None)
        self.kick_until_done(task)
        echo = json.loads(task.get_object().get_body().get_data())
        self.assertEqual((echo['method'], echo['body']), ('PUT', 'a\0b'))
        self.assertEqual(dict(echo['headers'])['Content-Type'], 'application/x-test')

        request = PillionHttp.Request.new('GET', 'missing')
        request.accept_statuses(200, 999)
        task = self.client.send(request, None)
        self.kick_until_done(task)
        self.assertEqual(task.get_object().get_status(), 404)

        for wrong in ('a\r\nb', 'a\n'):
            request = PillionHttp.Request.new('GET', 'hello.txt')
            request.set_header('X-Test', wrong)
            task = self.client.send(request, None)
            self.kick_until_done(task)
            self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_REQUEST, task.get_object)

    def test_open(self):
        task = self.client.open(PillionHttp.Request.new('GET', URL + '/file.bin'), None)
        self.kick_until_done(task)
        stream = task.get_object()
        self.assertEqual(stream.get_response().get_status(), 200)
        digest = hashlib.sha256()
        while True:
            task = stream.read(0, None)
            self.kick_until_done(task)
            piece = task.get_bytes().get_data()
            if not piece:
                break
            digest.update(piece)
        self.assertEqual(digest.hexdigest(), os.environ['PILLION_TEST_SHA256'])
        stream.close()

    def test_get_bytes(self):
        task = self.client.get_bytes(URL + '/hello.txt', None)
        bodies = []
        task.add_done_callback(lambda task: bodies.append(task.get_bytes().get_data()))
        self.kick_until_done(task)
        self.assertEqual(bodies, [b'Hello from loopback\n'])

    def test_get_json(self):
        task = self.client.get_json(URL + '/data.json', None)
        self.kick_until_done(task)
        self.assertEqual(task.get_state(), Pillion.TaskState.SUCCEEDED)
        self.assertEqual(task.result()['seats'], 2)

        task = self.client.get_bytes(URL + '/data.json', None)
        self.kick_until_done(task)
        self.assertEqual(json.loads(task.get_bytes().get_data())['seats'], 2)
        value = task.get_value()
        gc.collect()
        self.assertEqual(json.loads(value.get_data())['seats'], 2)

    def test_download(self):
        task = self.client.download(URL + '/file.bin', self.target, SHA256, None)
        progress = []
        task.connect('progress', lambda task: progress.append(task.get_completed()))
        self.kick_until_done(task)
        download = task.get_object()
        self.assertIsInstance(download, PillionHttp.Download)
        self.assertEqual(download.get_size(), 1 << 20)
        self.assertEqual(download.get_integrity(), PillionHttp.Integrity.DIGEST)
        self.assertEqual(download.get_sha256(), SHA256)
        self.assertEqual(download.get_url(), URL + '/file.bin')
        self.assertEqual(download.get_resumed_from(), 0)
        self.assertEqual(download.get_content_type(), 'application/octet-stream')
        self.assertIsNone(download.get_etag())
        self.assertTrue(download.get_file().equal(self.target))
        self.assertEqual(os.path.getsize(self.target.get_path()), 1 << 20)
        self.assertEqual(progress, sorted(progress))

    def test_download_into(self):
        task = self.client.download_into(URL + '/file.bin', self.folder, None, None)
        self.kick_until_done(task)
        self.assertEqual(task.get_object().get_file().get_basename(), 'file.bin')

    def test_what_goes_wrong(self):
        missing = self.client.get_bytes(URL + '/missing', None)
        digest = self.client.download(URL + '/file.bin', self.target, '0' * 64, None)
        scheme = self.client.get_bytes('gopher://localhost/', None)
        nonsense = self.client.get_bytes('no url', None)
        broken = self.client.get_json(URL + '/broken.json', None)
        self.kick_until_done(missing, digest, scheme, nonsense, broken)
        self.assertFails(PillionHttp.status_error_quark(), 404, missing.get_bytes)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.DIGEST_MISMATCH, digest.get_object)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.UNSUPPORTED_SCHEME, scheme.get_bytes)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_URL, nonsense.get_bytes)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON, broken.check)
        self.assertFalse(self.target.query_exists(None))

    def test_what_was_refused(self):
        task = self.client.get_bytes(URL + '/missing', None)
        again = Pillion.Retry(attempts=2, initial_delay_usec=1).run(self.loop, 'again', lambda attempt: task)
        self.assertIsNone(PillionHttp.Response.from_task(task))
        self.kick_until_done(again)
        response = PillionHttp.Response.from_task(task)
        self.assertIsInstance(response, PillionHttp.Response)
        self.assertIs(PillionHttp.Response.from_task(again), response)
        self.assertEqual((response.get_status(), response.get_reason()), (404, 'Not Found'))
        self.assertEqual(response.get_url(), URL + '/missing')
        self.assertIn('Content-Type', response.get_header_names())
        self.assertEqual(response.get_header('content-type'), 'text/html;charset=utf-8')
        self.assertIsNone(response.get_header('Retry-After'))
        self.assertIn(b'Error response', response.get_body().get_data())
        self.assertFalse(response.is_body_truncated())
        self.assertEqual((response.props.status, response.props.body_truncated), (404, False))
        self.assertEqual(response.props.header_names, response.get_header_names())

        # An exception is another error
        error = self.assertFails(PillionHttp.status_error_quark(), 404, task.get_bytes)
        self.assertIsNone(PillionHttp.Response.from_error(error))
        made = Pillion.Task.new(self.loop, 'made', None)
        made.return_error(error)
        self.assertIsNone(PillionHttp.Response.from_task(made))

    def test_cancel(self):
        task = self.client.download(URL + '/file.bin', self.target, None, None)
        task.cancel()
        self.kick_until_done(task)
        self.assertEqual(task.get_state(), Pillion.TaskState.CANCELLED)


class ComposeTest(Case):
    """Combinators, completions and retries"""

    def task(self, name='child'):
        return Pillion.Task.new(self.loop, name, None)

    def done(self, result):
        task = self.task()
        task.return_int(result)
        return task

    def failed(self, message):
        task = self.task()
        task.return_error(GLib.Error.new_literal(Pillion.error_quark(), message, Pillion.Error.FAILED))
        return task

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


class ClosureTest(Case):
    """Functions that are passed as closures leave nothing behind"""

    def done(self, result):
        task = Pillion.Task.new(self.loop, 'child', None)
        task.return_int(result)
        return task

    def failed(self, message):
        task = Pillion.Task.new(self.loop, 'child', None)
        task.return_error(GLib.Error.new_literal(Pillion.error_quark(), message, Pillion.Error.FAILED))
        return task

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
