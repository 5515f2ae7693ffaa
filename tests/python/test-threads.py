#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Threads: executors, loops of other threads, and calls into the host"""

import asyncio
import concurrent.futures
import gc
import sys
import threading
import unittest.mock
import weakref

from support import Case, FrameHost, GLib, Pillion, guest, pillion, run_script, tap
from pillion._executor import DaemonExecutor


class InThread:
    """Runs a function in a thread; result () gives what it returned, or raises."""

    def __init__(self, function):
        self.future = concurrent.futures.Future()
        self.thread = threading.Thread(target=self.work, args=(function,), daemon=True)
        self.thread.start()

    def work(self, function):
        try:
            self.future.set_result(function())
        except BaseException as error:
            self.future.set_exception(error)

    def done(self):
        return self.future.done()

    def result(self):
        self.thread.join()
        return self.future.result()


class Executors(Case):
    def test_to_thread_in_kicks(self):
        async def work():
            return await asyncio.to_thread(threading.current_thread)

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        self.assertIsNot(task.result(), threading.main_thread())
        self.assertTrue(task.result().daemon)

    def test_own_executor(self):
        with concurrent.futures.ThreadPoolExecutor(1, 'own') as executor:
            name = self.loop.run_until_complete(
                self.loop.run_in_executor(executor, lambda: threading.current_thread().name))
        self.assertTrue(name.startswith('own'))

    def test_error(self):
        async def work():
            await asyncio.to_thread(int, 'x')

        with self.assertRaises(ValueError):
            self.loop.run_until_complete(work())

    def test_bounded_and_reused(self):
        executor = DaemonExecutor(2)
        threads = {executor.submit(threading.current_thread).result() for _ in range(20)}
        self.assertLessEqual(len(threads), 2)
        barrier = threading.Barrier(2)
        futures = [executor.submit(barrier.wait, 30) for _ in range(2)]
        concurrent.futures.wait(futures)
        self.assertEqual(sorted(future.result() for future in futures), [0, 1])
        executor.shutdown()
        with self.assertRaises(RuntimeError):
            executor.submit(int)
        self.assertFalse(any(thread.is_alive() for thread in executor._threads))

    def test_cancel_what_has_not_begun(self):
        executor = DaemonExecutor(1)
        began, gate = threading.Event(), threading.Event()
        first = executor.submit(lambda: began.set() or gate.wait(30))
        began.wait(30)
        second = executor.submit(int)
        third = executor.submit(int)
        self.assertTrue(second.cancel())
        executor.shutdown(wait=False, cancel_futures=True)
        self.assertTrue(third.cancelled())
        gate.set()
        self.assertTrue(first.result(30))

    def test_dropped_with_jobs_queued(self):
        """Like that of the standard library, which asyncio drops in close ()"""
        for end in (lambda executor: None, lambda executor: executor.shutdown(wait=False)):
            executor = DaemonExecutor(1)
            gate = threading.Event()
            futures = [executor.submit(gate.wait, 30), executor.submit(int), executor.submit(int)]
            end(executor)
            executor = None
            gc.collect()
            gate.set()
            self.assertEqual([future.result(30) for future in futures], [True, 0, 0])

    def test_no_thread_to_be_had(self):
        executor = DaemonExecutor(2)
        with unittest.mock.patch('threading.Thread.start', side_effect=RuntimeError('no more')):
            with self.assertRaises(RuntimeError):
                executor.submit(int)
        gate = threading.Event()
        first = executor.submit(gate.wait, 30)
        with unittest.mock.patch('threading.Thread.start', side_effect=RuntimeError('no more')):
            second = executor.submit(int)
        gate.set()
        self.assertEqual([first.result(30), second.result(30)], [True, 0])
        executor.shutdown()

    def test_who_waits_may_submit(self):
        """If a shutdown cancels it, it is notified"""
        executor = DaemonExecutor(1)
        began, gate = threading.Event(), threading.Event()
        executor.submit(lambda: began.set() or gate.wait(30))
        began.wait(30)
        errors = []

        def submit(_):
            try:
                executor.submit(int)
            except RuntimeError as error:
                errors.append(error)

        executor.submit(int).add_done_callback(submit)
        InThread(lambda: executor.shutdown(wait=False, cancel_futures=True)).thread.join(30)
        gate.set()
        self.assertEqual(len(errors), 1)

    def test_threads_end_with_the_executor(self):
        executor = DaemonExecutor(3)
        executor.submit(int).result()
        threads = list(executor._threads)
        ref = weakref.ref(executor)
        del executor
        gc.collect()
        self.assertIsNone(ref())
        for thread in threads:
            thread.join(30)
            self.assertFalse(thread.is_alive())


