#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Asynchronous calls of GIO and libsoup, awaited with pillion.gio ()"""

import asyncio
import contextlib
import gc
import os
import socket
import tempfile
import threading

import gi
from gi import Repository
from gi._gi import Direction
try:
    gi.require_version('Soup', '3.0')
    from gi.repository import Soup
except (ImportError, ValueError):
    Soup = None
from gi.repository import Gio
from pillion import _gio
from support import Case, GLib, Pillion, all_ways, guest, pillion, tap, turns, unittest

URL = os.environ['PILLION_TEST_URL']


class GioCase(Case):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-gio-')
        self.addCleanup(temporary.cleanup)  # when nothing uses it any more
        super().setUp()
        self.folder = Gio.File.new_for_path(temporary.name)
        self.file = self.folder.get_child('file')
        self.file.replace_contents(b'one\ntwo\n', None, False, Gio.FileCreateFlags.NONE, None)

    def pipe(self):
        """A stream of what is written to the descriptor"""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        return Gio.UnixInputStream.new(reading, True), writing


class Calls(GioCase):
    @all_ways
    async def test_interface(self):
        ok, contents, etag = await pillion.gio(self.file.load_contents_async)
        self.assertEqual((ok, contents), (True, b'one\ntwo\n'))
        self.assertIsInstance(etag, str)

    @all_ways
    async def test_priority(self):
        """Left out, by position, and by name"""
        attributes, flags = 'standard::size', Gio.FileQueryInfoFlags.NONE
        for arguments, names in (((attributes, flags), {}), ((attributes, flags, GLib.PRIORITY_LOW), {}),
                                 ((attributes, flags), {'io_priority': GLib.PRIORITY_HIGH}),
                                 ((attributes,), {'flags': flags}), ((), {'flags': flags, 'attributes': attributes})):
            info = await pillion.gio(self.file.query_info_async, *arguments, **names)
            self.assertEqual(info.get_size(), 8)

    @all_ways
    async def test_finish_function_of_another_name(self):
        other = self.folder.get_child('other')
        for name, content in (('replace_contents_bytes_async', GLib.Bytes.new(b'content')), ('replace_contents_async', b'content')):
            if hasattr(other, name):
                await pillion.gio(getattr(other, name), content, None, False, Gio.FileCreateFlags.NONE)
                self.assertEqual((await pillion.gio(other.load_contents_async))[1], b'content')

    @all_ways
    async def test_length_arguments(self):
        output = await pillion.gio(self.file.replace_async, None, False, Gio.FileCreateFlags.NONE)
        ok, written = await pillion.gio(output.write_all_async, b'a\0b')
        self.assertEqual((ok, written), (True, 3))
        self.assertEqual(await pillion.gio(output.write_bytes_async, GLib.Bytes.new(b'cd')), 2)
        self.assertTrue(await pillion.gio(output.close_async))
        self.assertEqual(self.file.load_contents(None)[1], b'a\0bcd')

    @all_ways
    async def test_static_functions_and_constructors(self):
        address = Gio.InetAddress.new_from_string('127.0.0.1')
        names = await pillion.gio(Gio.Resolver.get_default().lookup_by_name_async, 'localhost')
        self.assertTrue(any(name.equal(address) or name.get_is_loopback() for name in names))
        if hasattr(Gio.File, 'new_tmp_async'):
            file, stream = await pillion.gio(Gio.File.new_tmp_async, 'pillion-XXXXXX')
            self.assertTrue(await pillion.gio(stream.close_async))
            self.assertTrue(await pillion.gio(file.delete_async))
        # There is no bus at this address, which is what comes back from the finish function of the constructor
        with self.assertRaises(GLib.Error):
            await pillion.gio(Gio.DBusConnection.new_for_address, 'unix:path=/nonexistent/bus',
                              Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT, None)

    @all_ways
    async def test_finish_function_that_takes_the_result_alone(self):
        def stream(text):
            return Gio.SimpleIOStream.new(Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(text)), Gio.MemoryOutputStream.new_resizable())

        one, two = stream(b'one'), stream(b'two')
        self.assertTrue(await pillion.gio(one.splice_async, two, Gio.IOStreamSpliceFlags.WAIT_FOR_BOTH))
        two.get_output_stream().close()
        self.assertEqual(two.get_output_stream().steal_as_bytes().get_data(), b'one')

    def test_every_pair_of_gio_and_libsoup(self):
        """Each of their asynchronous functions finds its finish function."""
        # They take a callback for something else, or for a call that somebody else makes; the last has no parameters that Python can give
        others = {'g_simple_async_report_gerror_in_idle', 'g_simple_async_result_new', 'g_simple_async_result_new_from_error',
                  'g_task_new', 'g_task_report_error', 'g_async_initable_newv_async'}
        n_pairs = 0
        for module in (Gio, Soup):
            if module is None:
                continue
            for info in Repository.get_default().get_infos(module.__name__.rpartition('.')[2]):
                has_methods = hasattr(info, 'get_methods')
                owner = getattr(module, info.get_name(), None) if has_methods else module
                for function in info.get_methods() if has_methods else [info]:
                    if not self.takes_a_ready_callback(function) or function.get_symbol() in others:
                        continue
                    with self.subTest(function.get_symbol()):
                        signature = _gio._look_up(getattr(owner, function.get_name()))
                        given = [argument for argument in signature.finish.get_arguments() if argument.get_direction() != Direction.OUT]
                        self.assertEqual([argument.get_type().get_interface().get_name() for argument in given], ['AsyncResult'])
                        self.assertEqual(signature.has_source, signature.finish.is_method())
                        n_pairs += 1
        self.assertGreater(n_pairs, 100)

    @staticmethod
    def takes_a_ready_callback(function):
        kinds = [argument.get_type() for argument in function.get_arguments()] if isinstance(function, _gio.LibraryFunction) else []
        return any(kind.get_interface().get_name() == 'AsyncReadyCallback' for kind in kinds if kind.get_tag_as_string() == 'interface')

    @all_ways
    async def test_bus(self):
        with self.bus() as address:
            flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            server = await pillion.gio(Gio.DBusConnection.new_for_address, address, flags, None)
            self.assertIsInstance(server, Gio.DBusConnection)
            proxy = await pillion.gio(Gio.DBusProxy.new, server, Gio.DBusProxyFlags.DO_NOT_LOAD_PROPERTIES, None, None, '/', 'org.example.I')
            self.assertIsInstance(proxy, Gio.DBusProxy)
            self.assertEqual(proxy.get_interface_name(), 'org.example.I')
            await pillion.gio(server.close)

    @contextlib.contextmanager
    def bus(self):
        server = Gio.DBusServer.new_sync('unix:tmpdir=/tmp', Gio.DBusServerFlags.NONE, Gio.dbus_generate_guid(), None, None)
        connections = []
        server.connect('new-connection', lambda server, connection: connections.append(connection) or True)
        server.start()
        try:
            yield server.get_client_address()
        finally:
            server.stop()

    @all_ways
    async def test_subprocess(self):
        process = Gio.Subprocess.new(['/bin/cat'], Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE)
        ok, output, errors = await pillion.gio(process.communicate_utf8_async, 'through a pipe')
        self.assertEqual((ok, output, errors), (True, 'through a pipe', None))
        process = Gio.Subprocess.new(['/bin/sh', '-c', 'exit 3'], Gio.SubprocessFlags.NONE)
        with self.assertRaises(GLib.Error) as caught:
            await pillion.gio(process.wait_check_async)
        self.assertTrue(caught.exception.matches(GLib.spawn_exit_error_quark(), 3))

    @all_ways
    async def test_sockets(self):
        with socket.create_server(('127.0.0.1', 0)) as server:
            connection = await pillion.gio(Gio.SocketClient().connect_to_host_async, '127.0.0.1', server.getsockname()[1])
            peer, _ = server.accept()
            peer.sendall(b'hello\n')
            peer.close()
            self.assertEqual([line async for line in pillion.lines(connection.get_input_stream())], [b'hello\n'])
            await pillion.gio(connection.close_async)

    @unittest.skipIf(Soup is None, 'the typelib of libsoup is not installed')
    @all_ways
    async def test_libsoup(self):
        session = Soup.Session()
        message = Soup.Message.new('GET', URL + '/hello.txt')
        body = await pillion.gio(session.send_and_read_async, message)
        self.assertEqual(body.get_data(), b'Hello from loopback\n')
        stream = await pillion.gio(session.send_async, Soup.Message.new('GET', URL + '/file.bin'), GLib.PRIORITY_LOW)
        self.assertEqual(sum([len(chunk) async for chunk in pillion.chunks(stream)]), 1 << 20)
        bodies = await asyncio.gather(*(pillion.gio(session.send_and_read_async, Soup.Message.new('GET', f'{URL}/thumbnails/{n}.bin'))
                                        for n in range(5)))
        self.assertEqual([body.get_size() for body in bodies], [2048] * 5)

    @all_ways
    async def test_many_at_once(self):
        results = await asyncio.gather(*(pillion.gio(self.file.load_contents_async) for _ in range(50)))
        self.assertEqual({contents for _, contents, _ in results}, {b'one\ntwo\n'})

    @all_ways
    async def test_in_scopes_and_combinators(self):
        async with Pillion.Scope('scope') as scope:
            task = scope.create_task(pillion.gio(self.file.load_contents_async))
            mapped = Pillion.Task.map(guest, [self.file] * 3, 2, lambda file: pillion.gio(file.load_bytes_async))
            scope.add(mapped)
        self.assertEqual(task.result()[1], b'one\ntwo\n')
        self.assertEqual([contents.get_data() for contents, _ in mapped.result()], [b'one\ntwo\n'] * 3)

    @all_ways
    async def test_errors(self):
        missing = self.folder.get_child('missing')
        with self.assertRaises(GLib.Error) as caught:
            await pillion.gio(missing.load_contents_async)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        client = Gio.SocketClient(timeout=1)
        with socket.create_server(('127.0.0.1', 0), backlog=1) as server:
            connection = await pillion.gio(client.connect_to_host_async, '127.0.0.1', server.getsockname()[1])
            with self.assertRaises(TimeoutError):
                await pillion.gio(connection.get_input_stream().read_bytes_async, 1)

    def test_wrong_functions(self):
        for function in (self.file.get_path, self.file.load_contents, Gio.File.new_for_path, print, lambda: None, int, self.file, 'name', None,
                         self.test_wrong_functions):
            with self.subTest(function):
                with self.assertRaises(TypeError):
                    pillion.gio(function)
        with self.assertRaisesRegex(TypeError, 'callback'):
            pillion.gio(self.file.load_contents_async, callback=print)

    @all_ways
    async def test_wrong_arguments(self):
        for arguments, names in (((1, 2, 3), {}), ((), {'no_such_name': 1}), ((Gio.Cancellable(),), {})):
            with self.assertRaises(TypeError):
                await pillion.gio(self.file.load_contents_async, *arguments, **names)

    def test_in_another_event_loop(self):
        async def work():
            await pillion.gio(self.file.load_contents_async)

        with self.assertRaisesRegex(RuntimeError, r'pillion\.run'):
            asyncio.run(work())

    def test_in_a_loop_of_another_thread(self):
        async def work():
            contents.append((await pillion.gio(self.file.load_contents_async))[1])
            threads.append(threading.current_thread())

        contents, threads = [], []
        thread = threading.Thread(target=lambda: pillion.run(work()), daemon=True)
        thread.start()
        thread.join(30)
        self.assertEqual(contents, [b'one\ntwo\n'])
        self.assertIs(threads[0], thread)

    def test_in_a_private_context(self):
        """That of the thread, and while another one is its default"""
        async def work():
            own = GLib.MainContext.get_thread_default()
            self.assertIsNotNone(own)
            context = GLib.MainContext.new()
            context.push_thread_default()
            try:
                call = asyncio.ensure_future(pillion.gio(self.file.load_contents_async))
                await turns()
            finally:
                context.pop_thread_default()
            contents.append((await call)[1])
            self.assertEqual(GLib.MainContext.get_thread_default(), own)

        contents = []
        thread = threading.Thread(target=lambda: pillion.run(work()), daemon=True)
        thread.start()
        thread.join(30)
        self.assertEqual(contents, [b'one\ntwo\n'])

    def test_context_of_the_loop(self):
        """What PyGObject's own awaitables ask for"""
        async def work():
            return self.loop._context == (GLib.MainContext.get_thread_default() or GLib.MainContext.default())

        self.assertTrue(self.loop.run_until_complete(work()))

    def test_never_awaited(self):
        with self.assertWarnsRegex(RuntimeWarning, 'never awaited'):
            pillion.gio(self.file.load_contents_async)
            gc.collect()


