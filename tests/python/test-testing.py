#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""pillion.testing: tests on a virtual clock, and what they fail for."""

import asyncio
import contextvars
import functools
import gc
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
import weakref

import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.repository import Gio, GLib, Pillion, PillionHttp

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import pillion
import tap
from pillion import async_loop
from pillion.testing import Harness, TestCase

HOUR = 3600
USEC = 1_000_000

variable = contextvars.ContextVar('variable', default='unset')


def run(case, name='test'):
    """Runs a method of a test case, and returns the result."""
    result = unittest.TestResult()
    case(name).run(result)
    return result


class Running(TestCase):
    """Tests that are coroutines, and tests that aren't."""

    def setUp(self):
        self.started = time.monotonic()

    def tearDown(self):
        self.assertLess(time.monotonic() - self.started, 30)

    async def test_asyncio_s_clock_jumps(self):
        loop = asyncio.get_running_loop()
        start = loop.time()
        await asyncio.sleep(HOUR)
        self.assertAlmostEqual(loop.time() - start, HOUR, 3)

    async def test_timers_are_due_however_far_on_the_clock_is(self):
        for power in range(9):
            await asyncio.sleep(10.0 ** power)
            await asyncio.sleep(0.001)

    async def test_pillion_s_clock_jumps(self):
        start = self.loop.get_now()
        await self.loop.sleep(HOUR * USEC)
        self.assertEqual(self.loop.get_now() - start, HOUR * USEC)
        self.assertIs(self.loop, Pillion.Loop.get_default())

    async def test_a_timeout_takes_no_time(self):
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().create_future(), HOUR)

    def test_a_function_moves_the_clock_itself(self):
        task = asyncio.ensure_future(asyncio.sleep(HOUR, 'slept'))
        self.host.advance(HOUR * USEC - 1)
        self.assertFalse(task.done())
        self.host.advance(1)
        self.assertEqual(task.result(), 'slept')

    async def test_a_socket_that_is_quiet_does_not_stop_the_clock(self):
        async def serve(reader, writer):
            await reader.read()
            writer.close()

        server = await asyncio.start_server(serve, '127.0.0.1', 0)
        async with server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await asyncio.sleep(HOUR)
            writer.close()
            await asyncio.sleep(HOUR)

    async def test_subtests(self):
        for number in range(2):
            with self.subTest(number):
                await asyncio.sleep(HOUR)

    @unittest.expectedFailure
    async def test_an_expected_failure(self):
        await asyncio.sleep(HOUR)
        self.fail('as expected')

    async def test_skipping(self):
        self.skipTest('to see whether that works')


class RealWork(TestCase):
    """What takes real time. The timeouts are on the virtual clock, and would end everything at once."""

    quiet = 10.0  # a machine may be slow; nothing waits for so long

    async def test_a_thread_takes_the_time_that_it_takes(self):
        async with asyncio.timeout(0.001):
            self.assertEqual(await asyncio.to_thread(lambda: time.sleep(0.05) or 'done'), 'done')
            self.assertEqual(await self.loop.run_in_thread('work', lambda task, cancellable: time.sleep(0.05) or 'done'), 'done')

    async def test_a_plain_thread_calls(self):
        future = asyncio.get_running_loop().create_future()
        thread = threading.Thread(target=lambda: asyncio.run_coroutine_threadsafe(asyncio.sleep(HOUR), loop).result())
        loop = asyncio.get_running_loop()
        thread.start()
        threading.Thread(target=lambda: (thread.join(), loop.call_soon_threadsafe(future.set_result, 'joined'))).start()
        self.assertEqual(await future, 'joined')

    async def test_http(self):
        with PillionHttp.TestServer() as server:
            server.add_bytes('/hello', b'hello')
            async with asyncio.timeout(0.001):
                self.assertEqual(await PillionHttp.Client().get_bytes(server.get_url() + '/hello'), b'hello')

    async def test_gio(self):
        async with asyncio.timeout(0.001):
            contents = await pillion.gio(Gio.File.new_for_path(__file__).load_contents_async)
        self.assertIn(b'test_gio', contents.contents)

    async def test_sockets_of_asyncio(self):
        async def serve(reader, writer):
            await asyncio.to_thread(time.sleep, 0.02)
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, '127.0.0.1', 0)
        async with server:
            async with asyncio.timeout(0.001):
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                writer.write(b'hello\n')
                self.assertEqual(await reader.readline(), b'hello\n')
                writer.close()
                await writer.wait_closed()
            # A server that only listens doesn't stop the clock
            await asyncio.sleep(HOUR)

    async def test_a_subprocess(self):
        async with asyncio.timeout(HOUR):
            process = await asyncio.create_subprocess_exec('sleep', '0.05')
            self.assertEqual(await process.wait(), 0)


