#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""pillion.EventLoop with the context outside, with asyncio outside, and one in the other"""

import asyncio
import contextvars
import gc
import io
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings

from support import Case, FrameHost, GLib, Pillion, guest, pillion, tap, until


class ContextOutside(Case):
    def test_task_in_kicks(self):
        async def work():
            await asyncio.sleep(0.01)
            return asyncio.get_running_loop()

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        self.assertIs(task.result(), self.loop)
        self.assertIsNone(asyncio._get_running_loop())
        self.assertFalse(self.loop.is_running())

    def test_nothing_runs_inside_the_call(self):
        called = []
        self.loop.call_soon(called.append, 1)
        self.loop.call_later(0, called.append, 2)
        self.assertEqual(called, [])
        self.kick_until(lambda: len(called) == 2)

    def test_plain_context(self):
        task = self.loop.create_task(asyncio.sleep(0.005, 'slept'))
        while not task.done():
            guest.get_context().iteration(True)
        self.assertEqual(task.result(), 'slept')

    def test_main_loop(self):
        main_loop = GLib.MainLoop()
        task = self.loop.create_task(asyncio.sleep(0.005, 'slept'))
        task.add_done_callback(lambda _: main_loop.quit())
        main_loop.run()
        self.assertEqual(task.result(), 'slept')

    def test_a_long_chain_does_not_hold_the_kick(self):
        steps = []

        async def work():
            while len(steps) < 100000 or not idle:
                steps.append(None)
                await asyncio.sleep(0)

        idle = []
        task = self.loop.create_task(work())
        GLib.idle_add(idle.append, 1)
        guest.kick_until(guest.get_now() + 2000)
        self.assertFalse(task.done())
        self.assertGreater(len(steps), 0)
        self.kick_until(task.done)
        self.assertEqual(len(idle), 1)

    def test_the_budget_holds_between_steps(self):
        """However many are ready together"""
        async def work():
            await event.wait()
            end = time.monotonic() + 0.003
            while time.monotonic() < end:
                pass
            done.append(None)

        event, done, most = asyncio.Event(), [], 0
        tasks = [self.loop.create_task(work()) for _ in range(8)]
        self.kick_until(lambda: len(event._waiters) == 8)
        event.set()
        while len(done) < 8:
            before = len(done)
            guest.kick_until(guest.get_now() + 1000)
            most = max(most, len(done) - before)
        self.assertEqual(most, 1)
        self.kick_until(lambda: all(task.done() for task in tasks))

    def test_the_budget_holds_while_awaits_end(self):
        tasks = [Pillion.Task.new(guest, 'pending') for _ in range(50)]
        ended = []

        async def work(number):
            await tasks[number]
            ended.append(number)

        for number in range(50):
            self.loop.create_task(work(number))
        self.kick_until(lambda: len(self.loop._awaited) == 50)
        for task in tasks:
            task.return_value(None)
        while len(ended) < 50:
            before = len(ended), len(self.loop._awaited)
            # A kick that has no time left does one thing, and gives the context one turn
            guest.kick_until(0)
            self.assertLessEqual(len(ended) - before[0], 2)
            self.assertLessEqual(before[1] - len(self.loop._awaited), 2)
        self.assertEqual(ended, list(range(50)))

    def test_awaits_starve_neither_readers_nor_timers(self):
        read, write = socket.socketpair()
        self.addCleanup(read.close)
        self.addCleanup(write.close)
        seen = []

        async def work():
            while True:
                await guest.sleep(0)

        task = self.loop.create_task(work())
        self.loop._guest.kick_until(0)
        self.loop.add_reader(read, lambda: seen.append(read.recv(1)))
        self.loop.call_later(0, seen.append, 'timer')
        write.send(b'x')
        for _ in range(100):
            # A kick that has no time left does one thing
            self.loop._guest.kick_until(0)
        self.assertCountEqual(seen, [b'x', 'timer'])
        self.loop.remove_reader(read)
        task.cancel()
        self.kick_until(task.done)

    def test_what_is_left_of_a_pass_comes_before_the_next_one(self):
        order = []

        def step(name):
            order.append(name)
            self.loop.call_soon(order.append, name.upper())

        for name in 'abc':
            self.loop.call_soon(step, name)
        while len(order) < 6:
            guest.kick_until(0)
        self.assertEqual(order, list('abcABC'))

    def test_what_is_left_of_a_pass_is_run_by_who_waits(self):
        order = []
        for name in 'abc':
            self.loop.call_soon(order.append, name)
        guest.kick_until(0)
        self.assertEqual(len(order), 1)
        self.loop.run_until_complete(asyncio.sleep(0))
        self.assertEqual(order, list('abc'))

    def test_times_that_never_come(self):
        self.catch_reports()
        for delay in math.inf, sys.maxsize, 2.0**55, 1e13:
            with self.subTest(delay):
                task = self.loop.create_task(asyncio.sleep(delay))
                other = self.loop.create_task(asyncio.sleep(0.001, 'other'))
                self.kick_until(other.done)
                self.assertTrue(guest.kick())
                task.cancel()
                self.kick_until(task.done)
                self.assertTrue(task.cancelled())
                self.assertEqual(self.reports, [])

    def test_one_kick_drives_two_loops(self):
        other = pillion.EventLoop()
        self.addCleanup(other.close)
        called = []
        self.loop.call_soon(called.append, 'one')
        other.call_soon(called.append, 'other')
        guest.kick()
        self.assertEqual(sorted(called), ['one', 'other'])

    def test_main_loop_inside_a_step(self):
        order = []
        main_loop = GLib.MainLoop()

        async def nests():
            order.append('begin')
            GLib.timeout_add(10, main_loop.quit)
            main_loop.run()
            order.append('end')

        async def other():
            order.append('other')

        first, second = self.loop.create_task(nests()), self.loop.create_task(other())
        self.kick_until(second.done)
        self.assertTrue(first.done())
        self.assertEqual(order, ['begin', 'other', 'end'])

    def make_dialog(self):
        """Like a window that waits for its button: returns a function that closes it, and one that shows it"""
        main_loop = GLib.MainLoop()

        def show():
            late = GLib.timeout_add_seconds(30, main_loop.quit)
            main_loop.run()
            GLib.source_remove(late)

        return main_loop.quit, show

    def test_tasks_go_on_in_a_dialog_of_a_step(self):
        close, show = self.make_dialog()
        order = []

        async def dialog():
            mine = asyncio.current_task()
            order.append('open')
            show()
            order.append('closed')
            self.assertIs(asyncio.current_task(), mine)
            self.assertIs(asyncio.get_running_loop(), self.loop)

        async def other():
            for number in range(3):
                await asyncio.sleep(0.002)
                order.append(number)
            self.assertIsNot(asyncio.current_task(), task)
            close()

        task, second = self.loop.create_task(dialog()), self.loop.create_task(other())
        self.kick_until(task.done)
        task.result()
        self.kick_until(second.done)
        second.result()
        self.assertEqual(order, ['open', 0, 1, 2, 'closed'])

    def test_a_dialog_in_a_dialog(self):
        order = []

        async def dialog(depth):
            close, show = self.make_dialog()
            inner = self.loop.create_task(dialog(depth + 1) if depth < 5 else asyncio.sleep(0))
            inner.add_done_callback(lambda _: close())
            show()
            order.append(depth)

        task = self.loop.create_task(dialog(0))
        self.kick_until(task.done)
        task.result()
        self.assertEqual(order, [5, 4, 3, 2, 1, 0])

    def test_a_dialog_does_not_spin(self):
        close, show = self.make_dialog()
        passes = 0
        inside = self.loop._begin_pass

        def count(*args):
            nonlocal passes
            passes += 1
            return inside(*args)

        async def dialog():
            self.loop._begin_pass = count
            GLib.timeout_add(50, close)
            show()

        task = self.loop.create_task(dialog())
        self.kick_until(task.done)
        self.assertLess(passes, 10)

    def test_a_reader_is_not_entered_twice(self):
        """What it has yet to read stays ready while it is on the stack, but is not checked over and over"""
        for run in self.kick_until, lambda is_over: self.loop.run_until_complete(until(is_over)):
            with self.subTest(run):
                close, show = self.make_dialog()
                ours, theirs = socket.socketpair()
                ours.setblocking(False)
                depth, deepest, read, ticks = 0, 0, [], []

                def on_readable():
                    nonlocal depth, deepest
                    depth += 1
                    deepest = max(deepest, depth)
                    if not read:
                        show()
                    read.append(ours.recv(1))
                    depth -= 1

                def tick():
                    ticks.append(len(read))
                    if len(ticks) < 5:
                        self.loop.call_later(0.002, tick)
                    else:
                        close()

                theirs.send(b'abc')
                self.loop.add_reader(ours.fileno(), on_readable)
                self.loop.call_later(0.002, tick)
                passes = 0
                inside = self.loop._begin_pass

                def count(*args):
                    nonlocal passes
                    passes += 1
                    return inside(*args)

                self.loop._begin_pass = count
                run(lambda: len(read) == 3)
                del self.loop._begin_pass
                self.assertEqual(deepest, 1)
                self.assertEqual(b''.join(read), b'abc')
                self.assertEqual(ticks, [0] * 5)
                self.assertLess(passes, 200)
                self.loop.remove_reader(ours.fileno())
                ours.close()
                theirs.close()

    def test_what_shares_a_context_waits_for_the_dialog(self):
        close, show = self.make_dialog()
        order = []
        context = contextvars.copy_context()

        async def dialog():
            GLib.timeout_add(20, close)
            show()
            order.append('closed')

        async def shares():
            order.append('shares')

        async def other():
            order.append('other')

        self.catch_reports()
        tasks = [self.loop.create_task(dialog(), context=context), self.loop.create_task(shares(), context=context),
                 self.loop.create_task(other())]
        self.kick_until(lambda: all(task.done() for task in tasks))
        self.assertEqual(order, ['other', 'closed', 'shares'])
        self.assertEqual(self.reports, [])

    def test_a_dialog_in_a_step_of_another_loop(self):
        close, show = self.make_dialog()
        other = pillion.EventLoop()
        self.addCleanup(other.close)

        async def dialog():
            show()
            return asyncio.current_task()

        async def closes():
            await asyncio.sleep(0.001)
            close()

        task, second = self.loop.create_task(dialog()), other.create_task(closes())
        self.kick_until(lambda: task.done() and second.done())
        self.assertIs(task.result(), task)

    def test_kick_inside_a_step(self):
        async def work():
            report = guest.kick_until(0)[1]
            return report.depth, report.refused

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        self.assertEqual(task.result(), (1, False))

    def test_stop_ends_nothing_but_the_batch(self):
        called = []
        self.loop.call_soon(self.loop.stop)
        self.loop.call_soon(called.append, 1)
        self.kick_until(lambda: called)
        self.assertEqual(self.loop.run_until_complete(asyncio.sleep(0.001, 'ran')), 'ran')

    def test_asyncgen_hooks_are_restored(self):
        hooks = sys.get_asyncgen_hooks()
        self.loop.call_soon(lambda: None)
        guest.kick()
        self.assertEqual(sys.get_asyncgen_hooks(), hooks)

    def test_asyncgen_is_finalized(self):
        ended = []

        async def generate():
            try:
                yield 1
            finally:
                ended.append(1)

        async def work():
            async for _ in generate():
                break

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        gc.collect()
        self.kick_until(lambda: ended)

    def test_context_variables(self):
        variable = contextvars.ContextVar('variable', default=0)

        async def work():
            variable.set(variable.get() + 1)
            await asyncio.sleep(0)
            return variable.get()

        tasks = [self.loop.create_task(work()) for _ in range(3)]
        self.kick_until(lambda: all(task.done() for task in tasks))
        self.assertEqual([task.result() for task in tasks], [1, 1, 1])
        self.assertEqual(variable.get(), 0)

    def test_signal(self):
        got = []
        self.loop.add_signal_handler(signal.SIGUSR1, got.append, 1)
        os.kill(os.getpid(), signal.SIGUSR1)
        self.kick_until(lambda: got)
        self.assertTrue(self.loop.remove_signal_handler(signal.SIGUSR1))

    def test_signal_while_another_one_runs(self):
        """Nested, which takes the signals for itself while it waits in C"""
        got = []
        other = pillion.EventLoop()
        self.addCleanup(other.close)
        self.loop.add_signal_handler(signal.SIGUSR1, got.append, 1)
        other.run_until_complete(other.create_task(self.raises_signal()))
        self.kick_until(lambda: got)
        # And right before it ends
        other.call_soon(signal.raise_signal, signal.SIGUSR1)
        other.call_soon(other.stop)
        other.run_forever()
        self.kick_until(lambda: len(got) == 2)
        self.assertTrue(self.loop.remove_signal_handler(signal.SIGUSR1))

    async def raises_signal(self):
        signal.raise_signal(signal.SIGUSR1)
        await asyncio.sleep(0.005)

    def test_subprocess(self):
        async def work():
            process = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(input()[::-1])',
                                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            out, _ = await process.communicate(b'abc\n')
            return out, process.returncode

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        self.assertEqual(task.result(), (b'cba\n', 0))

    def test_server_and_streams(self):
        async def serve(reader, writer):
            writer.write((await reader.readline()).upper())
            writer.close()

        async def work():
            server = await asyncio.start_server(serve, '127.0.0.1', 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b'hello\n')
            answer = await reader.read()
            writer.close()
            server.close()
            return answer

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        self.assertEqual(task.result(), b'HELLO\n')

    def test_debug_mode(self):
        self.loop.set_debug(True)
        self.loop.slow_callback_duration = 1e9
        handle = self.loop.call_soon(lambda: None)
        self.assertEqual(handle._source_traceback[-1].name, 'test_debug_mode')
        for timer in (self.loop.call_later(0, lambda: None), self.loop.call_at(0, lambda: None)):
            self.assertEqual(timer._source_traceback[-1].name, 'test_debug_mode')
        self.kick_until(lambda: not self.loop._scheduled)


