#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""pillion.async_loop: both workflows as they are written, in each kind of host"""

import asyncio
import contextvars
import importlib
import shutil
import sys
import time
import unittest

from support import FrameHost, GLib, Pillion, guest, pillion, run_script, tap
from pillion import async_loop

# Character for character what add-ons have
WORKFLOW_1 = '''
async_task = asyncio.ensure_future(some_async_func())
async_task.add_done_callback(done_callback)
async_loop.ensure_async_loop()
'''
WORKFLOW_2 = '''
loop = asyncio.get_event_loop()
res = loop.run_until_complete(some_async_func())
'''


class Workflows(unittest.TestCase):
    def setUp(self):
        self.done = []

    def tearDown(self):
        async_loop.erase_async_loop()
        async_loop.set_host(None)
        guest.stop()

    def run_workflow(self, text, pause=0.005):
        async def some_async_func():
            await asyncio.sleep(pause)
            return 'result'

        names = {'asyncio': asyncio, 'async_loop': async_loop, 'some_async_func': some_async_func,
                 'done_callback': lambda task: self.done.append(task.result())}
        exec(text, names)
        return names

    def test_1_kicked_by_the_program(self):
        self.run_workflow(WORKFLOW_1)
        self.assertEqual(self.done, [])
        kicks = 0
        while not async_loop.kick_async_loop():
            kicks += 1
            GLib.usleep(500)
        self.assertEqual(self.done, ['result'])
        self.assertGreater(kicks, 1)
        self.assertTrue(async_loop.kick_async_loop())

    def test_1_in_a_main_loop(self):
        self.run_workflow(WORKFLOW_1)
        while not self.done:
            GLib.MainContext.default().iteration(True)
        self.assertTrue(guest.is_passenger() or not guest.is_riding())
        # So is the next one, by itself
        self.run_workflow(WORKFLOW_1)
        while len(self.done) < 2:
            GLib.MainContext.default().iteration(True)

    def test_1_in_a_test_host(self):
        host = Pillion.TestHost.new()
        async_loop.set_host(host)
        self.run_workflow(WORKFLOW_1, pause=3600)
        host.run_until_idle()
        self.assertEqual(self.done, ['result'])
        self.assertFalse(guest.is_riding())

    def test_1_in_a_host(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        self.run_workflow(WORKFLOW_1)
        self.assertTrue(host.hooked)
        host.run_until_done()
        self.assertEqual(self.done, ['result'])
        # Without the third line, from the second time on
        self.run_workflow(''.join(WORKFLOW_1.splitlines(True)[:-1]))
        self.assertTrue(host.hooked)
        host.run_until_done()
        self.assertEqual(self.done, ['result', 'result'])

    def test_1_in_a_host_that_pillion_was_given(self):
        host = FrameHost()
        guest.ensure(host.host)
        self.run_workflow(WORKFLOW_1)
        host.run_until_done()
        self.assertEqual(self.done, ['result'])

    def test_2_in_a_script(self):
        self.assertEqual(self.run_workflow(WORKFLOW_2)['res'], 'result')

    def test_2_in_a_test_host(self):
        async_loop.set_host(Pillion.TestHost.new())
        self.assertEqual(self.run_workflow(WORKFLOW_2, pause=3600)['res'], 'result')

    def test_2_in_a_host(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        self.assertEqual(self.run_workflow(WORKFLOW_2)['res'], 'result')

    def test_2_inside_a_kick(self):
        """Add-ons for the standard loop do this in a modal operator"""
        results = []
        self.run_workflow(WORKFLOW_1)
        guest.call_soon(lambda: results.append(self.run_workflow(WORKFLOW_2)['res']))
        while not results:
            async_loop.kick_async_loop()
        self.assertEqual(results, ['result'])

    def assert_installed_once(self, host):
        """A hook that was silent for 5 ms although there is work seems to be lost: only quick calls tell."""
        took = 1
        while took >= 0.005:
            async_loop.stop_async_loop()
            n_installs = host.n_installs
            start = time.monotonic()
            for _ in range(5):
                async_loop.ensure_async_loop()
            n_installs = host.n_installs - n_installs
            took = time.monotonic() - start
        self.assertEqual(n_installs, 1)

    def test_ensure_installs_one_hook(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        host.run_until_done()
        task = asyncio.ensure_future(asyncio.sleep(3600))
        self.assertEqual(host.n_installs, 2)
        self.assert_installed_once(host)
        task.cancel()
        host.run_until_done()

    def test_stops_one_kick_after_the_last_task(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        host.run_until_done()
        task = asyncio.ensure_future(asyncio.sleep(0.002))
        host.run_until(task.done)
        self.assertLess(host.n_kicks, 10000)
        self.assertTrue(host.hooked)
        host.frame()
        self.assertFalse(host.hooked)

    def test_stop(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        self.run_workflow(WORKFLOW_1)
        async_loop.stop_async_loop()
        self.assertFalse(host.hooked)
        self.assertIsNone(Pillion.Loop.find_by_name('frames'))
        self.assertEqual(self.done, [])
        async_loop.ensure_async_loop()
        self.assertIs(Pillion.Loop.find_by_name('frames'), guest)
        host.run_until_done()
        self.assertEqual(self.done, ['result'])

    def test_stop_without_a_hook(self):
        async_loop.stop_async_loop()
        async_loop.stop_async_loop()

    def test_erase(self):
        ended = []

        async def work():
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(1)

        host = FrameHost()
        async_loop.set_host(host.host)
        old = asyncio.get_event_loop()
        task = asyncio.ensure_future(work())
        host.frame()
        async_loop.erase_async_loop()
        self.assertFalse(host.hooked)
        self.assertTrue(task.cancelled())
        self.assertEqual(ended, [1])
        self.assertTrue(old.is_closed())
        self.assertIsNot(asyncio.get_event_loop(), old)
        self.run_workflow(WORKFLOW_1)
        async_loop.ensure_async_loop()
        host.run_until_done()
        self.assertEqual(self.done, ['result'])

    def test_erase_from_inside(self):
        async def work():
            async_loop.erase_async_loop()

        task = asyncio.ensure_future(work())
        while not task.done():
            async_loop.kick_async_loop()
        self.assertIsInstance(task.exception(), RuntimeError)

    def test_closed_loop(self):
        asyncio.get_event_loop().close()
        with self.assertLogs('pillion.async_loop', 'WARNING'):
            self.assertTrue(async_loop.kick_async_loop())
        async_loop.ensure_async_loop()
        self.run_workflow(WORKFLOW_1)
        while not async_loop.kick_async_loop():
            GLib.usleep(500)
        self.assertEqual(self.done, ['result'])

    def test_the_current_loop_comes_back_after_asyncio_run(self):
        ours = asyncio.get_event_loop()
        asyncio.run(asyncio.sleep(0))
        with self.assertRaises(RuntimeError):
            asyncio.get_event_loop()
        async_loop.kick_async_loop()
        self.assertIs(asyncio.get_event_loop(), ours)

    def test_ensure_makes_the_loop_current_again(self):
        """A program that has set another loop, or a policy"""
        loop = asyncio.get_event_loop()
        other = asyncio.SelectorEventLoop()
        self.addCleanup(other.close)
        asyncio.set_event_loop(other)
        async_loop.ensure_async_loop()
        self.assertIs(asyncio.get_event_loop(), loop)

    def test_call_in_host_keeps_the_callers_context(self):
        variable = contextvars.ContextVar('variable')
        variable.set('kept')
        call = pillion.call_in_host(variable.get)
        variable.set('later')
        while not call.done():
            async_loop.kick_async_loop()
        self.assertEqual(call.result(), 'kept')

    def test_executor(self):
        import threading
        async_loop.setup_asyncio_executor()

        async def work():
            return await asyncio.to_thread(threading.current_thread)

        thread = asyncio.get_event_loop().run_until_complete(work())
        self.assertTrue(thread.daemon)

    def test_reload(self):
        host = FrameHost()
        async_loop.set_host(host.host)
        loop = asyncio.get_event_loop()
        self.run_workflow(WORKFLOW_1)
        importlib.reload(async_loop)
        self.assertIs(asyncio.get_event_loop(), loop)
        self.assert_installed_once(host)
        host.run_until_done()
        self.assertEqual(self.done, ['result'])
        self.run_workflow(WORKFLOW_1)
        importlib.reload(async_loop)
        async_loop.stop_async_loop()
        self.assertFalse(host.hooked)
        async_loop.ensure_async_loop()
        host.run_until_done()


class Processes(unittest.TestCase):
    def check(self, text, *command):
        done = run_script(text)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout

    def test_a_closed_guest_loop_goes_with_its_event_loop(self):
        self.check('''
            import asyncio, gc, weakref
            from pillion import async_loop
            old = weakref.ref(async_loop.guest), weakref.ref(asyncio.get_event_loop())
            loop = old[1]()
            async_loop.guest.close(10_000_000)
            async_loop.ensure_async_loop()
            assert loop.is_closed() and asyncio.get_event_loop() is not loop
            del loop
            gc.collect()
            assert [ref() for ref in old] == [None, None]
            ''')

    def test_first_imported_on_a_thread(self):
        """Which is refused, and says what to do: the main thread can be the host's all the same."""
        for first in ('asyncio.ensure_future(work())', '(async_loop.ensure_async_loop(), asyncio.ensure_future(work()))[1]',
                      '(importlib.reload(async_loop), asyncio.ensure_future(work()))[1]', 'pillion.ensure_future(work())'):
            with self.subTest(first):
                self.assertEqual(self.check(f'''
                    import asyncio, importlib, threading, time, warnings
                    warnings.simplefilter('ignore')

                    def preload():
                        import pillion
                        try:
                            from pillion import async_loop
                        except RuntimeError as error:
                            assert 'on the host\\'s thread' in str(error), error
                        else:
                            raise AssertionError

                    thread = threading.Thread(target=preload)
                    thread.start()
                    thread.join()
                    import pillion
                    from pillion import async_loop

                    async def work():
                        await pillion.frame()
                        return threading.current_thread() is threading.main_thread()

                    task = {first}
                    async_loop.ensure_async_loop()
                    while not async_loop.kick_async_loop():
                        time.sleep(0.001)
                    print(task.result(), pillion.call_in_host(int).cancel())
                    '''), 'True True\n')

    def test_import_anew(self):
        """The whole package, like add-ons that drop it from sys.modules"""
        self.assertEqual(self.check('''
            import asyncio, sys, time
            from pillion import async_loop
            task = asyncio.ensure_future(asyncio.sleep(0.01))
            async_loop.ensure_async_loop()
            loop = asyncio.get_event_loop()
            for name in [name for name in sys.modules if name.partition('.')[0] == 'pillion']:
                del sys.modules[name]
            del async_loop
            from pillion import async_loop
            assert asyncio.get_event_loop() is loop
            async_loop.ensure_async_loop()
            while not async_loop.kick_async_loop():
                time.sleep(0.001)
            assert task.done()
            loop.call_soon(sys.exit, 0)
            try:
                while True:
                    async_loop.kick_async_loop()
            except SystemExit:
                print('left')
            '''), 'left\n')

    def test_guest_that_was_closed(self):
        """The next call takes another one"""
        self.check('''
            import asyncio, time
            from pillion import async_loop
            async_loop.guest.close(10_000_000)
            assert async_loop.kick_async_loop()
            async_loop.ensure_async_loop()
            task = asyncio.ensure_future(asyncio.sleep(0.01))
            async_loop.ensure_async_loop()
            while not async_loop.kick_async_loop():
                time.sleep(0.001)
            assert task.done()
            async_loop.erase_async_loop()
            ''')

    @unittest.skipUnless(shutil.which('xvfb-run'), 'Xvfb is not installed')
    def test_tk(self):
        try:
            import tkinter
        except ImportError:
            self.skipTest('Tk for Python is not installed')
        import subprocess
        text = '''
import asyncio, threading, tkinter
import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion
from pillion import async_loop

root = tkinter.Tk()
hook = None
kicks = 0
done = []

def install(loop):
    global hook
    hook = root.after(16, tick, loop)

def remove(loop):
    global hook
    root.after_cancel(hook)
    hook = None

def tick(loop):
    global hook, kicks
    hook = root.after(16, tick, loop)
    kicks += 1
    loop.kick()

host = Pillion.CallbackHost.new('tk')
host.set_install(install)
host.set_remove(remove)
async_loop.set_host(host)

async def some_async_func():
    await asyncio.sleep(0.1)
    return await asyncio.to_thread(threading.current_thread)

def done_callback(task):
    done.append(task.result())

def on_button():
    async_task = asyncio.ensure_future(some_async_func())
    async_task.add_done_callback(done_callback)
    async_loop.ensure_async_loop()

    loop = asyncio.get_event_loop()
    res = loop.run_until_complete(some_async_func())
    done.append(res)

def look():
    if len(done) == 2 and hook is None:
        root.destroy()
    else:
        root.after(10, look)

root.after(50, on_button)
root.after(60, look)
root.mainloop()
assert threading.main_thread() not in done
print('done')
'''
        done = subprocess.run(['xvfb-run', '-a', sys.executable, '-c', text], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, 'done\n'), done.stderr)


if __name__ == '__main__':
    tap.main()