class WithoutANetwork(TestCase):
    """A transport answers on the loop's clock."""

    async def asyncSetUp(self):
        self.transport = PillionHttp.TestTransport()
        self.client = PillionHttp.Client(transport=self.transport, base_url='https://example.org')

    async def test_a_coroutine_answers_in_virtual_time(self):
        async def answer(exchange, text):
            await asyncio.sleep(HOUR)
            exchange.set_text(text + exchange.get_body().decode())

        self.client.set_properties(first_byte_timeout_usec=0, idle_timeout_usec=0)
        self.transport.add_handler('/echo', answer, 'said ')
        start = asyncio.get_running_loop().time()
        response = await self.client.post('/echo', content=b'hello')
        self.assertEqual(response.text, 'said hello')
        self.assertEqual(asyncio.get_running_loop().time() - start, HOUR)

    async def test_a_limit_ends_a_call(self):
        def slow(exchange):
            exchange.set_text('late')
            exchange.set_delay(2 * HOUR * 1000000)

        self.transport.add_handler('/', slow)
        start = asyncio.get_running_loop().time()
        with self.assertRaises(TimeoutError):
            await self.client.get('/', timeout=20)
        self.assertEqual(asyncio.get_running_loop().time() - start, 20)

    async def test_a_handler_that_raises_is_a_500(self):
        def fail(exchange):
            raise ValueError('no')

        self.transport.add_handler('/', fail)
        self.assertEqual((await self.client.get('/')).status, 500)

    async def test_errors_and_bytes(self):
        self.transport.add_error('https://example.com/', GLib.Error.new_literal(Gio.io_error_quark(), 'refused', Gio.IOErrorEnum.CONNECTION_REFUSED))
        self.transport.add_bytes('/', b'bytes')
        with self.assertRaises(GLib.Error) as caught:
            await self.client.get('https://example.com/')
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CONNECTION_REFUSED))
        self.assertEqual(await self.client.get_bytes('/'), b'bytes')
        self.assertEqual(self.transport.get_n_requests(None), 2)

    async def test_a_file_goes_both_ways(self):
        with tempfile.TemporaryDirectory() as folder:
            sent, received = pathlib.Path(folder, 'sent'), pathlib.Path(folder, 'received')
            sent.write_bytes(b'x' * 1000000)
            self.transport.add_handler('/echo', lambda exchange: exchange.set_body(exchange.get_body()))
            self.assertEqual(len((await self.client.post('/echo', content=sent)).content), 1000000)
            self.transport.add_bytes('/file', b'y' * 1000000)
            await self.client.download('/file', received)
            self.assertEqual(received.read_bytes(), b'y' * 1000000)


