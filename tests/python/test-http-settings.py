#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What clients are set to, and the cookies that they keep, from Python"""

import asyncio
import http.cookiejar
import http.server
import pathlib
import shutil
import socketserver
import ssl
import subprocess
import tempfile
import threading

from support import Case, GLib, tap

from gi.repository import Gio, Pillion, PillionHttp

FAR = 3907833377  # in 2093


class SettingsCase(Case):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-settings-')
        self.addCleanup(temporary.cleanup)  # when nothing uses it any more
        super().setUp()
        self.folder = pathlib.Path(temporary.name)

    def run_main(self, main):
        return self.loop.run_until_complete(asyncio.wait_for(main, 60))


class Attributes(Case):
    def test_properties_are_attributes(self):
        client = PillionHttp.Client(base_url='http://example.org/')
        self.assertEqual(client.base_url, 'http://example.org/')
        client.offline = True
        self.assertTrue(client.get_offline())
        client.max_retries = 7
        self.assertEqual((client.max_retries, client.props.max_retries), (7, 7))
        with self.assertRaises(AttributeError):
            client.loop = None

        request = PillionHttp.Request.new('GET', 'http://example.org/')
        request.cache_mode = PillionHttp.CacheMode.RELOAD
        self.assertEqual(request.get_cache_mode(), PillionHttp.CacheMode.RELOAD)
        options = PillionHttp.DownloadOptions()
        options.resume = False
        self.assertFalse(options.get_resume())
        cache = PillionHttp.Cache('/tmp/nothing', max_size=5)
        cache.max_size += 1
        self.assertEqual((cache.get_max_size(), cache.path), (6, '/tmp/nothing'))
        loop = client.loop
        loop.budget_usec = 1234
        self.assertEqual(loop.get_budget_usec(), 1234)

    def test_typos_are_refused(self):
        for one in (PillionHttp.Client(), PillionHttp.Request.new('GET', 'http://example.org/'), PillionHttp.DownloadOptions(),
                    PillionHttp.Cache('/tmp/nothing')):
            with self.subTest(one), self.assertRaisesRegex(AttributeError, 'ofline'):
                one.ofline = True
        with self.assertRaisesRegex(AttributeError, "did you mean 'offline'"):
            PillionHttp.Client().ofline = True
        with self.assertRaisesRegex(TypeError, "did you mean 'offline'"):
            PillionHttp.Client(ofline=True)
        with self.assertRaisesRegex(TypeError, 'get'):
            PillionHttp.Client(get=True)

    def test_members_of_enumerations_have_names(self):
        client = PillionHttp.Client(name_conflict='keep')
        self.assertEqual(client.name_conflict, PillionHttp.NameConflict.KEEP)
        client.set_name_conflict('refuse')
        self.assertEqual(client.name_conflict, PillionHttp.NameConflict.REFUSE)
        client.loop.budget_mode = 'automatic'
        self.assertEqual(client.loop.budget_mode, Pillion.BudgetMode.AUTOMATIC)
        client.loop.set_budget_mode('fixed')
        request = PillionHttp.Request('GET', 'http://example.org/', cache_mode='no-cache', priority='high')
        self.assertEqual((request.cache_mode, request.priority), (PillionHttp.CacheMode.NO_CACHE, PillionHttp.Priority.HIGH))
        request.redirect_policy = 'same-origin'
        self.assertEqual(request.redirect_policy, PillionHttp.RedirectPolicy.SAME_ORIGIN)
        options = PillionHttp.DownloadOptions()
        options.name_conflict = 'overwrite'
        self.assertEqual(options.name_conflict, PillionHttp.NameConflict.OVERWRITE)
        for set_one in (lambda: setattr(request, 'cache_mode', 'relod'), lambda: request.set_cache_mode('relod'),
                        lambda: PillionHttp.Request('GET', 'http://example.org/', cache_mode='relod'),
                        lambda: client.get('http://example.org/', cache='relod')):
            with self.assertRaisesRegex(ValueError, "cache(_mode)? can't be 'relod': it may be .*'reload'"):
                set_one()
        for other in (True, None, PillionHttp.Priority.HIGH, 1.0):
            with self.subTest(other), self.assertRaisesRegex(TypeError, 'cache_mode can\'t be'):
                request.cache_mode = other
        with self.assertRaisesRegex(TypeError, "cache can't be False"):
            client.get('http://example.org/', cache=False)
        with self.assertRaisesRegex(ValueError, "cache_mode can't be 99"):
            request.cache_mode = 99
        self.assertEqual(request.cache_mode, PillionHttp.CacheMode.NO_CACHE)

    def test_values_that_a_property_can_not_have_are_refused(self):
        client = PillionHttp.Client()
        for name, value, error in (('offline', 'no', 'offline is True or False'), ('max_retries', '3', 'max_retries is a number'),
                                   ('max_retries', True, 'max_retries is a number'), ('max_retries', 2.5, 'whole number'),
                                   ('idle_timeout_usec', 1.5, 'whole number of microseconds'),
                                   ('idle_timeout_usec', float('inf'), 'whole number of microseconds')):
            with self.subTest(name=name, value=value), self.assertRaisesRegex(TypeError, error):
                setattr(client, name, value)
        for name, value, error in (('max_connections', 0, 'at least 1'), ('max_connections', 2 ** 31, 'at most 2147483647'),
                                   ('max_retries', -1, 'at least 0'), ('rate_limit', 10 ** 30, 'at most')):
            with self.subTest(name=name, value=value), self.assertRaisesRegex(ValueError, f"{name} can't be {value}: it is {error}"):
                PillionHttp.Client(**{name: value})
        with self.assertRaisesRegex(ValueError, 'max_size'):
            PillionHttp.Cache('/tmp/nothing', max_size=-1)
        client.idle_timeout_usec = 2.5e6
        client.offline = 1
        self.assertEqual((client.idle_timeout_usec, client.offline), (2_500_000, True))

    def test_arguments_of_the_wrong_type_are_refused(self):
        client = PillionHttp.Client()
        for call in (lambda: client.get('http://example.org/', follow_redirects='no'), lambda: client.get('http://example.org/', headers=5),
                     lambda: client.post('http://example.org/', files=5), lambda: client.post('http://example.org/', data=5),
                     lambda: client.download('http://example.org/', '/tmp/nothing', mirrors='http://example.net/'),
                     lambda: client.download('http://example.org/', '/tmp/nothing', resume='no')):
            with self.assertRaisesRegex(TypeError, ', and not '):
                call()
        with self.assertRaisesRegex(TypeError, "did you mean 'total_timeout_usec'"):
            PillionHttp.Client(timeout=5)
        with self.assertRaisesRegex(ValueError, 'path'):
            client.cache = ''

    def test_objects_describe_themselves(self):
        with PillionHttp.TestServer() as server:
            self.assertEqual(repr(server), f'<PillionHttp.TestServer {server.url}>')
        client = PillionHttp.Client(base_url='https://me:secret@example.org/')
        self.assertEqual(repr(client), '<PillionHttp.Client of https://example.org/>')
        self.assertEqual(repr(PillionHttp.Client()), '<PillionHttp.Client>')
        self.assertEqual(repr(client.events('https://example.org/')), '<PillionHttp.EventStream>')
        self.assertEqual(repr(PillionHttp.DownloadOptions()), '<PillionHttp.DownloadOptions>')
        self.assertEqual(repr(PillionHttp.DownloadOptions(name_conflict='keep', resume=False)),
                         "<PillionHttp.DownloadOptions name_conflict='keep' resume=False>")
        self.assertEqual(repr(PillionHttp.DownloadOptions(mirrors=['https://me:secret@example.org/a'])),
                         "<PillionHttp.DownloadOptions mirrors=['https://example.org/a']>")
        for host, name in ((Pillion.TestHost(), 'test'), (Pillion.TickHost(), 'tick'), (Pillion.CallbackHost(), 'callback'), (Pillion.GlibHost(), 'glib')):
            self.assertEqual(repr(host), f'<Pillion.{type(host).__name__} {name!r}>')
        self.assertEqual(repr(Pillion.Kick()), '<Pillion.Kick of 0 items in 0 µs>')

        transport = PillionHttp.TestTransport()
        transport.add_handler('/', lambda exchange: seen.append(repr(exchange)) or exchange.set_status(404))
        seen = []
        task = PillionHttp.Client(transport=transport).get('http://example.org/a')
        self.kick_until(task.done)
        self.assertEqual((seen, repr(transport)), (['<PillionHttp.TestExchange GET /a>'], '<PillionHttp.TestTransport after 1 requests>'))

    def test_a_thread_without_a_loop_is_told_so(self):
        errors = []

        def make(kind, *args):
            try:
                kind(*args)
            except RuntimeError as error:
                errors.append(str(error))

        for kind, *args in ((PillionHttp.Client,), (PillionHttp.TestServer,), (Pillion.Scope, 'nowhere'), (Pillion.Queue, 1)):
            thread = threading.Thread(target=make, args=(kind, *args))
            thread.start()
            thread.join()
        self.assertEqual(len(errors), 4, errors)
        for error in errors:
            self.assertIn('no default loop', error)

    def test_a_request_is_made_as_one_is_sent(self):
        request = PillionHttp.Request('post', 'http://example.org/', params={'a': 1}, headers={'X-One': '1'}, json=[1], max_retries=0)
        self.assertEqual((request.method, request.url, request.max_retries), ('POST', 'http://example.org/', 0))
        self.assertEqual(request.get_header('X-One'), '1')
        self.assertEqual(repr(request), '<PillionHttp.Request POST http://example.org/>')
        self.assertEqual(PillionHttp.Request(method='GET', url='http://example.org/').method, 'GET')
        with self.assertRaisesRegex(TypeError, "did you mean 'priority'"):
            PillionHttp.Request('GET', 'http://example.org/', prioritty='high')

    def test_the_cache_of_a_client_may_be_a_path(self):
        for path in ('/tmp/nothing', pathlib.Path('/tmp/nothing')):
            client = PillionHttp.Client()
            self.assertIsNone(client.cache)
            client.cache = path
            self.assertEqual(client.cache.get_path(), '/tmp/nothing')
            cache = client.cache
            client.cache = None
            self.assertIsNone(client.get_cache())
            client.cache = cache
            self.assertEqual(client.cache, cache)

    def test_a_timeout_is_not_zero(self):
        for timeout in (0, -1, float('nan')):
            with self.subTest(timeout), self.assertRaisesRegex(ValueError, 'more than 0 seconds'):
                PillionHttp.Client().get('http://example.org/', timeout=timeout)


