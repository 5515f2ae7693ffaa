#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python shows of HTTP contains no password from a URL"""

import asyncio

from support import Case, GLib, Pillion, run_script, tap

from gi.repository import Gio, PillionHttp

import loopback

SECRET = 's3cret'


class Passwords(Case):
    @classmethod
    def setUpClass(cls):
        server = loopback.Server()
        cls.url = server.__enter__().replace('//', f'//me:{SECRET}@')
        cls.addClassCleanup(server.__exit__)

    def assert_hidden(self, *things):
        for thing in things:
            self.assertNotIn(SECRET, str(thing))
            self.assertNotIn(SECRET, repr(thing))

    def test_names_and_representations(self):
        client = PillionHttp.Client()
        path = '/hello.txt'
        for task in (client.get_bytes(self.url + path), client.get_json(self.url + path), client.download(self.url + path, '/dev/null/x'),
                     client.download_into(self.url + path, '/dev/null')):
            self.assert_hidden(task, task.get_name(), task.get_site())
            self.kick_until(task.done)
            self.assert_hidden(task)

    def test_exceptions(self):
        client = PillionHttp.Client()
        for task in (client.get_bytes(self.url + '/missing'), client.get_json(self.url + '/broken.json'),
                     client.get_bytes(f'http://me:{SECRET}/x@127.0.0.1/'), client.get_json(f'me:{SECRET}@127.0.0.1')):
            self.kick_until(task.done)
            with self.assertRaises(GLib.Error) as caught:
                task.result()
            self.assert_hidden(caught.exception, getattr(caught.exception, 'url', ''))

    def test_timeouts_and_scopes(self):
        async def main():
            try:
                async with Pillion.Scope('panel') as scope:
                    task = scope.start('part', lambda: PillionHttp.Client().get_bytes(self.url + '/missing'))
                    self.assert_hidden(scope, task)
            except* PillionHttp.StatusError as group:
                self.assert_hidden(group, *group.exceptions)
            late = PillionHttp.Client().get_bytes(self.url + '/hello.txt').with_timeout(0)
            try:
                await late
            except TimeoutError as error:
                self.assert_hidden(late, error)

        self.loop.run_until_complete(asyncio.wait_for(main(), 30))

    def test_failures_that_nobody_looks_at(self):
        run = run_script('''
            import sys, gc, time
            import pillion
            from gi.repository import Pillion, PillionHttp

            loop = Pillion.Loop.get_default()
            PillionHttp.Client().get_json(sys.argv[1])
            while loop.kick():
                time.sleep(0.001)
            gc.collect()
            loop.kick()
            print('over')
            ''', self.url + '/broken.json')
        self.assertEqual((run.returncode, run.stdout.split()), (0, ['over']), run.stderr)
        self.assertIn('broken.json', run.stderr)
        self.assertNotIn(SECRET, run.stderr)


class Redacted(Case):
    def test_by_hand(self):
        self.assertEqual(PillionHttp.redact_url('https://me:s3cret@example.org/a?b#c'), 'https://example.org/a?b#c')


class TestServers(Case):
    def get(self, path):
        task = PillionHttp.Client().get_bytes(self.server.get_url() + path)
        self.kick_until(task.done)
        return task.result()

    def setUp(self):
        super().setUp()
        self.server = PillionHttp.TestServer()
        self.addCleanup(self.server.close)

    def test_fixed_bodies(self):
        self.server.add_bytes('/bytes', b'one')
        self.server.add_bytes('/array', bytearray(b'two'), 'text/plain')
        self.server.add_bytes('/glib', GLib.Bytes.new(b'three'))
        self.assertEqual([self.get(path) for path in ('/bytes', '/array', '/glib')], [b'one', b'two', b'three'])
        self.assertEqual(self.server.get_n_requests(None), 3)

    def test_handlers(self):
        def plain(exchange, *args):
            self.assertEqual(exchange.get_body(), b'')
            exchange.set_text(f'{exchange.get_method()} {exchange.get_query()} {args}')

        async def waiting(exchange):
            await asyncio.sleep(0.001)
            exchange.set_status(201)
            exchange.set_body(b'late')

        self.server.add_handler('/plain', plain, 1, 2)
        self.server.add_handler('/waiting', waiting)
        self.assertEqual(self.get('/plain?a=b'), b'GET a=b (1, 2)')
        self.assertEqual(self.get('/waiting'), b'late')

    def test_exceptions_are_the_response(self):
        def plain(exchange):
            raise ValueError('plain')

        async def waiting(exchange):
            raise ValueError('waiting')

        self.server.add_handler('/plain', plain)
        self.server.add_handler('/waiting', waiting)
        for path in '/plain', '/waiting':
            with self.assertRaises(PillionHttp.StatusError) as caught:
                self.get(path)
            self.assertEqual((caught.exception.status, caught.exception.body), (500, f'ValueError: {path[1:]}'.encode()))

    def test_context_manager_closes(self):
        with PillionHttp.TestServer() as self.server:
            self.server.add_bytes('/', b'')
            self.get('/')
        with self.assertRaises(GLib.Error) as caught:
            self.get('/')
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CONNECTION_REFUSED))


if __name__ == '__main__':
    tap.main()
