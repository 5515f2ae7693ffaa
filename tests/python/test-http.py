#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python shows of HTTP contains no password from a URL"""

import asyncio
import email
import email.policy
import hashlib
import io
import json
import os
import pathlib
import queue
import shutil
import socket
import tempfile
import threading
import time
import unittest.mock

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


class Requests(Case):
    """As they are written for requests, httpx and aiohttp."""

    def setUp(self):
        super().setUp()
        self.server = PillionHttp.TestServer()
        self.addCleanup(self.server.close)
        self.server.add_handler('/', self.echo)
        self.client = PillionHttp.Client(base_url=self.server.get_url(), headers={'X-Mine': 'default'})

    def echo(self, exchange):
        fields = {name: exchange.get_header(name) for name in ('Content-Type', 'Authorization', 'X-Mine')}
        exchange.set_body(json.dumps({
            'method': exchange.get_method(), 'path': exchange.get_path(), 'query': exchange.get_query(),
            'body': exchange.get_body().decode(), **fields}).encode(), 'application/json')

    def wait(self, task):
        self.kick_until(task.done)
        return task.result()

    def assert_sent(self, task, **wanted):
        got = self.wait(task).json()
        self.assertEqual({name: got[name] for name in wanted}, wanted)

    def test_methods(self):
        client = self.client
        for method in client.get, client.options, client.delete, client.post, client.put, client.patch:
            self.assert_sent(method('/a'), method=method.__name__.upper(), path='/a', body='')
        self.assert_sent(client.request('propfind', '/a'), method='PROPFIND')
        response = self.wait(client.head('/a'))
        self.assertEqual((response.status, response.content), (200, b''))

    def test_params(self):
        self.assert_sent(self.client.get('/a?x=y', params={'q': 'é &', 'n': [1, 2.5], 'none': None, 'yes': True}),
                         query='x=y&q=%C3%A9%20%26&n=1&n=2.5&yes=true')
        self.assert_sent(self.client.get('/a', params=[('q', 1), ('q', 2)]), query='q=1&q=2')

    def test_names_without_values_are_refused(self):
        for options in {'params': 'q=1'}, {'headers': 'X-Mine: other'}:
            self.assertRaisesRegex(TypeError, 'a mapping or pairs', self.client.get, '/', **options)

    def test_headers(self):
        self.assert_sent(self.client.get('/'), **{'X-Mine': 'default'})
        self.assert_sent(self.client.get('/', headers={'x-mine': 'other'}), **{'X-Mine': 'other'})
        self.assert_sent(self.client.get('/', headers=[('X-Mine', 1), ('X-Mine', 2)]), **{'X-Mine': '1, 2'})

    def test_auth(self):
        self.assert_sent(self.client.get('/', auth=('Aladdin', 'open sesame')), Authorization='Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')
        self.assert_sent(self.client.get('/', auth='Bearer abc'), Authorization='Bearer abc')

    def test_bodies(self):
        post = self.client.post
        self.assert_sent(post('/', json={'é': [1, None]}), body='{"é":[1,null]}', **{'Content-Type': 'application/json'})
        self.assert_sent(post('/', json=[]), body='[]')
        self.assert_sent(post('/', data={'a': 'b c', 'd': ['é', 2]}), body='a=b+c&d=%C3%A9&d=2',
                         **{'Content-Type': 'application/x-www-form-urlencoded'})
        self.assert_sent(post('/', content='é'), body='é', **{'Content-Type': 'text/plain; charset=utf-8'})
        for content in b'bytes', bytearray(b'bytes'), memoryview(b'bytes'), GLib.Bytes.new(b'bytes'):
            self.assert_sent(post('/', content=content), body='bytes', **{'Content-Type': None})
        self.assert_sent(post('/', content=b'<a/>', headers={'Content-Type': 'text/xml'}), body='<a/>', **{'Content-Type': 'text/xml'})
        self.assert_sent(post('/', content=b''), body='')

    def make_file(self, name, content):
        path = pathlib.Path(tempfile.mkdtemp(prefix='pillion-')) / name
        self.addCleanup(shutil.rmtree, path.parent)
        path.write_bytes(content)
        return path

    def test_content_is_read_from_files(self):
        post = self.client.post
        path = self.make_file('a.txt', b'0123456789')
        self.assert_sent(post('/', content=path), body='0123456789', **{'Content-Type': None})
        self.assert_sent(post('/', content=Gio.File.new_for_path(str(path))), body='0123456789')
        self.assert_sent(post('/', content=Gio.File.new_for_path(str(path)).read()), body='0123456789')
        self.assert_sent(post('/', content=io.BytesIO(b'abc')), body='abc')
        with path.open('rb') as file:
            self.assert_sent(post('/', content=file), body='0123456789')
            file.seek(4)
            self.assert_sent(post('/', content=file), body='456789')
        with path.open('r+b') as file:
            file.write(b'new')
            file.seek(0)
            self.assert_sent(post('/', content=file), body='new3456789')
        with path.open() as file:
            self.assertRaises(TypeError, post, '/', content=file)
        self.assert_sent(post('/', content=self.make_file('empty', b'')), body='')

    def test_bodies_that_are_no_bytes(self):
        class Numbers:
            def read(self):
                return 3

        for content in 3, (byte for byte in b'ab'), Numbers():
            self.assertRaisesRegex(TypeError, 'bytes were expected', self.client.post, '/', content=content)
        for content in {'a': 1}, [1, 2], (b'a',):
            self.assertRaisesRegex(TypeError, 'for JSON use json=', self.client.post, '/', content=content)
        self.assert_sent(self.client.post('/', content=memoryview(b'abcdef')[::2]), body='ace')

    def assert_unreadable(self, task, code, name):
        with self.assertRaises(GLib.Error) as caught:
            self.wait(task)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), code))
        self.assertIn(name, caught.exception.message)

    def test_upload(self):
        path = self.make_file('a.bin', b'x' * 300_000)
        task = self.client.upload('/', path)
        self.assert_sent(task, method='PUT', body='x' * 300_000)
        self.assertEqual((task.get_completed(), task.get_total(), task.get_unit()), (300_000, 300_000, 'bytes'))
        self.assert_sent(self.client.upload('/', str(path)), body='x' * 300_000)
        self.assert_unreadable(self.client.upload('/', '/missing'), Gio.IOErrorEnum.NOT_FOUND, '/missing')
        self.assert_unreadable(self.client.upload('/', path.parent), Gio.IOErrorEnum.IS_DIRECTORY, str(path.parent))
        self.server.add_handler('/missing', lambda exchange: exchange.set_status(404))
        self.assertRaises(PillionHttp.StatusError, self.wait, self.client.upload('/missing', path))

    def get_parts(self, **arguments):
        """Has a form sent, and parsed by a parser that is not ours."""
        got = self.wait(self.client.post('/', **arguments)).json()
        message = email.message_from_string(f'Content-Type: {got["Content-Type"]}\n\n{got["body"]}', policy=email.policy.HTTP)
        self.assertEqual(message.get_content_type(), 'multipart/form-data')
        return [(part.get_param('name', header='Content-Disposition'), part.get_filename(), part['Content-Type'],
                 part.get_payload(decode=True)) for part in message.iter_parts()]

    def test_files(self):
        path = self.make_file('a.txt', b'text of a file')
        self.assertEqual(self.get_parts(files={'f': path}), [('f', 'a.txt', 'text/plain', b'text of a file')])
        with path.open('rb') as file:
            self.assertEqual(self.get_parts(data={'k': [1, 'v']}, files={'f': file}),
                             [('k', None, None, b'1'), ('k', None, None, b'v'), ('f', 'a.txt', 'text/plain', b'text of a file')])
        self.assertEqual(self.get_parts(files=[('f', b'one'), ('f', ('b.png', io.BytesIO(b'two'))), ('g', ('c', path, 'text/x-c')),
                                               ('h', (None, 'three')), ('i', ('d.json', '{}'))]),
                         [('f', 'f', 'application/octet-stream', b'one'), ('f', 'b.png', 'image/png', b'two'),
                          ('g', 'c', 'text/x-c', b'text of a file'), ('h', None, None, b'three'), ('i', 'd.json', 'application/json', b'{}')])
        self.assertEqual([part[3] for part in self.get_parts(files={'f': [b'1', b'2']})], [b'1', b'2'])
        self.assertEqual(self.get_parts(files={'f"\r\n': ('"', b'')})[0][:2], ('f%22%0D%0A', '%22'))

    def test_bad_files(self):
        post = self.client.post
        for files in {'f': 'a.txt'}, {'f': ('a.txt',)}, {'f': 3.5}, {'f': 3}, {'f': (None, pathlib.Path('a'))}:
            self.assertRaises(TypeError, post, '/', files=files)
        self.assertRaises(TypeError, post, '/', files={'f': b'x'}, json=1)
        self.assertRaises(TypeError, post, '/', files={'f': b'x'}, data=b'x')
        self.assertRaises(ValueError, post, '/', files={'f': ('a\0b', b'x')})
        self.assert_unreadable(post('/', files={'f': pathlib.Path('/missing')}), Gio.IOErrorEnum.NOT_FOUND, '/missing')
        for files in {'': b'x'}, {'f': ('a', b'x', 'text/plain\r\nX: y')}:
            with self.assertRaises(GLib.Error) as caught:
                self.wait(post('/', files=files))
            self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_REQUEST))

    def test_post_json_fails_if_the_server_refuses(self):
        self.assert_sent(self.client.post_json('/', {'é': 1}), body='{"é":1}', **{'Content-Type': 'application/json'})
        self.server.add_handler('/missing', lambda exchange: exchange.set_status(404))
        with self.assertRaises(PillionHttp.StatusError):
            self.wait(self.client.post_json('/missing', []))

    def test_what_is_sent_in_short_takes_headers(self):
        options = {'params': {'q': 1}, 'headers': {'X-Mine': 'other'}, 'auth': 'Bearer abc', 'timeout': 30}
        wanted = {'query': 'q=1', 'X-Mine': 'other', 'Authorization': 'Bearer abc'}
        self.assert_sent(self.client.post_json('/', None, **options), method='POST', body='null', **wanted)
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'content')
            file.flush()
            self.assert_sent(self.client.upload('/', file.name, **options), method='PUT', body='content', **wanted)

    def test_send(self):
        request = PillionHttp.Request.new('PATCH', '/a')
        request.set_body(GLib.Bytes.new(b'abc'), 'text/plain')
        self.assert_sent(self.client.send(request), method='PATCH', body='abc')

    def test_short_forms_with_headers(self):
        options = {'params': {'q': 1}, 'headers': {'X-Mine': 'other'}, 'auth': 'Bearer abc', 'timeout': 30}
        for got in self.wait(self.client.get_json('/a', **options)), json.loads(self.wait(self.client.get_bytes('/a', **options))):
            self.assertEqual((got['method'], got['query'], got['X-Mine'], got['Authorization']), ('GET', 'q=1', 'other', 'Bearer abc'))

        def refuse(exchange):
            exchange.set_status(409)
            exchange.set_text('{"why": "taken"}', 'application/json')

        self.server.add_handler('/taken', refuse)
        for task in self.client.get_json('/taken', params={'q': 1}), self.client.get_bytes('/taken'):
            with self.assertRaises(PillionHttp.StatusError) as caught:
                self.wait(task)
            self.assertEqual((caught.exception.status, caught.exception.response.json()), (409, {'why': 'taken'}))

    def test_downloads_with_headers(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'file'
            self.wait(self.client.download('/a', path, params={'q': 1}, headers={'X-Mine': 'other'}, auth='Bearer abc', timeout=30))
            got = json.loads(path.read_text())
            self.assertEqual((got['query'], got['X-Mine'], got['Authorization']), ('q=1', 'other', 'Bearer abc'))
            download = self.wait(self.client.download_into('/b', folder, headers={'X-Mine': 'into'}))
            self.assertEqual(json.loads(pathlib.Path(download.get_file().get_path()).read_text())['X-Mine'], 'into')

            request = PillionHttp.Request.new('POST', '/c')
            self.wait(self.client.send_to_file(request, path))
            self.assertEqual(json.loads(path.read_text())['method'], 'POST')
            self.assertEqual(self.wait(self.client.send_into(request, folder)).get_file().get_basename(), 'c.json')

            request.set_header('range', 'bytes=0-1')
            with self.assertRaises(GLib.Error) as caught:
                self.wait(self.client.send_to_file(request, path))
            self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_REQUEST))

    def test_download_options(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'file'
            path.write_text('mine')
            kept = self.wait(self.client.download('/a', path, name_conflict=PillionHttp.NameConflict.KEEP))
            self.assertEqual((kept.get_outcome(), path.read_text()), (PillionHttp.DownloadOutcome.KEPT, 'mine'))
            other = self.wait(self.client.download('/a', path, name_conflict=PillionHttp.NameConflict.UNIQUIFY, preserve_time=True))
            self.assertEqual(other.get_file().get_basename(), 'file (1)')

            digest = hashlib.sha512(path.read_bytes()).hexdigest()
            found = self.wait(self.client.download('/a', path, digest, only_if_changed=True))
            self.assertEqual((found.props.outcome, found.props.digest), (PillionHttp.DownloadOutcome.NOT_MODIFIED, digest))

            options = PillionHttp.DownloadOptions(name_conflict=PillionHttp.NameConflict.REFUSE)
            with self.assertRaises(GLib.Error) as caught:
                self.wait(self.client.send_to_file(PillionHttp.Request.new('GET', '/a'), path, options))
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.EXISTS))

    def test_download_response(self):
        with tempfile.TemporaryDirectory() as folder:
            download = self.wait(self.client.download('/a', pathlib.Path(folder) / 'file'))
            self.assertEqual((download.props.response.status, download.get_response().content), (200, b''))

    def test_a_folder_is_no_target(self):
        with tempfile.TemporaryDirectory() as folder:
            for call in self.client.download, lambda url, target: self.client.send_to_file(PillionHttp.Request.new('GET', url), target):
                with self.assertRaisesRegex(ValueError, r'download_into \(\)'):
                    call('/a', folder + '/new/')
                with self.assertRaisesRegex(GLib.Error, r'download_into \(\)'):
                    self.wait(call('/a', folder))
            self.assertEqual(os.listdir(folder), [])

    def test_parts(self):
        def cut(exchange):
            exchange.add_header('ETag', '"one"')
            exchange.set_body(b'x' * 1000, None)
            exchange.cut(500)

        self.server.add_handler('/cut', cut)
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(list(self.wait(PillionHttp.Part.list(None, folder))), [])
            with self.assertRaises(GLib.Error):
                self.wait(self.client.download('/cut', pathlib.Path(folder) / 'file'))
            part, = self.wait(PillionHttp.Part.list(None, Gio.File.new_for_path(folder)))
            self.assertEqual((part.get_name(), part.props.size, part.props.length), ('file', 500, 1000))
            self.assertEqual(part.get_url(), self.server.get_url() + '/cut')
            self.assertEqual(repr(part), "<PillionHttp.Part 'file': 500 of 1000 bytes>")
            self.wait(part.remove())
            self.assertEqual(os.listdir(folder), [])

    def test_download_mirrors(self):
        self.server.add_handler('/gone', lambda exchange: exchange.set_status(410))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'file'
            mirrors = [self.server.get_url() + '/gone', self.server.get_url() + '/a']
            download = self.wait(self.client.download('/gone', path, mirrors=mirrors))
            self.assertEqual(download.get_response().url, mirrors[1])
            self.assertEqual(repr(download), f'<PillionHttp.Download {str(path)!r} saved: {path.stat().st_size} bytes>')
            options = PillionHttp.DownloadOptions(mirrors=mirrors)
            self.assertEqual(options.get_mirrors(), mirrors)

            # What C would skip
            for wrong, error in (([*mirrors, 'nonsense'], ValueError), (['ftp://example.org/'], ValueError), ([''], ValueError), (['/a'], ValueError),
                                 (['https:///a'], ValueError), (mirrors[0], TypeError), ([1], TypeError)):
                for call in (lambda: self.client.download('/a', path, mirrors=wrong), lambda: setattr(options, 'mirrors', wrong),
                             lambda: options.set_mirrors(wrong), lambda: PillionHttp.DownloadOptions(mirrors=wrong)):
                    with self.subTest(wrong), self.assertRaises(error):
                        call()
            self.assertEqual(options.mirrors, mirrors)
            options.mirrors = (url.upper().replace('HTTP', 'hTTp') for url in mirrors)
            options.set_mirrors(None)
            self.assertEqual(options.mirrors, [])

    def test_download_pause(self):
        with tempfile.TemporaryDirectory() as folder:
            task = self.client.download('/a', pathlib.Path(folder) / 'file')
            self.assertTrue(self.client.pause_download(task))
            self.wait(self.client.get_bytes('/a'))
            self.assertTrue(self.client.is_download_paused(task))
            self.assertFalse(task.is_done())
            self.client.resume_download(task)
            self.wait(task)
            self.assertFalse(self.client.pause_download(task))

    def test_responses(self):
        def refuse(exchange):
            exchange.set_status(404)
            exchange.set_body('Grüße'.encode('iso-8859-1'), 'text/plain; charset=iso-8859-1')

        self.server.add_handler('/missing', refuse)
        response = self.wait(self.client.get('/missing'))
        self.assertEqual((response.status, response.reason, response.ok), (404, 'Not Found', False))
        self.assertEqual((response.http_version, response.get_peer().get_port()), ('1.1', int(self.server.get_url().rpartition(':')[2])))
        phases = [response.get_elapsed(phase) for phase in (PillionHttp.Phase.QUEUE, PillionHttp.Phase.REQUEST, PillionHttp.Phase.FIRST_BYTE,
                                                            PillionHttp.Phase.BODY)]
        self.assertEqual(phases, sorted(phases))
        self.assertEqual(response.elapsed.total_seconds(), phases[-1] / 1_000_000)
        self.assertEqual((response.text, response.content), ('Grüße', 'Grüße'.encode('iso-8859-1')))
        self.assertEqual(response.headers['content-type'], 'text/plain; charset=iso-8859-1')
        for headers in response.headers, PillionHttp.StatusError('', 404).headers:
            with self.assertRaises(KeyError):
                headers['x-missing']
            self.assertIsNone(headers.get('x-missing'))
            self.assertNotIn('x-missing', headers)
        self.assertEqual((response.url, response.history), (self.server.get_url() + '/missing', []))
        with self.assertRaises(PillionHttp.StatusError) as caught:
            response.raise_for_status()
        self.assertEqual((caught.exception.status, caught.exception.body), (404, response.content))
        self.assertIs(caught.exception.response, response)
        with self.assertRaises(GLib.Error) as caught:
            response.json()
        self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON))
        self.assertIn(': not valid JSON: ', caught.exception.message)

        response = self.wait(self.client.get('/'))
        self.assertIs(response.raise_for_status(), response)

    def test_links(self):
        def serve(exchange):
            exchange.add_header('Link', '<b?page=2,3>; rel="next last"; title="a, b; c", </c>;REL=prev ; x,<http://other/>')
            exchange.add_header('Link', '<d>; rel="next"; rel=first, <e>; rel=next')
            exchange.set_text('')

        self.server.add_handler('/a/', serve)
        url = self.server.get_url()
        links = self.wait(self.client.get('/a/')).links
        self.assertEqual({relation: link['url'] for relation, link in links.items()},
                         {'next': url + '/a/b?page=2,3', 'last': url + '/a/b?page=2,3', 'prev': url + '/c'})
        self.assertEqual((links['next']['title'], links['prev']['x']), ('a, b; c', ''))
        self.assertEqual(self.wait(self.client.get('/')).links, {})

    def test_no_link_takes_long(self):
        def serve(exchange):
            exchange.add_header('Link', value)
            exchange.set_text('')

        self.server.add_handler('/links', serve)
        for value in '<' * 30000, '<a>;' + ' ' * 30000 + '=', '<a>; b="' * 3000, '<a>' + ';b=' * 9000, '<http://[>; rel=next':
            self.assertEqual(self.wait(self.client.get('/links')).links, {})

    def test_redirects(self):
        def redirect(exchange):
            exchange.set_status(302)
            exchange.add_header('Location', '/there')

        self.server.add_handler('/here', redirect)
        response = self.wait(self.client.get('/here'))
        self.assertEqual(response.url, f'{self.server.get_url()}/there')
        self.assertEqual([(before.status, before.url) for before in response.history], [(302, f'{self.server.get_url()}/here')])
        response = self.wait(self.client.get('/here', follow_redirects=False))
        self.assertEqual((response.status, response.headers['Location']), (302, '/there'))

    def test_timeout(self):
        def stall(exchange):
            exchange.set_delay(60_000_000)
            exchange.set_text('late')

        self.server.add_handler('/slow', stall)
        task = self.client.get('/slow', timeout=0.05)
        self.kick_until(task.done)
        self.assertRaises(TimeoutError, task.result)

    def test_timeout_that_is_none(self):
        self.server.add_bytes('/fast', b'in time')
        for timeout in 1e300, float('inf'):
            self.assertEqual(self.wait(self.client.get('/fast', timeout=timeout)).content, b'in time')
        self.assertRaises(ValueError, self.client.get, '/fast', timeout=float('nan'))
        self.assertRaisesRegex(TypeError, 'a number of seconds', self.client.get, '/fast', timeout='1')

    def test_unknown_charset(self):
        self.server.add_bytes('/odd', 'é'.encode(), 'text/plain; charset=martian')
        self.assertEqual(self.wait(self.client.get('/odd')).text, 'é')

    def test_charset_that_replaces_nothing(self):
        for charset in 'idna', 'punycode', 'undefined':
            with self.subTest(charset):
                self.server.add_bytes(f'/{charset}', 'é'.encode(), f'text/plain; charset={charset}')
                self.assertEqual(self.wait(self.client.get(f'/{charset}')).text, 'é')
        self.server.add_bytes('/ascii', b'abc-', 'text/plain; charset=punycode')
        self.assertEqual(self.wait(self.client.get('/ascii')).text, 'abc-')

    def test_bad_input(self):
        client = self.client
        for error, call in (
                (ValueError, lambda: client.get('/\0')),
                (ValueError, lambda: client.get('/', params={'a': '\0'})),
                (ValueError, lambda: client.get('/', auth=('a:b', 'c'))),
                (ValueError, lambda: client.post('/', json=float('nan'))),
                (TypeError, lambda: client.post('/', json={1}, data=None)),
                (TypeError, lambda: client.post('/', json=1, data={})),
                (TypeError, lambda: client.get('/', json=1)),
                (TypeError, lambda: client.get('/', params=3)),
                (TypeError, lambda: client.get(None)),
                (TypeError, lambda: client.get(b'/')),
                (TypeError, lambda: client.get(PillionHttp.Request.new('GET', '/'))),
                (TypeError, lambda: client.get('/', params={'a': b'b'})),
                (TypeError, lambda: client.get('/', headers={'A': bytearray(b'b')})),
                (TypeError, lambda: client.get('/', auth=('a', b'b')))):
            self.assertRaises(error, call)
        for call in lambda: client.request('G ET', '/'), lambda: client.get('/', headers={'A': 'b\r\nC: d'}):
            with self.assertRaises(GLib.Error) as caught:
                self.wait(call())
            self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_REQUEST))


    def test_body_that_can_be_read_only_once_is_not_sent_twice(self):
        def redirect(exchange):
            exchange.set_status(307)
            exchange.add_header('Location', '/')

        self.server.add_handler('/moved', redirect)
        reader, writer = os.pipe()
        os.write(writer, b'0123456789')
        os.close(writer)
        with self.assertRaises(GLib.Error) as caught:
            self.wait(self.client.post('/moved', content=Gio.UnixInputStream.new(reader, True)))
        self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.NOT_REWINDABLE), caught.exception)
        self.assertEqual(self.server.get_n_requests('/'), 0)

        # A file can be read again
        self.assert_sent(self.client.post('/moved', content=self.make_file('a.txt', b'0123456789')), body='0123456789')

    def test_server_without_web_sockets(self):
        self.server.add_handler('/refuses', lambda exchange: exchange.set_status(426))
        with self.assertRaises(GLib.Error) as caught:
            self.wait(self.client.open_web_socket(PillionHttp.Request.new('GET', '/'), None))
        self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.NOT_WEB_SOCKET))
        with self.assertRaises(PillionHttp.StatusError) as caught:
            self.wait(self.client.open_web_socket(PillionHttp.Request.new('GET', '/refuses'), None))
        self.assertEqual(caught.exception.status, 426)


