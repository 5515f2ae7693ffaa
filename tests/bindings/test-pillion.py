#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The API as a newcomer uses it from Python: loops and hosts"""

import gc
import threading
import time
import unittest

from support import MSEC, SECOND, Case, GLib, Pillion, tap
from gi.repository import GObject


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
        host = Pillion.TestHost.new()
        self.assertTrue(self.loop.ensure(host))
        self.loop.call_later(2 * MSEC, called.append, 2)
        self.loop.call_later(1 * MSEC, called.append, 1)
        host.run_until_idle()
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


if __name__ == '__main__':
    tap.main()