class Cookies(SettingsCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / 'cookies.txt'

    def serve(self):
        def answer(exchange):
            exchange.add_header('Set-Cookie', f'user=me; Path=/; Max-Age={10 ** 8}')
            exchange.add_header('Set-Cookie', 'session=1; Path=/')
            exchange.set_text(exchange.get_header('Cookie') or 'none')

        server = PillionHttp.TestServer()
        self.addCleanup(server.close)
        server.add_handler('/', answer)
        return server.get_url() + '/'

    def test_client_with_a_file(self):
        url = self.serve()

        async def main():
            for file in (self.path, str(self.path), Gio.File.new_for_path(str(self.path))):
                jar = PillionHttp.CookieJar(file)
                async with PillionHttp.Client(cookie_jar=jar) as client:
                    self.assertEqual((await client.get(url)).text, 'none')
                    self.assertEqual((await client.get(url)).text, 'user=me; session=1')
                self.assertEqual([cookie.name for cookie in jar], ['user', 'session'])
                self.assertEqual(len(jar), 2)

                # It was written when the block was left
                again = PillionHttp.CookieJar(file)
                await again.load()
                self.assertEqual([(cookie.name, cookie.value, cookie.host_only) for cookie in again], [('user', 'me', True)])
                again.clear()
                await again.save()
                self.assertFalse(list(PillionHttp.CookieJar(file)))

        self.run_main(main())

    def test_session_cookies_are_kept_on_request(self):
        async def main():
            jar = PillionHttp.CookieJar(self.path, save_session_cookies=True)
            jar.add(PillionHttp.Cookie('a', '1', 'example.org'))
            await jar.save()
            self.assertEqual([cookie.name for cookie in PillionHttp.CookieJar(self.path)], ['a'])

        self.run_main(main())

    def test_cookies(self):
        jar = PillionHttp.CookieJar()
        self.assertTrue(jar)
        self.assertEqual(len(jar), 0)
        cookie = PillionHttp.Cookie('a', '1', '.example.org', '/dir')
        cookie.secure = True
        cookie.expires_usec = FAR * 1_000_000
        jar.add(cookie)
        self.assertEqual(repr(cookie), '<PillionHttp.Cookie a example.org/dir>')
        found, = jar.list('https://www.example.org/dir/')
        self.assertEqual((found.name, found.value, found.domain, found.path, found.secure, found.host_only, found.expires_usec),
                         ('a', '1', 'example.org', '/dir', True, False, FAR * 1_000_000))
        self.assertEqual(jar.list('http://www.example.org/dir/'), [])
        self.assertTrue(jar.remove(found))
        self.assertFalse(jar.remove(found))
        self.assertIn('CookieJar', repr(jar))
        self.assertIn('cookies.txt', repr(PillionHttp.CookieJar(self.path)))

    def test_what_is_no_cookie(self):
        jar = PillionHttp.CookieJar()
        for arguments in (('a', '1\0', 'example.org'), ('a\0', '1', 'example.org'), ('a', '1', 'example.org\0')):
            with self.assertRaises(ValueError):
                PillionHttp.Cookie(*arguments)
        with self.assertRaises(GLib.Error) as caught:
            jar.add(PillionHttp.Cookie('a', '1', '.com'))
        self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_COOKIE))
        with self.assertRaises(GLib.Error):
            jar.list('example.org')

    def test_broken_file_is_an_exception_and_kept(self):
        self.path.write_text('not a cookie\n')
        jar = PillionHttp.CookieJar(self.path)

        async def main():
            with self.assertRaises(GLib.Error) as caught:
                await jar.load()
            self.assertIn('cookies.txt.broken', caught.exception.message)

        self.run_main(main())
        self.assertEqual((self.folder / 'cookies.txt.broken').read_text(), 'not a cookie\n')
        self.assertEqual(len(jar), 0)

    def test_other_programs_read_and_write_the_file(self):
        url = self.serve()

        async def main():
            jar = PillionHttp.CookieJar(self.path)
            cookie = PillionHttp.Cookie('ours', '1', '127.0.0.1')
            cookie.expires_usec = FAR * 1_000_000
            cookie.http_only = True
            jar.add(cookie)
            await jar.save()

            other = http.cookiejar.MozillaCookieJar(str(self.path))
            other.load()
            self.assertEqual([(cookie.name, cookie.value, cookie.domain, cookie.expires) for cookie in other], [('ours', '1', '127.0.0.1', FAR)])
            other.save()
            self.assertEqual([cookie.name for cookie in PillionHttp.CookieJar(self.path)], ['ours'])

        self.run_main(main())
        curl = shutil.which('curl')
        if curl is None:
            return
        done = self.loop.run_in_executor(None, lambda: subprocess.run([curl, '-s', '-b', self.path, '-c', self.path, url],
                                                                      check=True, capture_output=True, timeout=30))
        self.assertEqual(self.run_main(done).stdout, b'ours=1')
        self.assertEqual({cookie.name for cookie in PillionHttp.CookieJar(self.path)}, {'ours', 'user', 'session'})


