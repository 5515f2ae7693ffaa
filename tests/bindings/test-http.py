#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The API as a newcomer uses it from Python: HTTP"""

import gc
import hashlib
import json
import os
import tempfile

from support import Case, GLib, Pillion, tap
from gi.repository import Gio, PillionHttp

URL = os.environ['PILLION_TEST_URL']
SHA256 = os.environ['PILLION_TEST_SHA256']


class HttpTest(Case):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-python-')
        self.addCleanup(temporary.cleanup)  # when nothing uses it any more
        super().setUp()
        self.client = PillionHttp.Client.new(self.loop)
        self.folder = Gio.File.new_for_path(temporary.name)
        self.target = self.folder.get_child('file.bin')

    def test_properties(self):
        self.client.set_max_connections(7)
        self.client.set_max_connections_per_host(3)
        self.client.set_max_connections_per_download(16)
        self.client.set_idle_timeout_usec(9000000)
        self.client.set_user_agent('smoke/1')
        self.client.set_tls_database(None)
        self.assertEqual(self.client.get_max_connections(), 7)
        self.assertEqual(self.client.get_max_connections_per_host(), 3)
        self.assertEqual(self.client.props.max_connections_per_download, 16)
        self.assertEqual(self.client.get_idle_timeout_usec(), 9_000_000)
        self.assertEqual(self.client.get_user_agent(), 'smoke/1')
        self.assertIs(self.client.get_loop(), self.loop)

    def test_send(self):
        self.client.set_base_url(URL + '/')
        self.client.set_header('X-Test', '1')
        request = PillionHttp.Request.new('GET', 'hello.txt')
        request.add_parameter('a', 'b c')
        request.set_header('Accept', 'text/plain')
        request.props.priority = PillionHttp.Priority.HIGH
        request.props.total_timeout_usec = 60_000_000
        task = self.client.send(request, None)
        self.kick_until_done(task)
        response = task.get_object()
        self.assertIsInstance(response, PillionHttp.Response)
        self.assertEqual((response.get_status(), response.dup_text(), response.get_url(), response.get_history()),
                         (200, 'Hello from loopback\n', URL + '/hello.txt?a=b%20c', []))
        self.assertGreater(response.get_elapsed(PillionHttp.Phase.BODY), 0)

        request = PillionHttp.Request.new('PUT', 'echo')
        request.set_body(GLib.Bytes.new(b'a\0b'), 'application/x-test')
        task = self.client.send(request, None)
        self.kick_until_done(task)
        echo = json.loads(task.get_object().get_body().get_data())
        self.assertEqual((echo['method'], echo['body']), ('PUT', 'a\0b'))
        self.assertEqual(dict(echo['headers'])['Content-Type'], 'application/x-test')

        request = PillionHttp.Request.new('GET', 'missing')
        request.accept_statuses(200, 999)
        task = self.client.send(request, None)
        self.kick_until_done(task)
        self.assertEqual(task.get_object().get_status(), 404)

        for wrong in ('a\r\nb', 'a\n'):
            request = PillionHttp.Request.new('GET', 'hello.txt')
            request.set_header('X-Test', wrong)
            task = self.client.send(request, None)
            self.kick_until_done(task)
            self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_REQUEST, task.get_object)

    def test_open(self):
        task = self.client.open(PillionHttp.Request.new('GET', URL + '/file.bin'), None)
        self.kick_until_done(task)
        stream = task.get_object()
        self.assertEqual(stream.get_response().get_status(), 200)
        digest = hashlib.sha256()
        while True:
            task = stream.read(0, None)
            self.kick_until_done(task)
            piece = task.get_bytes().get_data()
            if not piece:
                break
            digest.update(piece)
        self.assertEqual(digest.hexdigest(), os.environ['PILLION_TEST_SHA256'])
        stream.close()

    def test_get_bytes(self):
        task = self.client.get_bytes(URL + '/hello.txt', None)
        bodies = []
        task.add_done_callback(lambda task: bodies.append(task.get_bytes().get_data()))
        self.kick_until_done(task)
        self.assertEqual(bodies, [b'Hello from loopback\n'])

    def test_get_json(self):
        task = self.client.get_json(URL + '/data.json', None)
        self.kick_until_done(task)
        self.assertEqual(task.get_state(), Pillion.TaskState.SUCCEEDED)
        self.assertEqual(task.result()['seats'], 2)

        task = self.client.get_bytes(URL + '/data.json', None)
        self.kick_until_done(task)
        self.assertEqual(json.loads(task.get_bytes().get_data())['seats'], 2)
        value = task.get_value()
        gc.collect()
        self.assertEqual(json.loads(value.get_data())['seats'], 2)

    def test_download(self):
        task = self.client.download(URL + '/file.bin', self.target, SHA256, None)
        progress = []
        task.connect('progress', lambda task: progress.append(task.get_completed()))
        self.kick_until_done(task)
        download = task.get_object()
        self.assertIsInstance(download, PillionHttp.Download)
        self.assertEqual(download.get_size(), 1 << 20)
        self.assertEqual(download.get_integrity(), PillionHttp.Integrity.DIGEST)
        self.assertEqual(download.get_sha256(), SHA256)
        self.assertEqual(download.get_url(), URL + '/file.bin')
        self.assertEqual(download.get_resumed_from(), 0)
        self.assertEqual(download.get_content_type(), 'application/octet-stream')
        self.assertIsNone(download.get_etag())
        self.assertTrue(download.get_file().equal(self.target))
        self.assertEqual(os.path.getsize(self.target.get_path()), 1 << 20)
        self.assertEqual(progress, sorted(progress))

    def test_download_into(self):
        task = self.client.download_into(URL + '/file.bin', self.folder, None, None)
        self.kick_until_done(task)
        self.assertEqual(task.get_object().get_file().get_basename(), 'file.bin')

    def test_what_goes_wrong(self):
        missing = self.client.get_bytes(URL + '/missing', None)
        digest = self.client.download(URL + '/file.bin', self.target, '0' * 64, None)
        scheme = self.client.get_bytes('gopher://localhost/', None)
        nonsense = self.client.get_bytes('no url', None)
        broken = self.client.get_json(URL + '/broken.json', None)
        self.kick_until_done(missing, digest, scheme, nonsense, broken)
        self.assertFails(PillionHttp.status_error_quark(), 404, missing.get_bytes)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.DIGEST_MISMATCH, digest.get_object)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.UNSUPPORTED_SCHEME, scheme.get_bytes)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_URL, nonsense.get_bytes)
        self.assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON, broken.check)
        self.assertFalse(self.target.query_exists(None))

    def test_what_was_refused(self):
        task = self.client.get_bytes(URL + '/missing', None)
        again = Pillion.Retry(attempts=2, initial_delay_usec=1).run(self.loop, 'again', lambda attempt: task)
        self.assertIsNone(PillionHttp.Response.from_task(task))
        self.kick_until_done(again)
        response = PillionHttp.Response.from_task(task)
        self.assertIsInstance(response, PillionHttp.Response)
        self.assertIs(PillionHttp.Response.from_task(again), response)
        self.assertEqual((response.get_status(), response.get_reason()), (404, 'Not Found'))
        self.assertEqual(response.get_url(), URL + '/missing')
        self.assertIn('Content-Type', response.get_header_names())
        self.assertEqual(response.get_header('content-type'), 'text/html;charset=utf-8')
        self.assertIsNone(response.get_header('Retry-After'))
        self.assertIn(b'Error response', response.get_body().get_data())
        self.assertFalse(response.is_body_truncated())
        self.assertEqual((response.props.status, response.props.body_truncated), (404, False))
        self.assertEqual(response.props.header_names, response.get_header_names())

        # An exception is another error
        error = self.assertFails(PillionHttp.status_error_quark(), 404, task.get_bytes)
        self.assertIsNone(PillionHttp.Response.from_error(error))
        made = Pillion.Task.new(self.loop, 'made', None)
        made.return_error(error)
        self.assertIsNone(PillionHttp.Response.from_task(made))

    def test_cancel(self):
        task = self.client.download(URL + '/file.bin', self.target, None, None)
        task.cancel()
        self.kick_until_done(task)
        self.assertEqual(task.get_state(), Pillion.TaskState.CANCELLED)


if __name__ == '__main__':
    tap.main()
