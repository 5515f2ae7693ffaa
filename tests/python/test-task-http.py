#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tasks of a client, awaited"""

import asyncio
import contextlib
import http.server
import os
import pathlib
import socket
import tempfile
import threading
import unittest.mock

from gi.repository import Gio, PillionHttp
from support import HOUR, GLib, Pillion, TaskCase, all_ways, failed, guest, tap, until
import loopback

URL = os.environ['PILLION_TEST_URL']
SHA256 = os.environ['PILLION_TEST_SHA256']


class Http(TaskCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-tasks-')
        self.addCleanup(temporary.cleanup)  # when nothing uses it any more
        super().setUp()
        self.client = PillionHttp.Client()
        self.folder = temporary.name

    def test_properties(self):
        client = PillionHttp.Client(guest, max_connections=7, user_agent='tests/1')
        self.assertEqual((client.get_max_connections(), client.get_user_agent()), (7, 'tests/1'))
        self.assertIs(client.get_loop(), guest)
        with self.assertRaises(TypeError):
            PillionHttp.Client(no_such_property=1)

    @all_ways
    async def test_bodies(self):
        self.assertEqual(await self.client.get_bytes(URL + '/hello.txt'), b'Hello from loopback\n')
        self.assertEqual(await self.client.get_json(URL + '/data.json'),
                         {'name': 'pillion', 'seats': 2, 'parts': ['seat', 'rail', 'strap']})
        pages = await Pillion.Task.map(guest, ['/hello.txt', '/data.json'], 1, lambda path: self.client.get_bytes(URL + path))
        self.assertEqual([len(page) > 0 for page in pages], [True, True])

    @all_ways
    async def test_json(self):
        """Everything that JSON can express, which is more than C keeps"""
        for text, wanted in ((b'null', None), (b'[true, 1.5, "\xc3\xa4\\u0000"]', [True, 1.5, 'ä\0']), (b'\xef\xbb\xbf{"a": {}}', {'a': {}}),
                             (b'[9223372036854775808, -1000000000000000000000]', [2**63, -10**21])):
            with self.serve(text) as url:
                self.assertEqual(await self.client.get_json(url), wanted)
        for text in (b'', b'{"name": ', b'NaN', b'[-Infinity]', b'[1] 2', b'"\xff"', b'[' * 100000):
            with self.serve(text) as url:
                task = self.client.get_json(url)
                with self.assertRaises(GLib.Error) as caught:
                    await task
                self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON))
                self.assertIn(url, str(caught.exception))
                self.assertRegex(repr(task), f'\'GET {url}\' failed created at .*test-task-http')
        task = self.client.get_json(URL + '/missing')
        with self.assertRaises(PillionHttp.StatusError) as caught:
            await task
        self.assertEqual(caught.exception.status, 404)
        task = self.client.get_json(URL + '/data.json')
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task

    @contextlib.contextmanager
    def serve(self, body):
        with unittest.mock.patch.dict(loopback.PAGES, {'/json': ('application/json', body)}), loopback.Server() as url:
            yield url + '/json'

    @all_ways
    async def test_refused_with_cookies(self):
        """They come one by one, because they may have commas in them"""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(403)
                for cookie in ('a=1; Expires=Thu, 26 Nov 2026 00:00:00 GMT', 'b=2'):
                    self.send_header('Set-Cookie', cookie)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *args):
                pass

        with http.server.HTTPServer(('127.0.0.1', 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with self.assertRaises(PillionHttp.StatusError) as caught:
                await self.client.get_bytes(f'http://127.0.0.1:{server.server_port}/')
            server.shutdown()
        self.assertEqual(caught.exception.headers.get_all('set-cookie'), ['a=1; Expires=Thu, 26 Nov 2026 00:00:00 GMT', 'b=2'])

    @all_ways
    async def test_refused(self):
        task = self.client.get_bytes(URL + '/missing')
        retry = Pillion.Retry(attempts=1).run(guest, 'retry', lambda attempt: task)
        for each in (task, task.with_timeout(HOUR), retry, Pillion.Task.all(guest, [task])):
            with self.assertRaises(PillionHttp.StatusError) as caught:
                await each
            error = caught.exception
            self.assertEqual((error.status, error.code, error.reason, error.url), (404, 404, 'Not Found', URL + '/missing'))
            self.assertEqual(error.headers['content-TYPE'], 'text/html;charset=utf-8')
            self.assertEqual(error.headers.get_content_type(), 'text/html')
            self.assertIn(b'Error response', error.body)
            self.assertIn('404', str(error))
            self.assertIsInstance(error, GLib.Error)
            self.assertTrue(error.matches(PillionHttp.status_error_quark(), 404))

    @all_ways
    async def test_downloads(self):
        for number, target in enumerate((os.path.join(self.folder, 'text'), pathlib.Path(self.folder, 'path'),
                                         Gio.File.new_for_path(self.folder).get_child('file'))):
            download = await self.client.download(URL + '/file.bin', target, SHA256)
            self.assertEqual((download.get_size(), download.get_sha256()), (1 << 20, SHA256))
        into = await self.client.download_into(URL + '/file.bin', pathlib.Path(self.folder), sha256=SHA256)
        self.assertEqual(os.path.dirname(into.get_file().get_path()), self.folder)
        with self.assertRaises(TypeError):
            self.client.download(URL + '/file.bin', 3)

    @all_ways
    async def test_cancelled(self):
        with socket.create_server(('127.0.0.1', 0)) as silent:
            url = f'http://127.0.0.1:{silent.getsockname()[1]}/'
            task = self.client.download(url, os.path.join(self.folder, 'target'))
            waiter = asyncio.ensure_future(asyncio.wait_for(task, 3600))
            await asyncio.sleep(0)
            waiter.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await waiter
            await until(task.done)

if __name__ == '__main__':
    tap.main()
