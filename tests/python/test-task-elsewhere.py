#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Pillion's tasks awaited in another event loop, and what becomes of those who wait if the guest loop is closed"""

import asyncio
import sys
import threading
import unittest.mock

from support import (MSEC, GLib, Pillion, TaskCase, Trouble, done, failed, guest, obedient, pending, pillion,
                     run_script, tap)
from gi.overrides import Pillion as overrides


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

if __name__ == '__main__':
    tap.main()