class WebSockets(TestCase):
    """The same handlers over a network and without one"""

    def routes(self):
        server = PillionHttp.TestServer()
        self.addCleanup(server.close)
        transport = PillionHttp.TestTransport()
        yield server, PillionHttp.Client(base_url=server.get_url())
        yield transport, PillionHttp.Client(transport=transport, base_url='https://example.org')

    async def test_messages_go_both_ways(self):
        async def echo(exchange):
            socket = exchange.accept_web_socket('chat')
            async for message in socket:
                await socket.send(message)

        for routes, client in self.routes():
            routes.add_handler('/echo', echo)
            async with client.websocket('/echo', protocols=['chat']) as socket:
                self.assertEqual(socket.subprotocol, 'chat')
                for message in 'äö', b'\0\xff', '', b'x' * 3_000_000:
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), message)
            self.assertEqual(socket.close_code, 1000)

    async def test_a_handler_that_raises_closes_with_1011(self):
        async def fail(exchange):
            exchange.accept_web_socket()
            raise ValueError('out of order')

        for routes, client in self.routes():
            routes.add_handler('/fail', fail)
            async with client.websocket('/fail') as socket:
                with self.assertRaises(GLib.Error) as caught:
                    await socket.recv()
            self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.WEB_SOCKET_CLOSED))
            self.assertEqual((socket.close_code, socket.close_reason), (1011, 'ValueError: out of order'))

    async def test_faults_arrive(self):
        async def close(exchange):
            await exchange.accept_web_socket().close(4000, 'enough')

        async def cut(exchange):
            await exchange.accept_web_socket().send('last')
            exchange.cut()

        def mute(exchange):
            exchange.set_mute(True)
            kept.append(exchange.accept_web_socket())

        kept = []
        for routes, client in self.routes():
            routes.add_handler('/close', close)
            async with client.websocket('/close') as socket:
                with self.assertRaises(GLib.Error):
                    await socket.recv()
            self.assertEqual((socket.close_code, socket.close_reason), (4000, 'enough'))

            routes.add_handler('/cut', cut)
            async with client.websocket('/cut') as socket:
                self.assertEqual(await socket.recv(), 'last')
                with self.assertRaises(GLib.Error) as caught:
                    await socket.recv()
            self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.TRUNCATED))

            routes.add_handler('/mute', mute)
            async with client.websocket('/mute') as socket:
                socket.set_ping_interval_usec(50_000)
                with self.assertRaises(TimeoutError):
                    await socket.recv()
            with self.assertRaises(GLib.Error):
                await kept.pop().recv()

    async def test_a_request_for_something_else_is_told(self):
        def echo(exchange):
            exchange.accept_web_socket()

        for routes, client in self.routes():
            routes.add_handler('/echo', echo)
            with self.assertRaises(PillionHttp.StatusError) as caught:
                await client.get_bytes('/echo')
            self.assertEqual(caught.exception.status, 500)
            self.assertIn("doesn't ask for a WebSocket", caught.exception.response.text)

    async def test_a_sleeping_handler_takes_virtual_time(self):
        async def slow(exchange):
            exchange.set_delay(7_000_000)
            socket = exchange.accept_web_socket()
            await asyncio.sleep(3600)
            await socket.send('late')

        transport = PillionHttp.TestTransport()
        transport.add_handler('/slow', slow)
        now = asyncio.get_running_loop().time
        start = now()
        async with PillionHttp.Client(transport=transport).websocket('wss://example.org/slow') as socket:
            self.assertEqual(now() - start, 7)
            self.assertEqual(await socket.recv(), 'late')
            self.assertEqual(now() - start, 3600)


