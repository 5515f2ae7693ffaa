#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What concerns the process as a whole: its end, its signals, its children, its interpreters"""

import unittest

from support import run_script, tap


class Case(unittest.TestCase):
    def check(self, text, status=0, stderr='', **env):
        done = run_script(text, **env)
        self.assertEqual((done.returncode, done.stderr if stderr == '' else ''), (status, ''), done.stdout + done.stderr)
        if stderr:
            self.assertRegex(done.stderr, stderr)
        return done.stdout


class Exit(Case):
    def test_with_tasks_pending(self):
        self.check('''
            import asyncio
            from pillion import async_loop
            task = asyncio.ensure_future(asyncio.sleep(3600))
            async_loop.ensure_async_loop()
            async_loop.kick_async_loop()
            ''')

    def test_with_a_task_that_never_began(self):
        self.check('''
            import asyncio
            from pillion import async_loop
            asyncio.ensure_future(asyncio.sleep(3600))
            async_loop.ensure_async_loop()
            ''', stderr='^|never awaited')

    def test_inside_a_passenger(self):
        self.check('''
            import asyncio, sys
            import pillion
            from pillion import async_loop
            from gi.repository import GLib
            asyncio.ensure_future(asyncio.sleep(3600))
            async_loop.ensure_async_loop()
            main_loop = GLib.MainLoop()
            GLib.timeout_add(20, main_loop.quit)
            main_loop.run()
            assert async_loop.guest.is_passenger()
            ''')

    def test_with_a_thread_that_blocks(self):
        self.check('''
            import asyncio, time
            from pillion import async_loop
            async_loop.setup_asyncio_executor()
            task = asyncio.ensure_future(asyncio.to_thread(time.sleep, 3600))
            async_loop.ensure_async_loop()
            for _ in range(20):
                async_loop.kick_async_loop()
                time.sleep(0.001)
            ''')

    def test_without_setting_up_an_executor(self):
        self.check('''
            import asyncio, time
            from pillion import async_loop
            task = asyncio.ensure_future(asyncio.to_thread(time.sleep, 3600))
            for _ in range(20):
                async_loop.kick_async_loop()
                time.sleep(0.001)
            ''')

    def test_with_a_loop_on_a_thread(self):
        """What is done at exit leaves it alone"""
        self.assertEqual(self.check('''
            import asyncio, threading
            import pillion
            loop = pillion.EventLoop()
            loop._detach()
            running = threading.Event()

            def work():
                # While it waits in C
                loop.call_soon(lambda: loop._guest.call_soon(running.set))
                loop.run_forever()
                print('stopped')

            thread = threading.Thread(target=work)
            thread.start()
            running.wait()
            pillion._loop._at_exit()
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0.001), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
            '''), 'stopped\n')

    def test_status_of_a_task(self):
        self.check('''
            import sys
            import pillion

            async def work():
                sys.exit(7)

            pillion.run(work())
            ''', status=7)