class Cancelled(GioCase):
    async def assertCancelled(self, call):
        with self.assertRaises(asyncio.CancelledError):
            await call

    @all_ways
    async def test_while_it_waits(self):
        stream, writing = self.pipe()
        call = asyncio.ensure_future(pillion.gio(stream.read_bytes_async, 10))
        await turns()
        call.cancel()
        await self.assertCancelled(call)
        # The stream is free again
        self.assertFalse(stream.has_pending())
        os.write(writing, b'next')
        self.assertEqual((await pillion.gio(stream.read_bytes_async, 10)).get_data(), b'next')
        os.close(writing)

    @all_ways
    async def test_timeout_and_again(self):
        stream, writing = self.pipe()
        for _ in range(3):
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(pillion.gio(stream.read_bytes_async, 10), 0.001)
        os.write(writing, b'late')
        self.assertEqual((await pillion.gio(stream.read_bytes_async, 10)).get_data(), b'late')
        os.close(writing)

    @all_ways
    async def test_before_it_begins(self):
        call = asyncio.ensure_future(pillion.gio(self.file.load_contents_async))
        call.cancel()
        await self.assertCancelled(call)

    @all_ways
    async def test_by_the_callers_cancellable(self):
        cancellable = Gio.Cancellable()
        stream, writing = self.pipe()
        call = asyncio.ensure_future(pillion.gio(stream.read_bytes_async, 10, cancellable=cancellable))
        await turns()
        self.assertFalse(call.done())
        cancellable.cancel()
        await self.assertCancelled(call)
        await self.assertCancelled(pillion.gio(self.file.load_contents_async, cancellable=cancellable))
        os.close(writing)

    @all_ways
    async def test_who_awaits_cancels_the_callers_cancellable(self):
        cancellable = Gio.Cancellable()
        stream, writing = self.pipe()
        call = asyncio.ensure_future(pillion.gio(stream.read_bytes_async, 10, cancellable=cancellable))
        await turns()
        call.cancel()
        await self.assertCancelled(call)
        self.assertTrue(cancellable.is_cancelled())
        os.close(writing)

    @all_ways
    async def test_twice(self):
        """The second time does not wait until the call has ended"""
        stream, writing = self.pipe()
        call = asyncio.ensure_future(pillion.gio(stream.read_bytes_async, 10))
        await turns()
        call.cancel()
        # In the middle of a pass, so that nothing can have ended meanwhile
        self.loop.call_soon(call.cancel)
        await self.assertCancelled(call)
        while stream.has_pending():
            await asyncio.sleep(0.0005)
        os.close(writing)

    @all_ways
    async def test_dropped(self):
        cancellable = Gio.Cancellable()
        stream, writing = self.pipe()
        coroutine = pillion.gio(stream.read_bytes_async, 10, cancellable=cancellable)
        coroutine.send(None)
        coroutine.close()
        self.assertTrue(cancellable.is_cancelled())
        while stream.has_pending():
            await asyncio.sleep(0.0005)
        os.close(writing)

    @all_ways
    async def test_without_a_cancellable(self):
        class Old:
            """A call that can't be cancelled"""

            def wait_async(self, callback):
                GLib.idle_add(lambda: callback(self, 'result') and False)

            def wait_finish(self, result):
                return result

        old = Old()
        self.assertEqual(await pillion.gio(old.wait_async), 'result')
        with self.assertRaisesRegex(TypeError, 'cancellable'):
            await pillion.gio(old.wait_async, cancellable=Gio.Cancellable())
        call = asyncio.ensure_future(pillion.gio(old.wait_async))
        await asyncio.sleep(0)
        call.cancel()
        await self.assertCancelled(call)
        await asyncio.sleep(0.001)

    @all_ways
    async def test_finish_function_that_raises(self):
        class Broken:
            def wait_async(self, callback, cancellable=None):
                GLib.idle_add(lambda: callback(self, 'result') and False)

            def wait_finish(self, result):
                raise ValueError(result)

        with self.assertRaisesRegex(ValueError, 'result'):
            await pillion.gio(Broken().wait_async)

    def test_loop_closed(self):
        stream, writing = self.pipe()
        call = self.loop.create_task(pillion.gio(stream.read_bytes_async, 10))
        self.loop.run_until_complete(turns())
        self.catch_reports()
        self.loop.close()
        del call
        gc.collect()
        os.write(writing, b'late')
        for _ in range(100):
            guest.kick()
        os.close(writing)

    def test_run_cancels_and_waits(self):
        async def work():
            asyncio.ensure_future(pillion.gio(stream.read_bytes_async, 10))
            await turns()

        stream, writing = self.pipe()
        pillion.run(work())
        self.assertFalse(stream.has_pending())
        os.close(writing)
        asyncio.set_event_loop(self.loop)