class Connections(SettingsCase):
    DATA = pathlib.Path(__file__).resolve().parent.parent / 'http' / 'data'
    PIN = 'sha256//vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTTo='
    OTHER_PIN = 'sha256//baQqLAXh47EBy6BIYW8hnQLsb/sQR+cIjGTzIOv38DE='

    def serve(self, for_clients=False):
        """A server whose TLS sessions go on over other connections. It answers with the subject of the client's certificate."""
        sessions = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                sessions.append(self.connection.session_reused)
                certificate = self.connection.getpeercert()
                body = repr(certificate['subject'] if certificate else None).encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *args):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.DATA / 'cert.pem', self.DATA / 'key.pem')
        if for_clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.DATA / 'client-cert.pem')
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda request, address: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05})
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), thread.join(), server.server_close()))
        return f'https://127.0.0.1:{server.server_address[1]}/', sessions

    def get(self, url, **settings):
        client = PillionHttp.Client(**settings)
        return self.run_main(client.get(url)).text

    def assert_error(self, domain, code, function, *args, **keywords):
        with self.assertRaises(GLib.Error) as caught:
            function(*args, **keywords)
        self.assertTrue(caught.exception.matches(domain, code), caught.exception)
        return caught.exception

    def test_verify(self):
        url, _ = self.serve()
        path = self.DATA / 'cert.pem'
        for verify in (False, path, str(path), Gio.File.new_for_path(str(path)), Gio.TlsFileDatabase.new(str(path))):
            self.assertEqual(self.get(url, verify=verify), 'None')
        self.assert_error(Gio.tls_error_quark(), Gio.TlsError.BAD_CERTIFICATE, self.get, url)
        self.assert_error(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, PillionHttp.Client, verify=self.folder / 'missing.pem')
        self.assert_error(PillionHttp.error_quark(), PillionHttp.Error.INVALID_SETTING, PillionHttp.Client, verify=self.DATA / 'key.pem')
        for verify in (None, 1, ssl.create_default_context()):
            with self.assertRaises(TypeError):
                PillionHttp.Client(verify=verify)

    def test_sessions_that_go_on_are_trusted_no_more_than_new_ones(self):
        url, sessions = self.serve()
        for _ in range(3):
            self.get(url, verify=False)
        self.assertTrue(sessions[-1])
        for settings in ({}, {'verify': self.DATA / 'client-cert.pem'}):
            for _ in range(3):
                self.assert_error(Gio.tls_error_quark(), Gio.TlsError.BAD_CERTIFICATE, self.get, url, **settings)
        self.assert_error(PillionHttp.error_quark(), PillionHttp.Error.PIN_MISMATCH, self.get, url, verify=False, pinned_keys=self.OTHER_PIN)
        self.assertEqual(self.get(url, verify=False, pinned_keys=self.PIN), 'None')
        self.assertEqual(len(sessions), 4)

    def test_cert(self):
        url, _ = self.serve(for_clients=True)
        certificate, key, both = self.DATA / 'client-cert.pem', self.DATA / 'client-key.pem', self.folder / 'both.pem'
        both.write_text(certificate.read_text() + key.read_text())
        for cert in ((certificate, key), (str(certificate), str(key)), both, Gio.TlsCertificate.new_from_file(str(both))):
            self.assertIn('Pillion test client', self.get(url, verify=self.DATA / 'cert.pem', cert=cert))
        with self.assertRaises(GLib.Error):
            self.get(url, verify=self.DATA / 'cert.pem')
        self.assert_error(PillionHttp.error_quark(), PillionHttp.Error.INVALID_SETTING, PillionHttp.Client, cert=certificate)
        self.assert_error(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, PillionHttp.Client, cert=(certificate, self.folder / 'missing'))

    def test_pinned_keys(self):
        url, sessions = self.serve()
        for pins in (self.PIN, [self.PIN], f'{self.OTHER_PIN};{self.PIN}', (self.OTHER_PIN, self.PIN)):
            self.assertEqual(self.get(url, verify=False, pinned_keys=pins), 'None')
        self.assertEqual(len(sessions), 4)
        self.assert_error(PillionHttp.error_quark(), PillionHttp.Error.PIN_MISMATCH, self.get, url, verify=False, pinned_keys=[self.OTHER_PIN])
        self.assert_error(PillionHttp.error_quark(), PillionHttp.Error.INVALID_SETTING, self.get, url, verify=False, pinned_keys='pin')
        self.assertEqual(len(sessions), 4)

    def test_unix_socket(self):
        path = self.folder / 'socket'

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')

        with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05})
            thread.start()
            self.assertEqual(self.get('http://localhost/', unix_socket_path=path), 'ok')
            server.shutdown()
            thread.join()
        path.unlink()
        error = self.assert_error(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, self.get, 'http://localhost/', unix_socket_path=str(path))
        self.assertIn(f'http://localhost/: {path}: ', error.message)
        self.assert_error(PillionHttp.error_quark(), PillionHttp.Error.INVALID_SETTING, self.get, 'http://localhost/',
                          unix_socket_path='x' * 200)

    def test_local_address(self):
        address = Gio.InetSocketAddress.new_from_string('127.0.0.2', 0)
        for given in ('127.0.0.2', address):
            client = PillionHttp.Client(local_address=given, http2=False)
            self.assertEqual(client.get_local_address().get_address().to_string(), '127.0.0.2')
            self.assertFalse(client.get_http2())
        with self.assertRaises(ValueError):
            PillionHttp.Client(local_address='localhost')


if __name__ == '__main__':
    tap.main()