class Streams(Case):
    def setUp(self):
        super().setUp()
        self.server = PillionHttp.TestServer()
        self.addCleanup(self.server.close)
        self.client = PillionHttp.Client(base_url=self.server.get_url())

    def run_main(self, coroutine):
        self.loop.run_until_complete(asyncio.wait_for(coroutine, 30))

    def test_pieces(self):
        body = bytes(range(256)) * 8192

        async def main():
            async with self.client.stream('GET', '/body', params={'a': 1}, headers={'X-Mine': 'b'}) as response:
                self.assertEqual((response.status, response.ok, response.reason), (200, True, 'OK'))
                self.assertEqual(response.url, self.server.get_url() + '/body?a=1')
                self.assertEqual(response.headers['content-type'], 'application/x-test')
                self.assertIs(response.raise_for_status(), response)
                self.assertEqual(await response.read(3), body[:3])
                pieces = [piece async for piece in response]
            self.assertEqual({type(piece) for piece in pieces}, {bytes})
            self.assertEqual(b''.join(pieces), body[3:])

        self.server.add_bytes('/body', body, 'application/x-test')
        self.run_main(main())

    def test_block_closes(self):
        async def main():
            with self.assertRaises(ZeroDivisionError):
                async with self.client.stream('GET', '/body') as response:
                    async for piece in response:
                        1 / 0
            with self.assertRaises(GLib.Error) as caught:
                await response.read()
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED))

        self.server.add_bytes('/body', bytes(1 << 22))
        self.run_main(main())

    def test_statuses(self):
        async def main():
            async with self.client.stream('POST', '/missing', json=[]) as response:
                self.assertEqual((response.status, response.ok), (404, False))
                with self.assertRaises(PillionHttp.StatusError) as caught:
                    response.raise_for_status()
                self.assertEqual(caught.exception.status, 404)
                self.assertEqual([line async for line in response.lines()], ['none'])
            with self.assertRaises(PillionHttp.StatusError):
                await self.client.open(PillionHttp.Request.new('GET', '/missing'))
            with self.assertRaises(GLib.Error):
                async with self.client.stream('GET', 'http://127.0.0.1:1/'):
                    self.fail('there is no server')

        def refuse(exchange):
            exchange.set_status(404)
            exchange.set_text('none')

        self.server.add_handler('/missing', refuse)
        self.run_main(main())

    def test_lines(self):
        async def main():
            async with self.client.stream('GET', '/lines') as response:
                self.assertEqual(await response.read_line(), 'ä')
                self.assertEqual([line async for line in response.lines()], ['', 'b\ufffd', 'c'])
                self.assertIsNone(await response.read_line())

        self.server.add_bytes('/lines', 'ä\r\n\nb'.encode() + b'\xff\nc')
        self.run_main(main())

    def test_json_lines(self):
        values = [{'é': [1, None]}, None, 2**70, ['x' * 50000] * 2]

        async def main():
            async with self.client.stream('GET', '/lines') as response:
                self.assertEqual([value async for value in response.json_lines()], values)
            for path in '/broken', '/large':
                async with self.client.stream('GET', path) as response:
                    got = response.json_lines()
                    self.assertEqual(await anext(got), 1)
                    with self.assertRaises(GLib.Error) as caught:
                        await anext(got)
                    self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON))
                    self.assertIn(f'{path}: line 2: ', str(caught.exception))
                    self.assertEqual([value async for value in response.json_lines()], [3])
            async with self.client.stream('GET', '/broken') as response:
                self.assertEqual(await response.read_json(), 1)
                with self.assertRaisesRegex(GLib.Error, 'line 2'):
                    await response.read_json()
                self.assertEqual(await response.read_json(), 3)
                self.assertIsNone(await response.read_json())

        self.server.add_bytes('/lines', '\r\n \n'.join(json.dumps(value) for value in values).encode())
        self.server.add_bytes('/broken', b'1\n{"a": \n3')
        self.server.add_bytes('/large', b'1\n[' + b'1,' * 20000 + b'\n3\n')
        self.run_main(main())

    def test_events(self):
        sent = []

        def serve(exchange):
            sent.append((exchange.get_method(), exchange.get_header('Last-Event-ID'), exchange.get_query()))
            if len(sent) == 3:
                exchange.set_status(204)
                return
            exchange.set_text(f'retry: 1\nid: {len(sent)}\nevent: add\ndata: {{"n": {len(sent)}}}\n\ndata: text\n\n', 'text/event-stream')

        async def main():
            stream = self.client.events('/events', params={'a': 1}, last_event_id='0')
            self.assertEqual(stream.props.last_event_id, '0')
            got = [(event.type, event.data, event.id) async for event in stream]
            self.assertEqual(got, [('add', '{"n": 1}', '1'), ('message', 'text', '1'), ('add', '{"n": 2}', '2'), ('message', 'text', '2')])
            self.assertEqual(sent, [('GET', last, 'a=1') for last in ('0', '1', '2')])
            self.assertEqual((stream.props.last_event_id, stream.props.retry_interval_usec), ('2', 1000))
            self.assertIsNone(await stream.next())

            del sent[:]
            async with self.client.events('/events', method='POST', json={}) as stream:
                events = [event async for event in stream]
            self.assertEqual(events[0].json(), {'n': 1})
            with self.assertRaises(ValueError):
                events[1].json()
            self.assertEqual(len(sent), 1)
            with self.assertRaises(GLib.Error) as caught:
                await stream.next()
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED))

        self.server.add_handler('/events', serve)
        self.run_main(main())

    def test_what_is_there_already_does_not_hold_up_the_host(self):
        async def count_turns():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async def main():
            nonlocal turns
            counter = asyncio.ensure_future(count_turns())
            for name, path in ('lines', '/lines'), ('json_lines', '/lines'), ('events', '/events'):
                turns = n = 0
                if name == 'events':
                    async with self.client.events(path, method='POST') as stream:
                        async for value in stream:
                            n += 1
                else:
                    async with self.client.stream('GET', path) as response:
                        async for value in getattr(response, name)():
                            n += 1
                self.assertEqual(n, 20000)
                self.assertGreater(turns, 20)
            counter.cancel()

        turns = 0
        self.server.add_bytes('/lines', b'12\n' * 20000)
        self.server.add_bytes('/events', b'data: 1\n\n' * 20000, 'text/event-stream')
        self.run_main(main())

    def test_cancelled_wait_loses_no_event(self):
        async def main():
            stream = self.client.events('/events')
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.01)
            answer.set()
            self.assertEqual((await anext(stream)).data, 'a')
            stream.close()

        async def serve(exchange):
            await answer.wait()
            exchange.set_text('data: a\n\n', 'text/event-stream')

        answer = asyncio.Event()
        self.server.add_handler('/events', serve)
        self.run_main(main())

    def test_cancellation_that_comes_with_a_result_loses_nothing(self):
        def pieces(response):
            iterator = aiter(response)
            return lambda: anext(iterator)

        for get in pieces, lambda response: response.read:
            with self.subTest(get=get):
                self.check_cancellation_that_comes_with_a_result(get)

    def check_cancellation_that_comes_with_a_result(self, get):
        async def wait(read):
            return await read()

        async def main():
            async with self.client.stream('GET', f'http://127.0.0.1:{listener.getsockname()[1]}/') as response:
                read = get(response)
                waiter = asyncio.ensure_future(wait(read))
                while not reads:
                    await asyncio.sleep(0)
                go.set()
                # The loop does not run, so that the waiter is cancelled before it gets the result
                while not reads[-1].is_done():
                    time.sleep(0.001)
                waiter.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await waiter
                self.assertEqual(await read(), b'here')

        def serve():
            connection = listener.accept()[0]
            with connection:
                connection.recv(65536)
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
                go.wait(30)
                connection.sendall(b'here')
                connection.recv(1)

        def watch(*args):
            reads.append(plain_read(*args))
            return reads[-1]

        go = threading.Event()
        reads = []
        plain = PillionHttp.Stream.__mro__[1]
        plain_read = plain.read
        with socket.create_server(('127.0.0.1', 0)) as listener:
            thread = threading.Thread(target=serve)
            thread.start()
            with unittest.mock.patch.object(plain, 'read', watch):
                self.run_main(main())
            thread.join()

    def test_web_socket(self):
        try:
            from aiohttp import web
        except ImportError:
            self.skipTest('aiohttp is not installed')

        async def serve_socket(request):
            socket = web.WebSocketResponse(protocols=['chat'])
            await socket.prepare(request)
            async for message in socket:
                if message.data == 'close':
                    await socket.close(code=4001, message=b'done')
                elif message.type == web.WSMsgType.TEXT:
                    await socket.send_str(message.data)
                else:
                    await socket.send_bytes(message.data)
            return socket

        async def run_server():
            app = web.Application()
            app.router.add_get('/socket', serve_socket)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, '127.0.0.1', 0)
            await site.start()
            nonlocal stop
            stop = asyncio.Event()
            started.put((asyncio.get_running_loop(), site._server.sockets[0].getsockname()[1]))
            await stop.wait()
            await runner.cleanup()

        async def main():
            async with self.client.websocket(url, protocols=['chat'], params={'a': 1}) as socket:
                self.assertEqual(socket.subprotocol, 'chat')
                self.assertEqual(socket.get_response().status, 101)
                self.assertIsNone(socket.close_code)
                for message in 'äö', b'\0\xff', '', b'', 'x' * 1000000:
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), message)
                socket.send_json({'a': [1, 'é']})
                self.assertEqual(json.loads(await socket.recv()), {'a': [1, 'é']})
                with self.assertRaises(ValueError):
                    socket.send('a\0b')
                with self.assertRaises(TypeError):
                    socket.send(1)

                # A cancelled wait loses nothing
                waiter = asyncio.ensure_future(socket.recv())
                await asyncio.sleep(0)
                waiter.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await waiter
                for n in range(3):
                    socket.send(str(n))
                socket.send('close')
                got = []
                with self.assertRaises(GLib.Error) as caught:
                    async for message in socket:
                        got.append(message)
                self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.WEB_SOCKET_CLOSED))
                self.assertEqual(got, ['0', '1', '2'])
                self.assertEqual((socket.close_code, socket.close_reason), (4001, 'done'))

            socket = await self.client.websocket(url)
            self.assertIsNone(socket.subprotocol)
            await socket.close(3000, 'bye')
            # What the server answers
            self.assertEqual(socket.close_code, 1000)
            self.assertIsNone(await socket.recv())
            with self.assertRaises(PillionHttp.StatusError):
                await self.client.websocket(url + 's')

        stop = None
        started = queue.SimpleQueue()
        thread = threading.Thread(target=lambda: asyncio.run(run_server()))
        thread.start()
        server_loop, port = started.get()
        url = f'ws://127.0.0.1:{port}/socket'
        try:
            self.run_main(main())
        finally:
            server_loop.call_soon_threadsafe(stop.set)
            thread.join()

    def test_no_event_stream(self):
        async def main():
            with self.assertRaises(GLib.Error) as caught:
                async for event in self.client.events('/text'):
                    self.fail(event)
            self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.PROTOCOL))
            with self.assertRaises(PillionHttp.StatusError) as caught:
                async for event in self.client.events('/missing'):
                    self.fail(event)
            self.assertEqual(caught.exception.status, 404)

        self.server.add_bytes('/text', b'data: a\n\n', 'text/plain')
        self.run_main(main())


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
