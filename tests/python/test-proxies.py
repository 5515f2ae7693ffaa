#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Requests through proxies on loopback, also through those that misbehave"""

import asyncio
import http.server
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

from support import Case, GLib, run_kicked, tap

from gi.repository import Gio, PillionHttp

import loopback
import proxies
from proxies import Authority, Proxy, http_proxy

DATA = pathlib.Path(__file__).parent.parent / 'http' / 'data'
CERTIFICATE = str(DATA / 'cert.pem')
Error = PillionHttp.Error


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.server.seen.append((self.path, self.headers))
        if 'Sec-WebSocket-Key' in self.headers:
            loopback.Handler.echo_messages(self)
            return
        body = b'welcome'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self.do_GET()

    def log_message(self, *args):
        pass


class ProxyCase(Case):
    def setUp(self):
        super().setUp()
        self.plain = self.serve(False)
        self.tls = self.serve(True)

    def serve(self, tls):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Origin)
        server.daemon_threads = True
        server.seen = []
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE, DATA / 'key.pem')
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def proxy(self, handle, server=None):
        proxy = Proxy((server or self.plain).server_address, handle)
        self.addCleanup(proxy.close)
        return proxy

    def client(self, proxy, **arguments):
        return PillionHttp.Client(proxy=proxy, tls_database=Gio.TlsFileDatabase.new(CERTIFICATE), **arguments)

    def get(self, client, url='http://localhost:1234/a?b', **arguments):
        async def main():
            return await client.get(url, **arguments)

        return run_kicked(self, main())

    def assert_welcome(self, client, url='http://localhost:1234/a?b', **arguments):
        self.assertEqual(self.get(client, url, **arguments).text, 'welcome')

    def assert_fails(self, client, code, text, url='http://localhost:1234/a?b'):
        with self.assertRaises(GLib.Error) as caught:
            self.get(client, url)
        error = caught.exception
        self.assertTrue(error.matches(PillionHttp.error_quark(), code), repr(error))
        self.assertIn(text, error.message)
        self.assertNotIn('secret', error.message)


