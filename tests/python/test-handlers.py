#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""asyncio.create_task () in the host's handlers, and pillion.ensure_future (), start coroutines in the host's kicks."""

import asyncio
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from support import MSEC, FrameHost, GLib, Pillion, guest, pillion, run_script, stop_hosts, tap
from pillion import async_loop


async def where():
    await asyncio.sleep(0)
    return asyncio.get_running_loop()


class Handlers(unittest.TestCase):
    def setUp(self):
        stop_hosts()
        async_loop.ensure_async_loop()
        self.addCleanup(stop_hosts)
        self.main = GLib.MainLoop()

    def kick_until(self, is_over):
        end = time.monotonic() + 30
        while not is_over():
            self.assertLess(time.monotonic(), end)
            guest.kick()
            time.sleep(0.0005)

    def check(self, call, run):
        """Starts a coroutine in a handler that `call` is given, while `run` runs the host."""
        for start in (asyncio.create_task, pillion.ensure_future, asyncio.ensure_future):
            with self.subTest(start.__module__):
                tasks = []

                def handler(*_, start=start, tasks=tasks):
                    tasks.append(start(where()))

                call(handler)
                run(lambda tasks=tasks: tasks and tasks[0].done())
                self.assertIs(tasks[0].result(), guest.asyncio_loop)

    def run_main_loop(self, is_over):
        def look():
            if is_over():
                self.main.quit()
                return False
            return True

        GLib.timeout_add(1, look)
        self.main.run()

    def test_in_glib_s_callbacks_as_passenger(self):
        async_loop.set_host(None)
        self.check(lambda handler: GLib.timeout_add(1, handler), self.run_main_loop)

    def test_in_glib_s_callbacks_of_a_kick(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        guest.hold()
        self.addCleanup(guest.release)
        self.check(lambda handler: GLib.timeout_add(1, handler), host.run_until)

    def test_in_the_host_s_own_handlers(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        self.check(lambda handler: handler(), host.run_until)

    def test_in_done_callbacks_and_calls(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        self.check(lambda handler: guest.sleep(MSEC).add_done_callback(handler), host.run_until)
        self.check(guest.call_soon, host.run_until)

    def test_inside_of_coroutines(self):
        async def main():
            return await asyncio.create_task(where()), await pillion.ensure_future(where())

        task = pillion.ensure_future(main())
        self.kick_until(task.done)
        self.assertEqual(task.result(), (guest.asyncio_loop,) * 2)

    def test_other_loops_of_ours(self):
        async def main():
            return asyncio.get_running_loop(), await asyncio.create_task(where()), await pillion.ensure_future(where())

        loops = pillion.run(main())
        self.assertEqual(loops, (loops[0],) * 3)
        self.assertIsNot(loops[0], guest.asyncio_loop)

    def test_plain_asyncio_is_left_alone(self):
        async def main():
            tasks = []
            running = asyncio.get_running_loop()
            running.call_soon(lambda: tasks.append(asyncio.create_task(where())))
            return running, await asyncio.create_task(where()), await asyncio.to_thread(lambda: 1), await tasks[0]

        self.assertRaises(RuntimeError, asyncio.get_running_loop)
        running, first, one, second = asyncio.run(main())
        self.assertNotIsInstance(running, pillion.EventLoop)
        self.assertEqual((first, one, second), (running, 1, running))

        # And so in a handler
        results = []
        async_loop.set_host(None)
        GLib.timeout_add(1, lambda: results.append(asyncio.run(main())))
        self.run_main_loop(lambda: results)
        self.assertNotIsInstance(results[0][0], pillion.EventLoop)

    def test_other_threads_are_left_alone(self):
        results = []

        def work():
            coroutine = where()
            try:
                asyncio.create_task(coroutine)
            except RuntimeError as error:
                results.append(str(error))
                coroutine.close()
            results.append(asyncio.run(where()))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        self.assertEqual(results[0], 'no running event loop')
        self.assertNotIsInstance(results[1], pillion.EventLoop)

    def test_a_closed_loop_is_named(self):
        run = run_script('''
            import asyncio
            from pillion import async_loop
            asyncio.get_event_loop().close()

            async def work():
                pass

            coroutine = work()
            try:
                asyncio.create_task(coroutine)
            except RuntimeError as error:
                print(error)
            import pillion
            task = pillion.ensure_future(coroutine)
            while not async_loop.kick_async_loop():
                pass
            print(task.done())
            ''')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stdout, r'^no running event loop: pillion\.ensure_future \(\)')
        self.assertTrue(run.stdout.endswith('True\n'), run.stdout)

    def test_a_closed_guest_loop_runs_nothing(self):
        run = run_script('''
            import asyncio, pillion
            from pillion import async_loop

            async def work():
                pass

            async_loop.guest.close(10_000_000)
            coroutine = work()
            try:
                asyncio.create_task(coroutine)
            except RuntimeError as error:
                print(error)
            task = pillion.ensure_future(coroutine)
            async_loop.ensure_async_loop()
            while not async_loop.kick_async_loop():
                pass
            print(task.done())
            ''')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stdout, r'^no running event loop: pillion\.ensure_future \(\)')
        self.assertTrue(run.stdout.endswith('True\n'), run.stdout)

    def test_after_a_fork(self):
        run = run_script('''
            import asyncio, os
            from pillion import async_loop

            async def work():
                return 1

            if os.fork() == 0:
                coroutine = work()
                try:
                    asyncio.create_task(coroutine)
                except RuntimeError as error:
                    print(error)
                print(asyncio.run(coroutine), flush=True)
                os._exit(0)
            os.wait()
            ''')
        self.assertEqual(run.stdout, 'no running event loop\n1\n', run.stderr)


if __name__ == '__main__':
    tap.main()
