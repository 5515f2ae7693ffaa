#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What clients are set to, and the cookies that they keep, from Python"""

import asyncio
import http.cookiejar
import pathlib
import shutil
import subprocess
import tempfile

from support import Case, GLib, tap

from gi.repository import Gio, PillionHttp

FAR = 3907833377  # in 2093


class SettingsCase(Case):
    def setUp(self):
        super().setUp()
        temporary = tempfile.TemporaryDirectory(prefix='pillion-settings-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_main(self, main):
        return self.loop.run_until_complete(asyncio.wait_for(main, 60))


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


if __name__ == '__main__':
    tap.main()