class Http(ProxyCase):
    def test_plain(self):
        proxy = self.proxy(http_proxy())
        client = self.client(f'http://{proxy.address}')
        self.assert_welcome(client, 'http://example.invalid/a?b')
        self.assertEqual(proxy.asked, ['GET http://example.invalid/a?b'])
        self.assertEqual(self.plain.seen[0][0], '/a?b')
        self.assertEqual(self.plain.seen[0][1]['Host'], 'example.invalid')

    def test_tunnel(self):
        proxy = self.proxy(http_proxy(), self.tls)
        client = self.client(f'http://{proxy.address}')
        for _ in range(3):
            self.assert_welcome(client, 'https://localhost/a?b')
        self.assertEqual(proxy.asked, ['CONNECT localhost:443'])
        self.assertEqual(self.tls.seen[0][0], '/a?b')

    def test_basic(self):
        for keep_open in True, False:
            proxy = self.proxy(http_proxy(Authority('Basic', keep_open=keep_open)))
            self.assert_welcome(self.client(f'http://me:secret@{proxy.address}'))
            self.assertEqual(proxy.authorizations, ['Basic'])
            tunnel = self.proxy(http_proxy(Authority('Basic', keep_open=keep_open)), self.tls)
            self.assert_welcome(self.client(f'http://me:secret@{tunnel.address}'), 'https://localhost/')
            self.assertEqual(tunnel.authorizations, ['Basic'])
        for server in self.plain, self.tls:
            for _, headers in server.seen:
                self.assertIsNone(headers['Proxy-Authorization'])
                self.assertIsNone(headers['Cookie'])

    def test_digest(self):
        for keep_open in True, False:
            for server, url in (self.plain, 'http://localhost:1234/a?b'), (self.tls, 'https://localhost/'):
                proxy = self.proxy(http_proxy(Authority('Digest', keep_open=keep_open)), server)
                client = self.client(f'http://me:secret@{proxy.address}')
                self.assert_welcome(client, url)
                self.assertEqual(proxy.authorizations, ['Basic', 'Digest'])

    def test_wrong_password(self):
        for scheme in 'Basic', 'Digest':
            proxy = self.proxy(http_proxy(Authority(scheme)), self.tls)
            client = self.client(f'http://me:wrong@{proxy.address}')
            self.assert_fails(client, Error.PROXY, 'wants other credentials', 'https://localhost/')
            self.assertLessEqual(len(proxy.asked), 3)
            plain = self.proxy(http_proxy(Authority(scheme)))
            self.assertEqual(self.get(self.client(f'http://me:wrong@{plain.address}')).status, 407)
            self.assertLessEqual(len(plain.asked), 3)

    def test_asked(self):
        """A handler is asked for the credentials of a proxy, and only once"""
        for scheme in 'Basic', 'Digest':
            for server, url in (self.plain, 'http://localhost:1234/a?b'), (self.tls, 'https://localhost/'):
                proxy = self.proxy(http_proxy(Authority(scheme)), server)
                client = self.client(f'http://{proxy.address}')
                seen = []

                async def handler(client, challenge):
                    seen.append((challenge.get_is_proxy(), challenge.get_origin(), challenge.get_realm(), challenge.get_scheme()))
                    await asyncio.sleep(0)
                    return 'me', 'secret'

                client.connect('authenticate', handler)
                self.assert_welcome(client, url)
                self.assert_welcome(client, url.replace('localhost', '127.0.0.1'))
                self.assertEqual(seen, [(True, f'http://{proxy.address}', 'proxy', scheme)])

    def test_asked_and_declined(self):
        proxy = self.proxy(http_proxy(Authority('Basic')), self.tls)
        client = self.client(f'http://{proxy.address}')
        client.connect('authenticate', lambda client, challenge: None)
        self.assert_fails(client, Error.PROXY, 'wants other credentials', 'https://localhost/')

    def test_own_field(self):
        """A Proxy-Authorization field of the program's reaches the proxy, and not the server"""
        value = 'Basic bWU6c2VjcmV0'
        for server, url in (self.plain, 'http://localhost:1234/'), (self.tls, 'https://localhost/'):
            proxy = self.proxy(http_proxy(Authority('Basic')), server)
            client = self.client(f'http://{proxy.address}', headers={'Proxy-Authorization': value})
            self.assert_welcome(client, url)
            self.assertIsNone(server.seen[-1][1]['Proxy-Authorization'])

    def test_server_and_proxy(self):
        """Both want credentials, and each gets its own"""
        proxy = self.proxy(http_proxy(Authority('Digest')), self.tls)
        client = self.client(f'http://me:secret@{proxy.address}', auth=('you', 'other'))
        self.assert_welcome(client, 'https://localhost/')
        self.assertEqual(self.tls.seen[-1][1]['Authorization'], 'Basic eW91Om90aGVy')

    def test_body_is_sent_again(self):
        proxy = self.proxy(http_proxy(Authority('Digest')))
        client = self.client(f'http://me:secret@{proxy.address}')

        async def main():
            return await client.post('http://localhost:1234/', content=b'x' * 100000)

        self.assertEqual(run_kicked(self, main()).text, 'welcome')

    def test_many_at_once(self):
        proxy = self.proxy(http_proxy(Authority('Digest')), self.tls)
        client = self.client(f'http://me:secret@{proxy.address}')

        async def main():
            return await asyncio.gather(*(client.get(f'https://localhost/{n}') for n in range(40)))

        self.assertEqual([response.text for response in run_kicked(self, main())], 40 * ['welcome'])

    def test_tls_to_the_proxy(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, DATA / 'key.pem')
        plain = http_proxy(Authority('Basic'))

        def handle(proxy, connection):
            with context.wrap_socket(connection, server_side=True) as secured:
                plain(proxy, secured)

        proxy = self.proxy(handle)
        url = f'https://me:secret@localhost:{proxy.address.split(":")[1]}'
        self.assert_welcome(self.client(url))
        # Without the client's authorities, those of the system are asked
        with self.assertRaises(GLib.Error) as caught:
            self.get(PillionHttp.Client(proxy=url))
        self.assertTrue(caught.exception.matches(Gio.tls_error_quark(), Gio.TlsError.BAD_CERTIFICATE), repr(caught.exception))