class Liveness(Case):
    def setUp(self):
        super().setUp()
        self.host = FrameHost()
        guest.ensure(self.host.host)
        self.host.run_until_done()

    def test_ensure_future_alone_installs_the_hook(self):
        installs = self.host.n_installs
        task = asyncio.ensure_future(asyncio.sleep(0.001))
        self.assertTrue(self.host.hooked)
        self.assertEqual(self.host.n_installs, installs + 1)
        self.assertGreater(self.host.n_wakes, 0)
        self.host.run_until_done()
        self.assertTrue(task.done())

    def test_a_waiting_task_keeps_the_hook(self):
        event = asyncio.Event()
        task = self.loop.create_task(event.wait())
        for _ in range(20):
            self.host.frame()
        self.assertTrue(self.host.hooked)
        self.loop.call_soon(event.set)
        self.host.run_until_done()
        self.assertTrue(task.done())

    def test_the_witness_may_go_first(self):
        events = [asyncio.Event() for _ in range(10)]
        tasks = [self.loop.create_task(event.wait()) for event in events]
        for event in events:
            for _ in range(5):
                self.host.frame()
            self.assertTrue(self.host.hooked)
            event.set()
        self.host.run_until_done()
        self.assertTrue(all(task.done() for task in tasks))

    def test_a_task_that_is_lost_holds_nothing(self):
        self.loop.set_exception_handler(lambda *_: None)

        async def work():
            await self.loop.create_future()

        self.loop.create_task(work())
        for _ in range(3):
            self.host.frame()
        gc.collect()
        self.host.run_until_done()

    def test_timers_readers_and_their_ends(self):
        timer = self.loop.call_later(3600, lambda: None)
        for _ in range(5):
            self.host.frame()
        self.assertTrue(self.host.hooked)
        timer.cancel()
        self.host.run_until_done()

        one, other = socket.socketpair()
        self.loop.add_reader(one, lambda: None)
        for _ in range(5):
            self.host.frame()
        self.assertTrue(self.host.hooked)
        self.loop.remove_reader(one)
        self.host.run_until_done()
        one.close()
        other.close()

    def test_executor_keeps_the_hook(self):
        future = self.loop.run_in_executor(None, lambda: 5)
        self.host.run_until_done()
        self.assertEqual(future.result(), 5)

    def test_call_soon_rings_once(self):
        wakes = self.host.n_wakes
        called = []
        for number in range(1000):
            self.loop.call_soon(called.append, number)
        self.assertLessEqual(self.host.n_wakes, wakes + 2)
        self.host.run_until_done()
        self.assertEqual(called, list(range(1000)))

    def test_call_soon_threadsafe_wakes(self):
        called = []
        self.loop.call_later(3600, lambda: None)
        self.host.frame()
        wakes = self.host.n_wakes
        thread = threading.Thread(target=self.loop.call_soon_threadsafe, args=(called.append, 1))
        thread.start()
        # A host that sleeps until it is woken: inside a kick, nothing would have to wake it
        while self.host.n_wakes == wakes:
            time.sleep(0.001)
        self.host.run_until(lambda: called)
        thread.join()

    def test_closed_with_work(self):
        self.loop.call_later(3600, lambda: None)
        self.loop.close()
        self.host.run_until_done()


