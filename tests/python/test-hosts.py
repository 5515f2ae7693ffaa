#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""pillion.hosts without a toolkit: what it imports, what it says if something is missing, and the base class of adapters."""

import asyncio
import os
import subprocess
import sys
import threading
import types
import unittest
import unittest.mock

sys.path.insert(0, os.path.dirname(__file__))
from support import MSEC, GLib, Pillion, guest, pillion, tap
import pillion.hosts
from pillion import hosts

TOOLKITS = ('PyQt5', 'PyQt6', 'PySide2', 'PySide6', 'bpy', 'pygame', 'tkinter', 'trio', 'wx')


class Host(hosts.Host):
    """Notes what it is told."""

    name = 'noting'

    def __init__(self, target=None):
        super().__init__()
        self.target = target
        self.said = []

    def watch(self, fd):
        self.said.append('watch')

    def unwatch(self, fd):
        os.fstat(fd)  # it is still there
        self.said.append('unwatch')

    def start_timer(self, delay):
        self.said.append(delay)

    def stop_timer(self):
        self.said.append('stop')

    def take(self):
        said, self.said = self.said, []
        return said


class Modules(unittest.TestCase):
    def run_python(self, text):
        return subprocess.run([sys.executable, '-c', text], capture_output=True, text=True, check=False)

    def test_a_coroutine_that_nothing_runs_is_told_of(self):
        begin = 'import pillion\nasync def wait():\n    pass\nfuture = pillion.ensure_future(wait())\n'
        self.assertRegex(self.run_python(begin).stderr, r'Nothing runs the event loop of .*wait\(\).*pillion.hosts.NAME.install \(\)')
        self.assertRegex(self.run_python('import tkinter\ntkinter._default_root = True\n' + begin).stderr, r'pillion.hosts.tk.install \(\)')

        # Also while the program goes on
        run = self.run_python('import logging, sys, threading\nimport pillion._hosted\npillion._hosted.PATIENCE = 0\n'
                              'told = threading.Event()\nhandler = logging.Handler()\nhandler.emit = lambda record: told.set()\n'
                              f'logging.getLogger("pillion").addHandler(handler)\n{begin}sys.exit(not told.wait(60))')
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_one_that_something_runs_is_not(self):
        for run in ('future.get_loop().run_until_complete(future)', 'Pillion.Loop.get_default().kick()'):
            with self.subTest(run=run):
                said = self.run_python('import pillion\nfrom gi.repository import Pillion\nasync def wait():\n    pass\n'
                                       f'future = pillion.ensure_future(wait())\n{run}')
                self.assertEqual((said.returncode, said.stderr), (0, ''))

    def test_importing_it_imports_no_toolkit(self):
        run = self.run_python('import sys, pillion.hosts\n'
                              'try:\n    pillion.hosts.detect()\nexcept RuntimeError as error:\n    print(error)\n'
                              f'print([name for name in {TOOLKITS!r} if name in sys.modules])')
        said = run.stdout.splitlines()
        self.assertRegex(said[0], 'no host was found')
        self.assertEqual(said[1], '[]', run.stderr)

    def test_a_missing_toolkit(self):
        for module, toolkit, package in (('tk', 'tkinter', 'python3-tk'), ('wx', 'wx', 'python3-wxgtk4.0'), ('trio', 'trio', 'python3-trio'),
                                         ('pygame', 'pygame', 'python3-pygame')):
            with self.subTest(module):
                run = self.run_python(f'import sys\nsys.modules[{toolkit!r}] = None\nimport pillion.hosts\npillion.hosts.{module}')
                self.assertIn(f'ImportError: pillion.hosts.{module} needs {toolkit}', run.stderr)
                self.assertIn(package, run.stderr)
        run = self.run_python('import pillion.hosts\npillion.hosts.blender')
        self.assertIn('ImportError: pillion.hosts.blender works only inside Blender', run.stderr)

    def test_no_window_yet(self):
        with self.assertRaisesRegex(RuntimeError, 'QApplication'):
            hosts.qt.install()
        with self.assertRaisesRegex(TypeError, 'not an application'):
            hosts.qt.install(object())
        with self.assertRaisesRegex(TypeError, 'start has to be a function'):
            hosts.generic.install(None)
        with self.assertRaisesRegex(RuntimeError, r'no running event loop: call install \(\) in a coroutine'):
            hosts.asyncio.install()
        with self.assertRaisesRegex(TypeError, 'rides on a Pillion loop'):
            hosts.asyncio.install(guest.asyncio_loop)

    def test_hosts_that_cannot_carry_a_loop(self):
        with unittest.mock.patch.dict(sys.modules, obspython=types.ModuleType('obspython')):
            with self.assertRaisesRegex(RuntimeError, 'OBS'):
                hosts.detect()

    def test_the_package_alone_is_enough(self):
        run = self.run_python('import pillion\nprint(pillion.hosts.generic.__name__, pillion.testing.__name__)')
        self.assertEqual(run.stdout, 'pillion.hosts.generic pillion.testing\n', run.stderr)

    def test_names(self):
        self.assertEqual(dir(hosts), sorted(hosts.__all__))
        with self.assertRaisesRegex(AttributeError, 'nothing'):
            hosts.nothing