class Lies(ProxyCase):
    def lie(self, answer, code, text, **arguments):
        proxy = self.proxy(proxies.lying_proxy(answer, **arguments), self.tls)
        self.assert_fails(self.client(f'http://{proxy.address}'), code, text, 'https://localhost/')
        return proxy

    def test_tunnel(self):
        for answer, text in (
                (b'SSH-2.0-OpenSSH_9.2\r\n', 'not HTTP'),
                (b'\0\1\2\3\r\n\r\n', 'not HTTP'),
                (b'HTTP/1.1 20\r\n\r\n', 'not HTTP'),
                (b'HTTP/2 200 OK\r\n\r\n', 'not HTTP'),
                (b'', 'closed the connection'),
                (b'HTTP/1.1 200 OK\r\nA: b\r\n', 'closed the connection'),
                (b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'more than its answer'),
                (b'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', '403 Forbidden'),
                (b'HTTP/1.1 502 \xff\xfe\r\n\r\n', '502'),
                (b'HTTP/1.1 302 Found\r\nLocation: https://evil.invalid/\r\n\r\n', '302 Found'),
                (b'HTTP/1.1 407 No\r\n\r\n', 'wants other credentials'),
                (b'HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\n\r\n', 'wants other credentials'),
                (b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="a', 'closed the connection'),
                (b'HTTP/1.1 200 OK\r\n' + 100 * 1024 * b'x', 'not HTTP')):
            with self.subTest(answer[:40]):
                self.lie(answer, Error.PROXY, text, then_close=not answer.startswith((b'SSH', b'HTTP/1.1 200 OK\r\nxxx')))

    def test_requests_that_it_gets_itself(self):
        """The only connection is the one to the proxy, and the message names it"""
        for answer in b'', b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello':
            with self.subTest(answer):
                proxy = self.proxy(proxies.lying_proxy(answer))
                self.assert_fails(self.client(f'http://{proxy.address}'), Error.TRUNCATED, f'proxy http://{proxy.address}: ')
        proxy = self.proxy(proxies.lying_proxy(b'', then_close=False))
        with self.assertRaisesRegex(TimeoutError, f'proxy http://{proxy.address}: '):
            self.get(self.client(f'http://{proxy.address}', first_byte_timeout_usec=200_000))

    def test_407_forever(self):
        for url in 'http://localhost:1234/', 'https://localhost/':
            proxy = self.proxy(proxies.lying_proxy(b'HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm="a", nonce="b", qop="auth", stale=true\r\n'
                                                   b'Content-Length: 0\r\nConnection: close\r\n\r\n'), self.tls)
            client = self.client(f'http://me:secret@{proxy.address}')
            asked = []
            client.connect('authenticate', lambda client, challenge: asked.append(1) or ('me', 'secret'))
            if 'https' in url:
                self.assert_fails(client, Error.PROXY, 'wants other credentials', url)
            else:
                self.assertEqual(self.get(client, url).status, 407)
            self.assertLessEqual(len(proxy.asked), 20)

    def test_hangs(self):
        """The time for connecting counts"""
        for answer in b'', b'HTTP/1.1 200 OK\r\n':
            proxy = self.proxy(proxies.lying_proxy(answer, then_close=False), self.tls)
            client = self.client(f'http://{proxy.address}', connect_timeout_usec=200_000)
            with self.assertRaises(TimeoutError):
                self.get(client, 'https://localhost/')

    def test_nobody_there(self):
        with socket.socket() as reserved:
            reserved.bind(('127.0.0.1', 0))
            port = reserved.getsockname()[1]
            for scheme in 'http', 'socks5':
                with self.assertRaises(GLib.Error) as caught:
                    self.get(self.client(f'{scheme}://127.0.0.1:{port}'), 'https://localhost/')
                self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CONNECTION_REFUSED))
                self.assertIn(f'{scheme}://127.0.0.1:{port}', caught.exception.message)

    def test_cancelled(self):
        proxy = self.proxy(proxies.lying_proxy(b'', then_close=False), self.tls)
        call = self.client(f'http://{proxy.address}').get('https://localhost/')
        self.kick_until(lambda: proxy.asked)
        call.cancel()
        self.kick_until(call.done)
        self.assertTrue(call.cancelled())

    def test_not_a_proxy(self):
        for url in 'ftp://localhost', 'http://', '':
            self.assert_fails(self.client(url), Error.PROXY, 'proxy')