class BadHosts(Case):
    def setUp(self):
        super().setUp()
        self.frames = FrameHost()
        guest.ensure(self.frames.host)
        self.addCleanup(guest.stop)

    def test_stops_ticking(self):
        """What works for it carries on, nothing is lost, and what was due comes in order when it ticks again"""
        order = []
        may_end, has_ended = threading.Event(), threading.Event()

        def on_thread():
            may_end.wait()
            has_ended.set()

        async def work():
            order.append('begun')
            await asyncio.gather(asyncio.sleep(0.002), asyncio.to_thread(on_thread))
            order.append('slept')

        task = self.loop.create_task(work())
        self.loop.call_later(0.001, order.append, 'due')
        while not order:
            guest.kick()
        # No kicks from here on, and others want something from it
        may_end.set()
        has_ended.wait()
        threads = [threading.Thread(target=self.loop.call_soon_threadsafe, args=(order.append, number)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asked = pillion.call_in_host(order.append, 'asked')
        due = self.loop.time() + 0.003
        while self.loop.time() < due:
            pass
        self.assertFalse(task.done())
        self.assertFalse(asked.done())
        self.assertGreater(self.frames.n_wakes, 0)
        self.frames.run_until(lambda: task.done() and asked.done())
        self.assertLess(order.index('due'), order.index('slept'))
        self.assertEqual(sorted(entry for entry in order if isinstance(entry, int)), list(range(20)))

    def test_done_callback_kicks(self):
        """A kick inside a kick works, and the rest carries on"""
        order = []

        def on_done(task):
            order.append(guest.kick_until(guest.get_now() + 1000)[1].refused)

        async def work():
            await asyncio.sleep(0)

        for _ in range(3):
            self.loop.create_task(work()).add_done_callback(on_done)
        pillions = guest.sleep(0)
        pillions.add_done_callback(on_done)
        self.frames.run_until_done()
        self.assertEqual(order, [False] * 4)


class VirtualTime(Case):
    def setUp(self):
        super().setUp()
        self.host = Pillion.TestHost.new()
        guest.ensure(self.host)

    def close(self):
        super().close()
        guest.ensure(None)
        guest.stop()

    def test_sleep_jumps(self):
        times = []

        async def work():
            for _ in range(24):
                await asyncio.sleep(3600)
                times.append(self.loop.time())

        start = self.loop.time()
        self.loop.create_task(work())
        self.host.run_until_idle()
        self.assertEqual([round(time - start, 3) for time in times], [3600 * n for n in range(1, 25)])

    def test_advance(self):
        called = []
        self.loop.call_later(10, called.append, 1)
        self.host.advance(9 * GLib.USEC_PER_SEC)
        self.assertEqual(called, [])
        self.host.advance(GLib.USEC_PER_SEC)
        self.assertEqual(called, [1])

    def test_run_until_complete(self):
        start = self.loop.time()
        self.loop.run_until_complete(asyncio.sleep(86400))
        self.assertAlmostEqual(self.loop.time() - start, 86400, 2)

    def test_timeout(self):
        async def work():
            async with asyncio.timeout(3600):
                await asyncio.sleep(7200)

        task = self.loop.create_task(work())
        self.host.run_until_idle()
        self.assertIsInstance(task.exception(), TimeoutError)

    def test_waits_for_executors(self):
        async def work():
            before = self.loop.time()
            await asyncio.gather(asyncio.to_thread(os.getpid), asyncio.to_thread(GLib.usleep, 20000))
            return self.loop.time() - before

        task = self.loop.create_task(work())
        self.loop.call_later(3600, lambda: None)
        self.host.run_until_idle()
        self.assertEqual(task.result(), 0)

    def test_what_is_left_stays_when_the_clock_changes(self):
        called = []
        self.loop.call_later(3600, called.append, 1)
        guest.ensure(None)
        self.assertGreater(self.loop._scheduled[0].when() - self.loop.time(), 3590)
        guest.ensure(self.host)
        self.host.run_until_idle()
        self.assertEqual(called, [1])


class AsyncioOutside(Case):
    def test_glib_goes_on(self):
        called = []

        async def work():
            GLib.idle_add(called.append, 'idle')
            GLib.timeout_add(5, called.append, 'timeout')
            while len(called) < 2:
                await asyncio.sleep(0.001)

        self.loop.run_until_complete(work())
        # A timer that is due comes before what is idle, and on a busy machine it may be due at once
        self.assertCountEqual(called, ['idle', 'timeout'])

    def test_glib_goes_on_while_asyncio_is_busy(self):
        called = []

        async def work():
            while not called:
                await asyncio.sleep(0)

        GLib.idle_add(called.append, 1)
        self.loop.run_until_complete(work())

    def test_a_busy_loop_hears_threads_and_sees_descriptors(self):
        """Also if the first descriptor comes while it is busy"""
        read, write = socket.socketpair()
        self.addCleanup(read.close)
        self.addCleanup(write.close)
        # More wake-ups than the descriptor for them takes at once, for a loop that is never asleep
        number = 2000
        called, seen = [], []

        def call():
            for n in range(number):
                self.loop.call_soon_threadsafe(called.append, n)

        async def work():
            thread = threading.Thread(target=call)
            thread.start()
            while len(called) < number:
                await asyncio.sleep(0)
            thread.join()
            self.loop.add_reader(read, lambda: seen.append(read.recv(1)))
            write.send(b'x')
            while not seen:
                await asyncio.sleep(0)
            self.loop.remove_reader(read)

        self.loop.run_until_complete(work())
        self.assertEqual(called, list(range(number)))
        self.assertEqual(seen, [b'x'])

    def test_pillion_goes_on(self):
        async def work():
            future = self.loop.create_future()
            task = guest.sleep(2000, None)
            task.add_done_callback(future.set_result)
            return await future is task

        self.assertTrue(self.loop.run_until_complete(work()))

    def test_glib_wakes_asyncio(self):
        async def work():
            future = self.loop.create_future()
            GLib.timeout_add(5, lambda: future.set_result('woken'))
            return await future

        self.assertEqual(self.loop.run_until_complete(work()), 'woken')

    def test_stop_and_run_forever(self):
        """The usual way to kick the standard loop"""
        called = []
        GLib.idle_add(called.append, 'idle')
        task = self.loop.create_task(asyncio.sleep(0.005, 'slept'))
        while not (task.done() and called):
            self.loop.stop()
            self.loop.run_forever()
        self.assertEqual(task.result(), 'slept')

    def test_between_two_kicks(self):
        task = self.loop.create_task(asyncio.sleep(0.002))
        guest.kick()
        self.assertEqual(self.loop.run_until_complete(asyncio.sleep(0.001, 1)), 1)
        self.kick_until(task.done)

    def test_inside_a_kick(self):
        results = []
        event = asyncio.Event()
        waiting = self.loop.create_task(event.wait())

        def callback():
            event.set()
            results.append(self.loop.run_until_complete(asyncio.sleep(0.005, 'ran')))

        guest.call_soon(callback)
        self.kick_until(lambda: results)
        self.assertEqual(results, ['ran'])
        self.assertTrue(waiting.done())
        GLib.idle_add(callback)
        self.kick_until(lambda: len(results) == 2)

    def test_inside_a_step(self):
        async def work():
            coroutine = asyncio.sleep(0)
            try:
                self.loop.run_until_complete(coroutine)
            finally:
                coroutine.close()

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        self.assertIsInstance(task.exception(), RuntimeError)
        with self.assertRaises(RuntimeError):
            self.loop.run_until_complete(work())

    def test_inside_a_callback(self):
        self.catch_reports()
        self.loop.call_soon(self.loop.run_forever)
        self.kick_until(lambda: self.reports)
        self.assertIsInstance(self.reports[0]['exception'], RuntimeError)

    def test_main_loop_inside_a_step(self):
        order = []

        async def nests():
            main_loop = GLib.MainLoop()
            GLib.idle_add(call, main_loop)
            main_loop.run()
            order.append('end')

        def call(main_loop):
            self.loop.call_soon(order.append, 'called')
            self.loop.call_soon(main_loop.quit)

        async def other():
            order.append('other')

        async def both():
            await asyncio.gather(nests(), other())
            await asyncio.sleep(0)

        self.loop.run_until_complete(both())
        self.assertEqual(order, ['other', 'called', 'end'])

    def test_dialogs_while_asyncio_waits(self):
        """A GLib callback opens one, and tasks continue in it"""
        main_loop = GLib.MainLoop()
        order = []

        async def other():
            for number in range(3):
                await asyncio.sleep(0.002)
                order.append(number)
            main_loop.quit()

        async def work():
            done = self.loop.create_future()

            def show():
                main_loop.run()
                done.set_result(len(order))
                return False

            GLib.idle_add(show)
            await asyncio.sleep(0.001)
            await asyncio.gather(other(), done)
            return done.result()

        self.assertEqual(self.loop.run_until_complete(work()), 3)

    def test_run_from_a_dialog_is_refused(self):
        main_loop = GLib.MainLoop()
        errors = []

        def runs():
            coroutine = asyncio.sleep(0)
            try:
                self.loop.run_until_complete(coroutine)
            except RuntimeError as error:
                coroutine.close()
                errors.append(error)
            main_loop.quit()
            return False

        async def dialog():
            GLib.idle_add(runs)
            main_loop.run()

        self.loop.run_until_complete(dialog())
        task = self.loop.create_task(dialog())
        self.kick_until(task.done)
        self.assertEqual(len(errors), 2)

    def test_another_loop_is_driven_meanwhile(self):
        other = pillion.EventLoop()
        self.addCleanup(other.close)
        task = other.create_task(asyncio.sleep(0.001, 'other'))

        async def work():
            while not task.done():
                await asyncio.sleep(0.001)

        self.loop.run_until_complete(work())
        self.assertEqual(task.result(), 'other')

    def test_run(self):
        async def work():
            self.assertIsInstance(asyncio.get_running_loop(), pillion.EventLoop)
            return 'ran'

        self.assertEqual(pillion.run(work()), 'ran')
        self.assertTrue(pillion.run(asyncio.sleep(0, True), debug=True))
        self.assertTrue(pillion.run(guest.sleep(1)))
        with self.assertRaisesRegex(TypeError, 'call it'):
            pillion.run(work)
        with self.assertRaisesRegex(TypeError, 'a coroutine or a task, and not 3'):
            pillion.run(3)

    def test_one_loop_after_the_other(self):
        """They use one source in the context, but nothing of the others."""
        seen = []
        read, write = socket.socketpair()
        self.addCleanup(read.close)
        self.addCleanup(write.close)
        task = Pillion.Task.new(guest, 'pending')
        for number in range(3):
            async def work(number=number):
                loop = asyncio.get_running_loop()
                loop.add_reader(read, seen.append, number)
                # Not soon: on a busy machine it could be due before the run ends
                loop.call_later(3600, seen.append, number)
                waiter = loop.create_task(asyncio.wait_for(asyncio.shield(asyncio.ensure_future(wait())), 3600))
                await asyncio.sleep(0)
                self.assertFalse(waiter.done())

            async def wait():
                await task

            pillion.run(work())
        self.assertEqual(seen, [])
        write.send(b'x')
        task.return_value('late')
        for _ in range(5):
            guest.kick()
        self.assertEqual(seen, [])
        self.assertEqual(guest.get_deadline(), -1)
        loops = [pillion.EventLoop() for _ in range(3)]
        for loop in loops:
            self.assertEqual(loop.run_until_complete(asyncio.sleep(0.001, 'slept')), 'slept')
        for loop in loops:
            loop.close()

    def test_runner(self):
        with asyncio.Runner(loop_factory=pillion.EventLoop) as runner:
            self.assertEqual(runner.run(asyncio.sleep(0.001, 1)), 1)
            self.assertEqual(runner.run(asyncio.sleep(0.001, 2)), 2)

    def test_closed(self):
        self.loop.close()
        self.loop.close()
        self.assertTrue(self.loop.is_closed())
        coroutine = asyncio.sleep(0)
        for call in (lambda: self.loop.run_until_complete(coroutine), self.loop.run_forever,
                     lambda: self.loop.call_soon(print), lambda: self.loop.call_later(1, print),
                     lambda: self.loop.call_at(1, print), lambda: self.loop.call_soon_threadsafe(print)):
            with self.assertRaisesRegex(RuntimeError, 'closed'):
                call()
        coroutine.close()
        guest.kick()

    def test_close_while_it_runs(self):
        async def work():
            with self.assertRaises(RuntimeError):
                self.loop.close()
            await asyncio.sleep(0.001)

        self.loop.run_until_complete(work())

    def test_wrong_arguments(self):
        with self.assertRaises(TypeError):
            self.loop.call_later(None, print)
        with self.assertRaises(TypeError):
            self.loop.call_at(None, print)

    def test_future_of_another_loop(self):
        other = pillion.EventLoop()
        self.addCleanup(other.close)
        future = other.create_future()
        for loop in (self.loop, asyncio.SelectorEventLoop()):
            with self.assertRaises(ValueError):
                loop.run_until_complete(future)
            self.assertFalse(loop.is_running())
            loop.close()
        # Nor inside the other one
        other.call_soon(future.set_result, 'its own')
        self.assertEqual(other.run_until_complete(future), 'its own')

    def test_dropped_without_close(self):
        loop = pillion.EventLoop()
        loop.run_until_complete(asyncio.sleep(0))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            del loop
            gc.collect()
        self.assertIn('unclosed event loop', str(caught[0].message))

    def test_repr(self):
        self.assertRegex(repr(self.loop), r'^<EventLoop running=False closed=False')


class Errors(Case):
    def raise_in_a_kick(self, error):
        def callback():
            raise error

        self.loop.call_soon(callback)
        with self.assertRaises(type(error)):
            self.kick_until(lambda: False, 10)

    def test_interrupt_reaches_the_host(self):
        self.raise_in_a_kick(KeyboardInterrupt())
        # And everything works afterwards
        self.assertIsNone(asyncio._get_running_loop())
        task = self.loop.create_task(asyncio.sleep(0.001))
        self.kick_until(task.done)

    def test_exit_reaches_the_host(self):
        self.raise_in_a_kick(SystemExit(3))

    def test_exit_from_a_task(self):
        async def work():
            sys.exit(4)

        task = self.loop.create_task(work())
        with self.assertRaises(SystemExit) as caught:
            self.kick_until(lambda: False, 10)
        self.assertEqual(caught.exception.code, 4)
        with self.assertRaises(SystemExit):
            task.result()

    def test_exit_through_another_loop(self):
        other = pillion.EventLoop()
        self.addCleanup(other.close)
        other.call_soon(sys.exit, 5)
        with self.assertRaises(SystemExit):
            self.loop.run_until_complete(asyncio.sleep(10))

    def test_exit_in_a_test_host(self):
        host = Pillion.TestHost.new()
        guest.ensure(host)
        self.loop.call_soon(sys.exit, 6)
        with self.assertRaises(SystemExit):
            host.run_until_idle()
        guest.ensure(None)
        guest.stop()

    def test_exit_while_another_one_waits(self):
        """That ends the wait at once"""
        other = pillion.EventLoop()
        self.addCleanup(other.close)
        other.call_later(0.01, sys.exit, 5)
        with self.assertRaises(SystemExit):
            self.loop.run_forever()

    def test_two_exits_in_one_kick(self):
        other = pillion.EventLoop()
        self.addCleanup(other.close)
        self.loop.call_soon(sys.exit, 1)
        other.call_soon(sys.exit, 2)
        with self.assertRaises(SystemExit) as caught:
            self.kick_until(lambda: False, 10)
        self.assertIn(caught.exception.code, (1, 2))
        # The other one is not raised in code that has nothing to do with it
        self.assertEqual(pillion._library.overrides.kept, [])
        guest.kick()

    def test_exit_where_c_fails(self):
        task = guest.sleep(20000, None)
        self.loop.call_soon(sys.exit, 3)
        self.loop.call_soon(task.cancel)
        with self.assertRaises(SystemExit):
            guest.run_until_complete(task)
        self.assertEqual(pillion._library.overrides.kept, [])

    def test_exit_while_a_scope_closes(self):
        scope = Pillion.Scope.new(guest, 'scope')
        task = Pillion.Task.new(guest, 'ends late', None)
        scope.add(task)
        self.loop.call_soon(sys.exit, 3)
        self.loop.call_later(0.005, task.return_boolean, True)
        with self.assertRaises(SystemExit):
            scope.close(-1)

    def test_arguments_by_their_names(self):
        self.assertFalse(guest.kick_until(deadline_usec=0)[1].refused)

    def test_a_signal_raises_between_two_callbacks(self):
        class Alarm(BaseException):
            pass

        def on_alarm(*_):
            raise Alarm

        handler = signal.signal(signal.SIGUSR2, on_alarm)
        self.addCleanup(signal.signal, signal.SIGUSR2, handler)
        for name in ('_run_once', '_rest', '_set_coroutine_origin_tracking'):
            inside = getattr(self.loop, name)

            def interrupted(*args):
                delattr(self.loop, name)
                signal.raise_signal(signal.SIGUSR2)
                return inside(*args)

            self.loop.set_debug(True)
            setattr(self.loop, name, interrupted)
            self.loop.call_soon(int)
            with self.assertRaises(Alarm):
                self.kick_until(lambda: False, 10)
            self.assertIsNone(asyncio._get_running_loop())
            self.assertFalse(self.loop.is_running())
            task = self.loop.create_task(asyncio.sleep(0.001))
            self.kick_until(task.done)

    def test_interrupt_where_nobody_can_catch_it(self):
        self.catch_reports()

        def interrupt():
            raise KeyboardInterrupt

        self.loop.call_soon(interrupt)
        while not self.reports:
            guest.get_context().iteration(True)
        self.assertIsInstance(self.reports[0]['exception'], KeyboardInterrupt)

    def test_callback_raises(self):
        self.catch_reports()
        called = []
        self.loop.call_soon(lambda: 1 / 0)
        self.loop.call_soon(called.append, 1)
        self.kick_until(lambda: called)
        self.assertIsInstance(self.reports[0]['exception'], ZeroDivisionError)

    async def fails(self):
        raise ValueError('nobody fetched this')

    def test_unfetched_is_shown_when_it_happens(self):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        logging.getLogger('asyncio').addHandler(handler)
        self.addCleanup(logging.getLogger('asyncio').removeHandler, handler)
        event = asyncio.Event()
        waiting = self.loop.create_task(event.wait())
        self.loop.create_task(self.fails(), name='culprit')
        self.kick_until(lambda: 'ValueError: nobody fetched this' in stream.getvalue())
        # While another one is still pending; with its name, its origin, and the line that raised
        self.assertFalse(waiting.done())
        self.assertIn("name='culprit'", stream.getvalue())
        self.assertIn('test-event-loop.py', stream.getvalue())
        self.assertIn("raise ValueError('nobody fetched this')", stream.getvalue())
        event.set()
        self.kick_until(waiting.done)

    def test_unfetched_in_a_cycle_is_shown_when_all_is_idle(self):
        self.catch_reports()
        gc.disable()
        self.addCleanup(gc.enable)
        holder = type('Holder', (), {})()
        holder.task = self.loop.create_task(self.fails())
        holder.task.holder = None if not hasattr(holder.task, '__dict__') else holder
        holder.self = holder
        self.loop._collected = (-float('inf'), 0)
        del holder
        self.kick_until(lambda: self.reports)
        self.assertIsInstance(self.reports[0]['exception'], ValueError)

    def test_no_look_at_all_objects_in_a_kick(self):
        generations = []

        def on_collection(phase, info):
            if phase == 'start':
                generations.append(info['generation'])

        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        gc.callbacks.append(on_collection)
        self.addCleanup(gc.callbacks.remove, on_collection)
        for _ in range(3):
            self.loop._collected = (-float('inf'), 0)
            task = self.loop.create_task(asyncio.sleep(0.001))
            self.kick_until(lambda: task.done() and not self.loop._busy)
        pillion.run(asyncio.sleep(0))
        self.assertEqual(set(generations), {1})
        # Nor the young ones, if there are many
        generations.clear()
        heap = [[number] for number in range(20000)]
        self.loop._collected = (-float('inf'), 0)
        task = self.loop.create_task(asyncio.sleep(0.001))
        self.kick_until(lambda: task.done() and not self.loop._busy)
        self.assertEqual(generations, [])
        del heap

    def test_unhandled_error_of_the_guest(self):
        seen = []
        handler = guest.connect('unhandled-error', lambda loop, task, error: seen.append((task.get_name(), error.message)))
        logging.getLogger('asyncio').disabled = True
        try:
            self.loop.create_task(self.fails(), name='culprit')
            self.kick_until(lambda: seen)
        finally:
            logging.getLogger('asyncio').disabled = False
            guest.disconnect(handler)
        self.assertEqual(seen[0][0], 'culprit')
        self.assertIn('ValueError: nobody fetched this', seen[0][1])

    def test_unhandled_error_that_is_no_utf_8(self):
        seen = []
        handler = guest.connect('unhandled-error', lambda loop, task, error: seen.append(error.message))
        self.addCleanup(guest.disconnect, handler)
        with self.assertLogs('asyncio'):
            self.loop.call_exception_handler({'message': os.fsdecode(b'caf\xe9')})
            self.kick_until(lambda: seen)
        self.assertEqual(seen, ['caf?'])


if __name__ == '__main__':
    tap.main()