class Base(unittest.TestCase):
    def setUp(self):
        self.addCleanup(guest.stop)
        self.host = Host()
        self.assertIs(self.host.carry(), guest)

    def work_off(self):
        while guest.is_riding():
            self.host.kick()

    def test_the_descriptor_is_watched_while_the_hook_is_away(self):
        self.work_off()
        self.assertNotIn('unwatch', self.host.take())
        guest.stop()
        self.assertEqual(self.host.take()[-1], 'unwatch')

    def test_a_timer_follows_the_deadline(self):
        # Again if the machine has paused the program for so long
        done = True
        while done:
            self.host.take()
            task = guest.sleep(5 * MSEC)
            self.host.tick()
            done = task.is_done()
        self.assertLessEqual(min(delay for delay in self.host.take() if isinstance(delay, int) and delay > 0), 5 * MSEC)
        task.cancel()

    def test_ticks_become_rare_while_nothing_happens(self):
        guest.hold()
        self.addCleanup(guest.release)
        self.host.kick()
        self.host.take()
        for _ in range(8):
            self.host.tick()
        self.assertEqual(max(delay for delay in self.host.take() if isinstance(delay, int)), 1_000_000)
        self.host.kick()
        self.assertEqual(self.host.take()[-1], 10_000)

    def test_another_host_takes_over(self):
        other = Host('another')
        other.carry(guest)
        self.assertEqual(self.host.take()[-1], 'unwatch')
        self.assertIs(guest.carrier, other)
        self.host.kick()  # a timer that was queued does nothing

    def test_the_same_host_stays(self):
        self.assertIs(Host().carry(guest), guest)
        self.assertIs(guest.carrier, self.host)

    def test_the_end_of_the_host(self):
        task = guest.sleep(5 * MSEC)
        self.host.end()
        self.assertEqual(self.host.take()[-1], 'unwatch')
        self.assertFalse(guest.is_riding())
        with self.assertRaisesRegex(Exception, 'has ended'):
            guest.ensure(self.host.host)
        self.assertTrue(guest.run_until_complete(task))

    def test_a_lost_hook(self):
        guest.hold()
        self.addCleanup(guest.release)
        self.host.take()
        self.host.lost()
        self.assertEqual([word for word in self.host.take() if word in ('watch', 'unwatch')], ['unwatch', 'watch', 'watch'])

    def test_a_host_carries_one_loop(self):
        other = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
        guest.hold()
        self.addCleanup(guest.release)
        with self.assertRaises(GLib.Error):
            other.ensure(self.host.host)
        other.close(10_000_000)

    def test_an_adapter_that_fails(self):
        class Broken(hosts.Host):
            def watch(self, fd):
                raise ZeroDivisionError('watch')

        with self.assertRaisesRegex(Exception, 'watch'):
            Broken().carry(guest)
        self.host.carry(guest)
        self.assertTrue(guest.is_riding())

    def test_a_thread_that_is_not_the_hosts(self):
        errors = []

        def install():
            try:
                Host().carry()
            except RuntimeError as error:
                errors.append(error)

        thread = threading.Thread(target=install)
        thread.start()
        thread.join()
        self.assertRegex(str(errors[0]), 'another thread is the host\'s')

    def test_coroutines_run_in_it(self):
        future = asyncio.ensure_future(asyncio.sleep(0, 'result'))
        while not future.done():
            self.host.kick()
        self.assertEqual(future.result(), 'result')


class ThreadOfItsOwn(unittest.TestCase):
    def test_the_host_need_not_be_on_the_main_thread(self):
        program = '''
import threading, time
import pillion.hosts

functions = []

def host():
    loop = pillion.hosts.generic.install(functions.append, functions.remove)
    future = pillion.ensure_future(work())
    while not future.done():
        for function in list(functions):
            function()
        time.sleep(0.001)
    print(future.result())
    loop.close(10_000_000)

async def work():
    import asyncio
    return await asyncio.sleep(0.01, 'result')

thread = threading.Thread(target=host)
thread.start()
thread.join()
'''
        run = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(run.stdout, 'result\n', run.stderr)


if __name__ == '__main__':
    tap.main()