class Signals(Case):
    def test_interrupt_while_it_waits_in_c(self):
        self.assertEqual(self.check('''
            import asyncio, os, signal, threading, time
            import pillion
            loop = pillion.EventLoop()
            # It begins when nothing but the interrupt can end what comes
            loop.call_soon(threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start)
            before = signal.set_wakeup_fd(-1)
            try:
                loop.run_until_complete(asyncio.sleep(3600))
            except KeyboardInterrupt:
                print('interrupted')
            assert signal.set_wakeup_fd(-1) == before
            print(loop.run_until_complete(asyncio.sleep(0.01, 'goes on')))
            loop.close()
            '''), 'interrupted\ngoes on\n')

    def test_interrupt_of_run(self):
        self.assertEqual(self.check('''
            import asyncio, os, signal, threading
            import pillion

            async def work():
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
                try:
                    await asyncio.sleep(3600)
                finally:
                    print('cancelled')

            try:
                pillion.run(work())
            except KeyboardInterrupt:
                print('interrupted')
            '''), 'cancelled\ninterrupted\n')

    def test_interrupt_between_kicks(self):
        self.assertEqual(self.check('''
            import asyncio, os, signal, threading, time
            from pillion import async_loop
            task = asyncio.ensure_future(asyncio.sleep(3600))
            asyncio.get_event_loop().call_soon(threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start)
            try:
                while not async_loop.kick_async_loop():
                    time.sleep(0.001)
            except KeyboardInterrupt:
                print('interrupted')
            '''), 'interrupted\n')

    def test_handler_in_a_main_loop_of_glib(self):
        """Added before, or while it runs, which brings a descriptor of its own for signals"""
        for early in 'True', 'False':
            with self.subTest(early):
                self.assertEqual(self.check(f'''
                    import asyncio, os, signal
                    from gi.repository import GLib
                    from pillion import async_loop
                    async_loop.set_host(None)
                    loop, main_loop = asyncio.get_event_loop(), GLib.MainLoop()

                    def stop():
                        print('called')
                        main_loop.quit()

                    def add():
                        loop.add_signal_handler(signal.SIGTERM, stop)

                    add() if {early} else loop.call_soon(add)
                    loop.call_later(0.02, os.kill, os.getpid(), signal.SIGTERM)
                    GLib.timeout_add_seconds(30, main_loop.quit)
                    main_loop.run()
                    '''), 'called\n')

    def test_handler_in_a_gio_application(self):
        """Added before it runs, when it starts, and in a coroutine"""
        for when in 'before', 'startup', 'coroutine':
            with self.subTest(when):
                self.assertEqual(self.check(f'''
                    import asyncio, os, signal
                    from gi.repository import Gio, GLib
                    from pillion import async_loop
                    async_loop.set_host(None)
                    loop = asyncio.get_event_loop()
                    app = Gio.Application(application_id=None, flags=Gio.ApplicationFlags.NON_UNIQUE)

                    def stop():
                        print('called')
                        app.release()

                    def add():
                        loop.add_signal_handler(signal.SIGTERM, stop)

                    async def work():
                        await asyncio.sleep(0)
                        if {when!r} == 'coroutine':
                            add()
                        await asyncio.sleep(0.02)
                        os.kill(os.getpid(), signal.SIGTERM)

                    def on_startup(app):
                        app.hold()
                        if {when!r} == 'startup':
                            add()
                        asyncio.create_task(work())

                    app.connect('startup', on_startup)
                    app.connect('activate', lambda app: None)
                    GLib.timeout_add_seconds(30, app.quit)
                    if {when!r} == 'before':
                        add()
                    app.run()
                    '''), 'called\n')

    def test_the_hosts_descriptor_for_signals(self):
        """It stays where it is, gets all signals, and is there afterwards"""
        self.assertEqual(self.check('''
            import asyncio, os, signal, socket, time
            import pillion
            from pillion import async_loop
            ours, host = socket.socketpair()
            ours.setblocking(False)
            host.setblocking(False)
            loop = asyncio.get_event_loop()
            signal.signal(signal.SIGUSR2, lambda *_: None)

            def is_the_hosts():
                return signal.set_wakeup_fd(host.fileno(), warn_on_full_buffer=False) == host.fileno()

            signal.set_wakeup_fd(host.fileno(), warn_on_full_buffer=False)
            loop.add_signal_handler(signal.SIGUSR1, print, 'called')
            print(is_the_hosts())
            os.kill(os.getpid(), signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGUSR2)
            async_loop.ensure_async_loop()
            while not async_loop.kick_async_loop():
                time.sleep(0.001)
            print(sorted(ours.recv(10)) == [signal.SIGUSR1, signal.SIGUSR2])
            # In a wait that has taken it for the time
            loop.call_later(0.02, os.kill, os.getpid(), signal.SIGUSR2)
            loop.run_until_complete(asyncio.sleep(0.1))
            print(ours.recv(10) == bytes((signal.SIGUSR2,)), is_the_hosts())
            loop.remove_signal_handler(signal.SIGUSR1)
            print(is_the_hosts())
            pillion.run(asyncio.sleep(0.01))
            print(is_the_hosts())
            '''), 'True\ncalled\nTrue\nTrue True\nTrue\nTrue\n')

    def test_handler_that_was_removed_meanwhile(self):
        self.assertEqual(self.check('''
            import asyncio, os, signal, threading
            import pillion
            loop = pillion.EventLoop()

            async def work():
                loop.add_signal_handler(signal.SIGUSR1, print, 'got it')
                os.kill(os.getpid(), signal.SIGUSR1)
                await asyncio.sleep(0.05)
                loop.remove_signal_handler(signal.SIGUSR1)
                threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
                await asyncio.sleep(3600)

            try:
                loop.run_until_complete(work())
            except KeyboardInterrupt:
                print('interrupted')
            loop.close()
            '''), 'got it\ninterrupted\n')