class Isolated(unittest.TestCase):
    """Each test has a loop of its own."""

    def test_what_is_called_and_when(self):
        said = []

        class Case(TestCase):
            def setUp(self):
                said.append('setUp')
                self.addCleanup(said.append, 'cleanup')

            def tearDown(self):
                said.append('tearDown')

            async def asyncSetUp(self):
                await asyncio.sleep(HOUR)
                said.append('asyncSetUp')
                variable.set('set')

            async def asyncTearDown(self):
                await asyncio.sleep(HOUR)
                said.append('asyncTearDown')

            async def clean_up(self, what):
                await asyncio.sleep(HOUR)
                said.append(f'{what}, {variable.get()}')

            async def __aenter__(self):
                return 'entered'

            async def __aexit__(self, *args):
                said.append('left')

            async def test(self):
                self.addAsyncCleanup(self.clean_up, 'async cleanup')
                said.append(await self.enterAsyncContext(self))
                said.append(variable.get())

            def test_function(self):
                said.append(variable.get())

        self.assertTrue(run(Case).wasSuccessful())
        self.assertEqual(said, ['setUp', 'asyncSetUp', 'entered', 'set', 'asyncTearDown', 'tearDown', 'left', 'async cleanup, set',
                                'cleanup'])
        said.clear()
        self.assertTrue(run(Case, 'test_function').wasSuccessful())
        self.assertEqual(said, ['setUp', 'asyncSetUp', 'set', 'asyncTearDown', 'tearDown', 'cleanup'])
        self.assertEqual(variable.get(), 'unset')

    def test_asynchronous_parts_fail(self):
        for part in ('asyncSetUp', 'asyncTearDown'):
            async def fail(self):
                raise ValueError(part)

            async def test(self):
                pass

            with self.subTest(part):
                result = run(type('Case', (TestCase,), {part: fail, 'test': test}))
                self.assertEqual(len(result.errors), 1)
                self.assertIn(f'ValueError: {part}', result.errors[0][1])

    def test_a_function_that_returns_a_coroutine(self):
        said = []

        class Case(TestCase):
            async def wait(self):
                said.append(await asyncio.sleep(HOUR, 'slept'))

            test = functools.partialmethod(wait)

        self.assertTrue(run(Case).wasSuccessful())
        self.assertEqual(said, ['slept'])

    def test_a_test_that_ran_keeps_no_loop(self):
        class Case(TestCase):
            async def test(self):
                self.seen = weakref.ref(self.loop), weakref.ref(asyncio.get_running_loop())

        case = Case('test')
        before = set(vars(case))
        case.run(unittest.TestResult())
        gc.collect()
        self.assertEqual(set(vars(case)) - before, {'seen'})
        self.assertEqual([ref() for ref in case.seen], [None, None])

    def test_nothing_is_left(self):
        loops = []

        class Case(TestCase):
            async def test(self):
                loops.append((self.loop, asyncio.get_running_loop(), self.host))

            def debugged(self):
                loops.append((self.loop, asyncio.get_event_loop(), self.host))

        run(Case)
        run(Case)
        Case('debugged').debug()
        self.assertEqual([len({id(loop[index]) for loop in loops}) for index in range(3)], [3, 3, 3])
        for guest, loop, host in loops:
            self.assertTrue(guest.is_closed())
            self.assertTrue(loop.is_closed())
        self.assertIs(sys.excepthook, sys.__excepthook__)
        # A current loop that works, on the real clock
        self.assertFalse(Pillion.Loop.get_default().is_closed())
        start = time.monotonic()
        self.assertEqual(asyncio.get_event_loop().run_until_complete(asyncio.sleep(0.02, 'slept')), 'slept')
        self.assertGreater(time.monotonic() - start, 0.015)

    def test_what_was_there_before_is_dropped(self):
        async_loop.ensure_async_loop()
        loop = asyncio.get_event_loop()
        task = loop.create_task(asyncio.sleep(HOUR))
        harness = Harness()
        self.assertEqual(harness.run(asyncio.sleep(HOUR, 'slept')), 'slept')
        harness.check()
        harness.close()
        harness.close()
        self.assertTrue(task.cancelled())
        self.assertTrue(loop.is_closed())

    def test_not_inside_an_event_loop(self):
        async def nested():
            with self.assertRaisesRegex(RuntimeError, 'inside an event loop'):
                Harness()

        pillion.run(nested())