class Loops(Case):
    def test_run_in_a_thread(self):
        async def work():
            called = asyncio.Event()
            GLib.MainContext.get_thread_default().invoke_full(0, called.set)
            await called.wait()
            await asyncio.sleep(0.001)
            return threading.current_thread()

        async def plain():
            await asyncio.sleep(0.001)
            return threading.current_thread()

        for _ in range(5):
            worker = InThread(lambda: (pillion.run(plain()), GLib.MainContext.get_thread_default()))
            thread, context = worker.result()
            self.assertIs(thread, worker.thread)
            self.assertIsNone(context)

    def test_gio_in_a_thread(self):
        """Its context is the thread's default, so GIO's callbacks land there"""
        from gi.repository import Gio

        async def work():
            future = asyncio.get_running_loop().create_future()
            Gio.File.new_for_path('/').query_info_async(
                'standard::type', Gio.FileQueryInfoFlags.NONE, GLib.PRIORITY_DEFAULT, None,
                lambda file, result: future.set_result((file.query_info_finish(result).get_file_type(),
                                                        threading.current_thread())))
            return await future

        worker = InThread(lambda: pillion.run(work()))
        self.assertEqual(worker.result(), (Gio.FileType.DIRECTORY, worker.thread))

    def test_made_here_run_there(self):
        async def work():
            await asyncio.sleep(0.001)
            return threading.current_thread()

        future = None
        worker = InThread(self.loop.run_forever)
        while not self.loop.is_running():
            GLib.usleep(100)
        future = asyncio.run_coroutine_threadsafe(work(), self.loop)
        self.assertIs(future.result(30), worker.thread)
        self.loop.call_soon_threadsafe(self.loop.stop)
        worker.result()
        # And here again
        self.assertIs(self.loop.run_until_complete(work()), threading.current_thread())

    def test_two_in_a_thread(self):
        def work():
            one, other = pillion.EventLoop(), pillion.EventLoop()
            task = other.create_task(asyncio.sleep(0.001, 2))

            async def wait():
                while not task.done():
                    await asyncio.sleep(0.001)
                return 1

            result = one.run_until_complete(wait()), task.result()
            one.close()
            still = other.run_until_complete(asyncio.sleep(0.001, 3))
            other.close()
            return (*result, still)

        self.assertEqual(InThread(work).result(), (1, 2, 3))

    def test_coroutine_from_a_thread_in_kicks(self):
        async def work():
            await asyncio.sleep(0.001)
            return threading.current_thread()

        worker = InThread(lambda: asyncio.run_coroutine_threadsafe(work(), self.loop).result(30))
        self.kick_until(worker.done)
        self.assertIs(worker.result(), threading.main_thread())

    def test_closed_guest(self):
        """After the guest loop was closed, the next run gets another one"""
        def work():
            loop = pillion.EventLoop()
            loop.run_until_complete(asyncio.sleep(0))
            first = loop._guest
            first.close(10_000_000)
            result = loop.run_until_complete(asyncio.sleep(0.001, 1))
            other = loop._guest
            loop.close()
            return result, first is other, other.is_closed(), GLib.MainContext.get_thread_default()

        self.assertEqual(InThread(work).result(), (1, False, True, None))

    def test_never_used(self):
        def work():
            pillion.EventLoop().close()
            return GLib.MainContext.get_thread_default()

        self.assertIsNone(InThread(work).result())

    def test_what_is_left_does_not_keep_it_from_closing(self):
        def work():
            loop = pillion.EventLoop()
            loop.run_until_complete(asyncio.sleep(0))
            loop._guest.begin_region('render', Pillion.RegionFlags.NONE)
            loop.close()
            return loop.is_closed()

        with self.assertLogs('pillion', 'WARNING') as logs:
            self.assertTrue(InThread(work).result())
        self.assertIn('render', logs.output[0])

    def test_guest_ends_with_its_thread(self):
        """Code that still has the loop"""
        def work():
            loop = pillion.EventLoop()
            loop.run_until_complete(asyncio.sleep(0))
            return loop, loop._guest

        loop, its_guest = InThread(work).result()
        self.assertTrue(its_guest.is_closed())
        # It may go on elsewhere
        self.assertEqual(loop.run_until_complete(asyncio.sleep(0, 1)), 1)
        loop.close()

    def test_a_task_is_lost_on_another_thread(self):
        self.loop.set_exception_handler(lambda *_: None)

        async def work():
            await self.loop.create_future()

        tasks = [self.loop.create_task(work())]
        while not self.loop._witness:
            guest.kick()

        gc.disable()
        self.addCleanup(gc.enable)
        InThread(lambda: (tasks.clear(), gc.collect())).result()
        self.kick_until(lambda: not self.loop._busy)

    def test_executor_after_a_move(self):
        gate = threading.Event()
        self.loop.run_in_executor(None, gate.wait, 30)
        InThread(lambda: self.loop.run_until_complete(asyncio.sleep(0))).result()
        self.loop._attach()
        self.assertEqual(self.loop._source.get_external(), 1)
        gate.set()

    def test_closed_from_another_thread(self):
        self.loop.call_later(3600, print)
        InThread(self.loop.close).result()
        self.assertTrue(self.loop.is_closed())
        while guest.kick():
            pass