class Fork(Case):
    def test_child_of_a_process_with_a_loop(self):
        self.assertEqual(self.check('''
            import asyncio, os, sys, time
            import pillion
            from pillion import async_loop
            loop = asyncio.get_event_loop()
            task = asyncio.ensure_future(asyncio.sleep(0.05, 'parent'))
            async_loop.ensure_async_loop()
            async_loop.kick_async_loop()
            # A thread that is just starting has locks that the child would find locked
            time.sleep(0.2)
            child = os.fork()
            if child == 0:
                for call in (loop.run_forever, lambda: loop.call_soon(print), lambda: loop.call_later(1, print)):
                    try:
                        call()
                    except RuntimeError as error:
                        assert 'parent of this process' in str(error), error
                    else:
                        os._exit(1)
                loop.close()
                # A new one works, and does not take what is the parent's
                print(pillion.run(asyncio.sleep(0.01, 'child')), flush=True)
                new = pillion.EventLoop()
                task = new.create_task(asyncio.to_thread(os.getpid))
                while not task.done():
                    new._guest.kick()
                assert task.result() == os.getpid()
                sys.exit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            while not async_loop.kick_async_loop():
                pass
            print(task.result())
            '''), 'child\nparent\n')

    def test_signal_to_the_child(self):
        self.assertEqual(self.check('''
            import asyncio, os, signal
            import pillion
            loop = pillion.EventLoop()
            loop.add_signal_handler(signal.SIGTERM, print, 'the parent got it')
            child = os.fork()
            if child == 0:
                signal.raise_signal(signal.SIGTERM)
                os._exit(0)
            os.waitpid(child, 0)
            loop.run_until_complete(asyncio.sleep(0))
            loop.run_until_complete(asyncio.sleep(0.001))
            loop.close()
            '''), '')

    def test_multiprocessing(self):
        self.assertEqual(self.check('''
            import asyncio, concurrent.futures, multiprocessing, os
            import pillion

            def work(number):
                return pillion.run(asyncio.sleep(0.001, number)) + 1

            async def main():
                with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context('fork')) as executor:
                    loop = asyncio.get_running_loop()
                    return await asyncio.gather(*(loop.run_in_executor(executor, work, number) for number in range(4)))

            print(pillion.run(main()))
            '''), '[1, 2, 3, 4]\n')


class Interpreters(Case):
    def test_refused(self):
        self.assertEqual(self.check('''
            try:
                import _xxsubinterpreters as interpreters
            except ImportError:
                import _interpreters as interpreters
            other = interpreters.create()
            interpreters.run_string(other, """
            try:
                import pillion
            except ImportError as error:
                print('refused:', error)
            """.replace('            ', ''))
            '''), 'refused: pillion works in the main interpreter of a process only, because PyGObject does. Scripts of a program that '
                        'gives each an interpreter of its own, such as WeeChat, can\'t use it\n')


if __name__ == '__main__':
    tap.main()