class Socks(ProxyCase):
    def test_socks5(self):
        for server, url in (self.plain, 'http://localhost:1234/'), (self.tls, 'https://localhost/'):
            for scheme in 'socks5', 'socks5h':
                proxy = self.proxy(proxies.socks5_proxy(), server)
                self.assert_welcome(self.client(f'{scheme}://{proxy.address}'), url)
                self.assertEqual(proxy.asked, ['localhost:' + ('443' if 'https' in url else '1234')])

    def test_socks5_with_password(self):
        proxy = self.proxy(proxies.socks5_proxy('m@e', 'se:cret'))
        self.assert_welcome(self.client(f'socks5://m%40e:se%3Acret@{proxy.address}'))
        self.assert_fails(self.client(f'socks5://me:wrong@{proxy.address}'), Error.PROXY, 'proxy')
        self.assert_fails(self.client(f'socks5://{proxy.address}'), Error.PROXY, 'proxy')

    def test_socks4(self):
        proxy = self.proxy(proxies.socks4_proxy())
        self.assert_welcome(self.client(f'socks4a://{proxy.address}'))
        self.assert_welcome(self.client(f'socks4://{proxy.address}'), 'http://127.0.0.1:1234/')
        self.assertEqual(proxy.asked, ['localhost:1234', '127.0.0.1:1234'])

    def test_refused(self):
        self.assert_fails(self.client(f'socks5://{self.proxy(proxies.socks5_proxy(result=2)).address}'), Error.PROXY, 'proxy')
        self.assert_fails(self.client(f'socks4a://{self.proxy(proxies.socks4_proxy(result=91)).address}'), Error.PROXY, 'proxy')

    def test_lies(self):
        for answer in b'', b'\5', b'HTTP/1.1 200 OK\r\n\r\n':
            def handle(proxy, connection, answer=answer):
                connection.recv(100)
                connection.sendall(answer)

            proxy = self.proxy(handle)
            self.assert_fails(self.client(f'socks5://{proxy.address}'), Error.PROXY, f'proxy socks5://{proxy.address}: ')


class WebSockets(ProxyCase):
    def assert_echoes(self, client, url):
        async def main():
            async with client.websocket(url) as socket:
                for message in 'hello', b'\0\1', 'x' * 1000:
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), message)

        run_kicked(self, main())

    def test_http_proxy_gets_connect(self):
        for server, url, target in ((self.plain, 'ws://example.invalid/a', 'example.invalid:80'),
                                    (self.plain, 'ws://example.invalid:1234/a', 'example.invalid:1234'),
                                    (self.tls, 'wss://localhost/a', 'localhost:443')):
            for scheme in None, 'Basic', 'Digest':
                for keep_open in True, False:
                    with self.subTest(url=url, scheme=scheme, keep_open=keep_open):
                        proxy = self.proxy(http_proxy(Authority(scheme, keep_open=keep_open)), server)
                        client = self.client(f'http://me:secret@{proxy.address}')
                        self.assert_echoes(client, url)
                        # What the proxy wants is known now
                        self.assert_echoes(client, url)
                        self.assertEqual(set(proxy.asked), {f'CONNECT {target}'})
                        self.assertLessEqual(len(proxy.asked), 3)
                        path, headers = server.seen[-1]
                        self.assertEqual(path, '/a')
                        self.assertIsNone(headers['Proxy-Authorization'])

    def test_plain_requests_still_need_no_tunnel(self):
        proxy = self.proxy(http_proxy(Authority('Digest')))
        client = self.client(f'http://me:secret@{proxy.address}')
        self.assert_echoes(client, 'ws://example.invalid/a')
        self.assert_welcome(client, 'http://example.invalid/b')
        self.assertEqual(proxy.asked[-1], 'GET http://example.invalid/b')

    def test_socks(self):
        for server, url, target in ((self.plain, 'ws://localhost:1234/', 'localhost:1234'), (self.tls, 'wss://localhost/', 'localhost:443')):
            for scheme, handle in ('socks5', proxies.socks5_proxy('me', 'secret')), ('socks4a', proxies.socks4_proxy()):
                with self.subTest(url=url, scheme=scheme):
                    proxy = self.proxy(handle, server)
                    self.assert_echoes(self.client(f'{scheme}://me:secret@{proxy.address}'), url)
                    self.assertEqual(proxy.asked, [target])

    def test_handler_is_asked(self):
        proxy = self.proxy(http_proxy(Authority('Digest')))
        client = self.client(f'http://{proxy.address}')
        seen = []

        async def handler(client, challenge):
            seen.append(challenge.get_is_proxy())
            return 'me', 'secret'

        client.connect('authenticate', handler)
        self.assert_echoes(client, 'ws://example.invalid/')
        self.assertEqual(seen, [True])

    def test_refused(self):
        for url in 'ws://localhost/', 'wss://localhost/':
            for answer, text in ((b'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', '403 Forbidden'),
                                 (b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="a"\r\n\r\n', 'wants other credentials'),
                                 (b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n', '101 Switching')):
                with self.subTest(url=url, answer=answer):
                    client = self.client(f'http://{self.proxy(proxies.lying_proxy(answer)).address}')
                    with self.assertRaisesRegex(GLib.Error, text) as caught:
                        self.assert_echoes(client, url)
                    self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), Error.PROXY), repr(caught.exception))

    def test_hangs(self):
        for url in 'ws://localhost/', 'wss://localhost/':
            proxy = self.proxy(proxies.lying_proxy(b'', then_close=False))
            with self.assertRaises(TimeoutError):
                self.assert_echoes(self.client(f'http://{proxy.address}', connect_timeout_usec=200_000), url)