class CallInHost(Case):
    def test_from_a_plain_thread(self):
        worker = InThread(lambda: pillion.call_in_host(threading.current_thread).result(30))
        self.kick_until(worker.done)
        self.assertIs(worker.result(), threading.main_thread())

    def test_from_another_loop(self):
        async def work():
            return [await pillion.call_in_host(lambda a, b: a + b, number, 1) for number in range(10)]

        for run in (asyncio.run, pillion.run):
            worker = InThread(lambda: run(work()))
            self.kick_until(worker.done)
            self.assertEqual(worker.result(), list(range(1, 11)))

    def test_arguments_by_name(self):
        worker = InThread(lambda: pillion.call_in_host(int, '11', base=2).result(30))
        self.kick_until(worker.done)
        self.assertEqual(worker.result(), 3)

    def test_in_the_host_itself(self):
        async def work():
            return await pillion.call_in_host(threading.current_thread)

        task = self.loop.create_task(work())
        self.kick_until(task.done)
        self.assertIs(task.result(), threading.main_thread())
        self.assertIs(self.loop.run_until_complete(work()), threading.main_thread())

    def test_error(self):
        worker = InThread(lambda: pillion.call_in_host(int, 'x').result(30))
        self.kick_until(worker.done)
        with self.assertRaises(ValueError):
            worker.result()

    def test_cancel(self):
        called = []
        call = pillion.call_in_host(called.append, 1)
        self.assertTrue(call.cancel())
        while guest.kick():
            pass
        self.assertEqual(called, [])

    def test_would_block_for_ever(self):
        call = pillion.call_in_host(int)
        for wait in (call.result, call.exception):
            with self.assertRaisesRegex(RuntimeError, 'await it'):
                wait()
        self.kick_until(call.done)
        self.assertEqual(call.result(), 0)

    def test_wakes_a_host_that_sleeps(self):
        host = FrameHost()
        guest.ensure(host.host)
        host.run_until_done()
        rung = threading.Event()
        host.host.set_wake(rung.set)
        worker = InThread(lambda: pillion.call_in_host(int).result(30))
        self.assertTrue(rung.wait(30))
        self.kick_until(worker.done)
        self.assertEqual(worker.result(), 0)

    def test_waits_inside_a_call(self):
        """A call may run the loop until other calls were made, and so may one of those."""
        def outer():
            async def work():
                return await asyncio.to_thread(lambda: pillion.call_in_host(inner).result(30))

            return self.loop.run_until_complete(work())

        def inner():
            task = Pillion.Task.new(guest, 'waits for a call', None)
            InThread(lambda: pillion.call_in_host(task.return_int, 5))
            guest.run_until_complete(task)
            return task.get_int()

        calls = [pillion.call_in_host(outer), pillion.call_in_host(int)]
        self.kick_until(lambda: all(call.done() for call in calls))
        self.assertEqual([call.result() for call in calls], [5, 0])

    def test_waits_for_one_behind(self):
        """That was requested before it was created itself"""
        seen = []

        def wait():
            async def work():
                return await second

            seen.append(self.loop.run_until_complete(work()))

        first = pillion.call_in_host(wait)
        second = pillion.call_in_host(lambda: 2)
        self.kick_until(first.done)
        self.assertEqual((first.result(), seen), (None, [2]))

    def test_closed_while_it_is_wanted(self):
        done = run_script('''
            import threading
            import pillion
            from pillion import _host
            host = _host.host_loop()
            caller = _host._caller
            # Two that ask, and the loop is closed before either rings
            host.is_closed = lambda: False
            host.close(0)
            for _ in range(2):
                call = pillion.call_in_host(print)
                host.__dict__.pop('is_closed', None)
                try:
                    call.result(30)
                except RuntimeError as error:
                    print(error)
                host.is_closed = iter((False, False, True)).__next__
            ''')
        self.assertEqual((done.stdout, done.stderr), ('the host\'s loop was closed before it made this call\n' * 2, ''))

    def test_wrong_argument(self):
        with self.assertRaises(TypeError):
            pillion.call_in_host(5)

    def test_many_at_once(self):
        workers = [InThread(lambda: [pillion.call_in_host(int).result(30) for _ in range(50)]) for _ in range(5)]
        self.kick_until(lambda: all(worker.done() for worker in workers))
        self.assertEqual([worker.result() for worker in workers], [[0] * 50] * 5)

    def test_interrupt_reaches_the_host(self):
        call = pillion.call_in_host(sys.exit, 3)
        with self.assertRaises(SystemExit):
            self.kick_until(lambda: False, 10)
        self.assertIsInstance(call.exception(), SystemExit)

    def test_closed_before_the_call(self):
        done = run_script('''
            import pillion
            call = pillion.call_in_host(print)
            pillion._host.host_loop().close(0)
            try:
                call.result()
            except RuntimeError as error:
                print(error)
            # A new one takes its place
            call = pillion.call_in_host(int)
            pillion._host.host_loop().kick()
            print(call.result())
            ''')
        self.assertEqual((done.stdout, done.stderr), ('the host\'s loop was closed before it made this call\n0\n', ''))


if __name__ == '__main__':
    tap.main()