class Failing(unittest.TestCase):
    """What a test fails for, and what it says then."""

    def fails_with(self, words, test, **attributes):
        """Returns the whole message."""
        result = run(type('Case', (TestCase,), {'test': test, **attributes}))
        self.assertEqual((len(result.failures), result.errors), (1, []))
        self.assertRegex(result.failures[0][1], words)
        return result.failures[0][1]

    def place(self, test, line=1):
        return rf'{re.escape(__file__)}:{test.__code__.co_firstlineno + line}'

    def test_an_assertion(self):
        async def test(self):
            asyncio.ensure_future(asyncio.sleep(HOUR))
            self.fail('by itself')

        # What it left behind says nothing then, and the traceback is the test's
        said = self.fails_with('AssertionError: by itself', test)
        self.assertNotIn('_harness.py', said)

    def test_a_coroutine_that_is_left(self):
        async def linger():
            await asyncio.sleep(HOUR)

        async def test(self):
            asyncio.get_running_loop().create_task(linger(), name='lingering')

        self.fails_with(rf"'lingering' of .*linger \(\) \({self.place(linger)}\) has not ended", test)

    def test_a_task_that_is_left(self):
        async def test(self):
            self.left = self.loop.sleep(HOUR)

        self.fails_with(rf"'sleep' \({self.place(test)}\) has not ended", test)

    def test_a_task_that_a_function_left(self):
        def test(self):
            asyncio.ensure_future(asyncio.sleep(HOUR))

        self.fails_with(r"'Task-\d+' of sleep \(\) .* has not ended", test)

    def test_a_thread_that_is_left(self):
        event = threading.Event()
        self.addCleanup(event.set)

        async def test(self):
            self.left = asyncio.get_running_loop().run_in_executor(None, event.wait)

        self.fails_with('Case.test: a function in a thread has not ended', test)

    def test_an_exception_that_nobody_saw(self):
        async def fail():
            raise ValueError('of a task')

        async def test(self):
            asyncio.get_running_loop().create_task(fail(), name='failing')
            await asyncio.sleep(HOUR)

        said = self.fails_with("'failing': Task exception was never retrieved: ValueError: of a task", test)
        self.assertIn('in fail', said)  # its own traceback

    def test_an_exception_in_a_cycle(self):
        async def fail():
            raise ValueError('in a cycle')

        async def test(self):
            task = asyncio.ensure_future(fail())
            task.itself = [task]
            await asyncio.sleep(0)
            del task

        gc.disable()
        self.addCleanup(gc.enable)
        self.fails_with('ValueError: in a cycle', test)

    def test_a_failure_that_nobody_looked_at(self):
        async def test(self):
            Pillion.Task.new(self.loop, 'lost').return_error(GLib.Error('as said'))

        self.fails_with(rf"'lost' \({self.place(test)}\) failed, and nothing handled its error: as said", test)

    def test_exceptions_in_callbacks(self):
        def fail(kind):
            raise kind('in a callback')

        async def test(self):
            self.loop.call_soon(fail, ValueError)
            asyncio.get_running_loop().call_soon(fail, KeyError)

        said = self.fails_with('Exception in callback .*KeyError.*; a callback raised an exception: ValueError: in a callback', test)
        self.assertIn('ExceptionGroup: errors that nothing handled (2', said)

    def test_a_test_that_never_ends(self):
        async def wait():
            await asyncio.get_running_loop().create_future()

        async def test(self):
            await wait()

        self.fails_with(rf'Case.test has waited for 0.1 s, and nothing happens: .* of .*\({self.place(wait)}\)', test, patience=0.1)

    def test_a_task_that_never_ends(self):
        async def test(self):
            await Pillion.Task.new(self.loop, 'answer')

        self.fails_with(rf"nothing happens: .*\({self.place(test)}\); 'answer' \({self.place(test)}\)", test, patience=0.1)

    def test_a_test_that_goes_on_for_ever(self):
        for pause in (HOUR, 0):
            async def test(self):
                while True:
                    await asyncio.sleep(pause)

            with self.subTest(pause):
                self.fails_with('has not ended after 0.2 s', test, limit=0.2)

    def test_a_test_that_refuses_to_end(self):
        async def test(self):
            while True:
                try:
                    await asyncio.sleep(HOUR)
                except asyncio.CancelledError:
                    pass

        self.fails_with('has not ended after 0.1 s', test, limit=0.1)

    def test_the_next_test_is_not_disturbed(self):
        async def fail(self):
            self.left = [self.loop.sleep(HOUR), asyncio.ensure_future(asyncio.sleep(HOUR))]

        async def test(self):
            await asyncio.sleep(HOUR)

        self.fails_with('has not ended', fail)
        self.assertTrue(run(type('Case', (TestCase,), {'test': test})).wasSuccessful())