class Finding(ProxyCase):
    def test_resolver(self):
        proxy = self.proxy(http_proxy())
        resolver = Gio.SimpleProxyResolver.new(f'http://{proxy.address}', ['127.0.0.1'])
        client = PillionHttp.Client(proxy_resolver=resolver)
        self.assert_welcome(client, 'http://example.invalid/')
        self.assertEqual(client.get_proxy_resolver(), resolver)
        url = 'http://127.0.0.1:%d/direct' % self.plain.server_address[1]
        self.assert_welcome(client, url)
        self.assertEqual(len(proxy.asked), 1)

        # A proxy of the client's own comes first
        client.set_proxy('direct://')
        self.assertEqual(client.get_proxy(), 'direct://')
        with self.assertRaises(GLib.Error):
            self.get(client, 'http://example.invalid/')

    def run_with(self, variables, *urls):
        script = '''
            import sys, gi
            gi.require_version('PillionHttp', '1')
            from gi.repository import Pillion, PillionHttp
            loop = Pillion.Loop.get_default()
            client = PillionHttp.Client()
            for url in sys.argv[1:]:
                try:
                    print(loop.run_until_complete(client.get(url)).text)
                except Exception as error:
                    print(error)
            '''
        clean = {name: value for name, value in os.environ.items() if 'proxy' not in name.lower()}
        done = subprocess.run([sys.executable, '-c', textwrap.dedent(script), *urls], capture_output=True, text=True, check=True,
                              env={**clean, 'GIO_USE_PROXY_RESOLVER': 'dummy', **variables})
        return done.stdout.split('\n')[:-1]

    def test_environment(self):
        proxy = self.proxy(http_proxy(Authority('Basic')))
        url = f'http://me:secret@{proxy.address}'
        direct = 'http://127.0.0.1:%d/direct' % self.plain.server_address[1]
        self.assertEqual(self.run_with({'http_proxy': url}, *(f'http://example.invalid/{n}' for n in range(5))), 5 * ['welcome'])
        self.assertEqual(proxy.asked, ['GET http://example.invalid/0'])
        self.assertEqual(self.run_with({'all_proxy': url, 'no_proxy': '10.0.0.0/8, 127.0.0.0/8'}, direct, 'http://example.invalid/'),
                         2 * ['welcome'])
        self.assertEqual(len(proxy.asked), 2)
        self.assertNotEqual(self.run_with({'HTTP_PROXY': url}, 'http://example.invalid/'), ['welcome'])


@unittest.skipUnless(shutil.which('tinyproxy'), 'tinyproxy is not installed')
class Tinyproxy(ProxyCase):
    def test_tunnel_with_password(self):
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        config = pathlib.Path(folder.name) / 'tinyproxy.conf'
        config.write_text(f'Port {port}\nListen 127.0.0.1\nBasicAuth me secret\nTimeout 10\nMaxClients 10\n'
                          f'ConnectPort {self.tls.server_address[1]}\n')
        process = subprocess.Popen(['tinyproxy', '-d', '-c', config], stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection(('127.0.0.1', port)).close()
                break
            except OSError:
                pass

        client = self.client(f'http://me:secret@127.0.0.1:{port}')
        self.assert_welcome(client, 'http://127.0.0.1:%d/' % self.plain.server_address[1])
        self.assert_welcome(client, 'https://localhost:%d/' % self.tls.server_address[1])
        wrong = self.client(f'http://me:wrong@127.0.0.1:{port}')
        # It says 401 where 407 is meant
        self.assert_fails(wrong, Error.PROXY, '401 Unauthorized', 'https://localhost:%d/' % self.tls.server_address[1])


if __name__ == '__main__':
    tap.main()