class Streams(GioCase):
    def stream(self, content):
        return Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(content))

    @all_ways
    async def test_lines(self):
        for content in (b'', b'\n', b'\n\n\n', b'one', b'one\n', b'one\ntwo', b'one\r\ntwo\r\n', b'a\rb\x0bc\x0cd\x1c\n\x85', b'\0\n\0',
                        b'x' * 300000 + b'\n' + b'y' * 70000, b'\n'.join([b'line'] * 40000), b'z' * 65535 + b'\n' + b'end',
                        b'z' * 65536 + b'\n' + b'end', b'z' * 65537 + b'\n'):
            lines = [line async for line in pillion.lines(self.stream(content))]
            self.assertEqual(lines, [line + b'\n' for line in content.split(b'\n')[:-1]] + ([content.split(b'\n')[-1]] if content.split(b'\n')[-1]
                             else []))

    @all_ways
    async def test_lines_in_pieces(self):
        stream, writing = self.pipe()
        seen = []

        async def read():
            async for line in pillion.lines(stream):
                seen.append(line)

        reading = asyncio.ensure_future(read())
        for piece in (b'o', b'ne', b'\n', b'two\nth', b'ree', b'\nfour'):
            os.write(writing, piece)
            while stream.is_readable():
                await asyncio.sleep(0.0002)
        os.close(writing)
        await reading
        self.assertEqual(seen, [b'one\n', b'two\n', b'three\n', b'four'])

    @all_ways
    async def test_chunks(self):
        content = bytes(range(256)) * 1000
        for size in (1000, 65536, len(content), len(content) + 1):
            chunks = [chunk async for chunk in pillion.chunks(self.stream(content), size)]
            self.assertEqual(b''.join(chunks), content)
            self.assertLessEqual(max(map(len, chunks)), size)
        self.assertEqual([chunk async for chunk in pillion.chunks(self.stream(b''))], [])

    @all_ways
    async def test_cancelled_in_the_middle(self):
        stream, writing = self.pipe()
        seen = []

        async def read():
            async for line in pillion.lines(stream):
                seen.append(line)

        os.write(writing, b'one\ntw')
        reading = asyncio.ensure_future(read())
        while not seen:
            await asyncio.sleep(0.0005)
        reading.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await reading
        os.write(writing, b'o\n')
        os.close(writing)
        self.assertEqual([line async for line in pillion.lines(stream)], [b'o\n'])
        self.assertEqual(seen, [b'one\n'])

    @all_ways
    async def test_left_early(self):
        stream = self.stream(b'one\ntwo\n' * 20000)
        async with contextlib.aclosing(pillion.lines(stream)) as lines:
            async for line in lines:
                break
        self.assertEqual(line, b'one\n')
        self.assertFalse(stream.has_pending())

    @all_ways
    async def test_closed_stream(self):
        stream = self.stream(b'one\n')
        stream.close(None)
        with self.assertRaises(GLib.Error) as caught:
            async for _ in pillion.lines(stream):
                pass
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED))


if __name__ == '__main__':
    tap.main()