PLUGIN = '''
    import asyncio

    import pytest
    from gi.repository import Pillion


    said = []


    @pytest.fixture
    def slept(pillion_test):
        return pillion_test.run(asyncio.sleep(3600, 'slept'))


    @pytest.fixture
    async def awaited():
        return await asyncio.sleep(3600, 'awaited')


    @pytest.fixture
    async def background(awaited):
        task = asyncio.get_running_loop().create_task(asyncio.Event().wait(), name='background')
        yield task
        await asyncio.sleep(3600)
        task.cancel()
        said.append('cancelled')


    class TestMethods:
        @pytest.fixture
        async def mine(self):
            return self

        async def test_method(self, pillion_test, mine):
            await asyncio.sleep(3600)
            assert mine is self


    async def test_by_argument(pillion_test, slept, awaited):
        start = pillion_test.loop.get_now()
        await asyncio.sleep(3600)
        assert (slept, awaited, pillion_test.loop.get_now() - start) == ('slept', 'awaited', 3_600_000_000)


    async def test_background(background, pillion_test):
        await asyncio.sleep(3600)
        assert not background.done() and not said


    def test_background_has_ended(pillion_test, background):
        assert not background.done() and said == ['cancelled']


    @pytest.mark.usefixtures('pillion_test')
    @pytest.mark.parametrize('seconds', [1, 3600])
    async def test_by_mark(seconds):
        await asyncio.sleep(seconds)


    def test_function(pillion_test):
        task = pillion_test.loop.sleep(1000)
        pillion_test.host.advance(1000)
        assert task.done()


    def test_other():
        pass


    async def test_fails(pillion_test):
        await asyncio.sleep(3600)
        assert 'this' == 'that'


    async def test_leaves_something(pillion_test):
        asyncio.get_running_loop().create_task(asyncio.sleep(3600), name='left')


    def test_function_leaves_something(pillion_test):
        pillion_test.left = pillion_test.loop.sleep(1000)
'''


@unittest.skipUnless(importlib.util.find_spec('pytest'), 'pytest is not installed')
class Plugin(unittest.TestCase):
    def pytest(self, *arguments, **files):
        with tempfile.TemporaryDirectory(prefix='pillion-pytest-') as folder:
            for name, text in files.items():
                pathlib.Path(folder, f'{name}.py').write_text(textwrap.dedent(text), encoding='utf-8')
            run = subprocess.run([sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider', '-q', '-rA', *arguments], cwd=folder, text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        return run.stdout

    def test_tests_that_use_it(self):
        for arguments, conftest in ((['-p', 'pillion_pytest'], ''), ([], 'pytest_plugins = ["pillion_pytest"]\n')):
            with self.subTest(arguments):
                said = self.pytest(*arguments, conftest=conftest, test_all=PLUGIN)
                self.assertEqual(re.findall(r'^PASSED test_all\.py::(\S+)', said, re.MULTILINE),
                                 ['TestMethods::test_method', 'test_by_argument', 'test_background', 'test_background_has_ended',
                                  'test_by_mark[1]', 'test_by_mark[3600]', 'test_function', 'test_other',
                                  'test_leaves_something', 'test_function_leaves_something'], said)
                self.assertEqual(re.findall(r'^FAILED test_all\.py::(\S+)', said, re.MULTILINE), ['test_fails'], said)
                # That is found when the fixtures have ended
                self.assertEqual(re.findall(r'^ERROR test_all\.py::(\S+)', said, re.MULTILINE),
                                 ['test_leaves_something', 'test_function_leaves_something'], said)
                self.assertIn("assert 'this' == 'that'", said)
                self.assertRegex(said, "test_leaves_something: 'left' of sleep .* has not ended")
                self.assertRegex(said, r"test_function_leaves_something: 'sleep' \(.*/test_all\.py:\d+\) has not ended")
                self.assertNotIn('_harness.py', said)

    def test_it_imports_nothing_for_tests_that_do_not_use_it(self):
        said = self.pytest('-p', 'pillion_pytest', test_plain='''
            import sys

            def test_plain():
                assert 'pillion' not in sys.modules and 'gi' not in sys.modules
            ''')
        self.assertIn('1 passed', said)

    def test_test_cases(self):
        said = self.pytest(test_case='''
            import asyncio
            from pillion.testing import TestCase

            class Case(TestCase):
                async def test_good(self):
                    await asyncio.sleep(3600)

                def test_function(self):
                    self.host.advance(1000)

                async def test_bad(self):
                    asyncio.ensure_future(asyncio.sleep(3600))
            ''')
        self.assertEqual(re.findall(r'^PASSED test_case\.py::Case::(\S+)', said, re.MULTILINE), ['test_function', 'test_good'], said)
        self.assertEqual(re.findall(r'^FAILED test_case\.py::Case::(\S+)', said, re.MULTILINE), ['test_bad'], said)


if __name__ == '__main__':
    tap.main()
