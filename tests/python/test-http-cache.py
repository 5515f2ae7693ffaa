#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The cache, from Python"""

import asyncio
import pathlib
import shutil
import tempfile

from support import Case, guest, tap

from gi.repository import Gio, GLib, PillionHttp


class Cache(Case):
    def setUp(self):
        # The folder goes last, when nothing is written to it any more
        temporary = tempfile.TemporaryDirectory(prefix='pillion-cache-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.path = self.folder / 'cache'
        self.addCleanup(lambda: guest.run_until_complete(PillionHttp.Cache(self.path).flush(guest)))
        super().setUp()
        self.n_requests = 0

    def run_main(self, main):
        return self.loop.run_until_complete(asyncio.wait_for(main, 60))

    def serve(self):
        def answer(exchange):
            self.n_requests += 1
            exchange.add_header('Cache-Control', 'max-age=10000')
            exchange.add_header('ETag', '"1"')
            if exchange.get_header('If-None-Match') == '"1"':
                exchange.set_status(304)
                exchange.set_text('')
            else:
                exchange.set_text(str(self.n_requests))

        server = PillionHttp.TestServer()
        self.addCleanup(server.close)
        server.add_handler('/', answer)
        return server.get_url() + '/'

    def test_all_kinds_of_calls_use_it(self):
        url = self.serve()

        async def main():
            async with PillionHttp.Client(cache=self.path) as client:
                first = await client.get(url)
                self.assertEqual((first.text, first.from_cache), ('1', False))
                self.assertEqual(first.headers['Cache-Status'], 'Pillion; fwd=uri-miss; stored')
                second = await client.get(url)
                self.assertEqual((second.text, second.from_cache), ('1', True))
                self.assertTrue(second.headers['Cache-Status'].startswith('Pillion; hit; ttl='))
                self.assertEqual(await client.get_bytes(url), b'1')
                self.assertEqual(await client.get_json(url), 1)
                async with client.stream('GET', url) as stream:
                    self.assertTrue(stream.response.from_cache)
                    self.assertEqual(b''.join([piece async for piece in stream]), b'1')
                await client.download(url, self.folder / 'file')
                self.assertEqual((self.folder / 'file').read_text(), '1')
                self.assertEqual(self.n_requests, 1)

                await client.post(url, content=b'change')
                self.assertEqual((await client.get(url)).text, '3')

        self.run_main(main())

    def test_server_that_must_be_asked_is_unreachable(self):
        """The response says why, and so does what it raises"""
        url = 'http://example.org/'
        transport = PillionHttp.TestTransport()

        def answer(exchange):
            exchange.add_header('Cache-Control', 'no-cache')
            exchange.add_header('ETag', '"1"')
            exchange.set_text('price')

        async def main():
            async with PillionHttp.Client(cache=self.path) as client:
                client.set_transport(transport)
                transport.add_handler(url, answer)
                self.assertIsNone((await client.get(url)).get_network_error())
                transport.add_error(url, GLib.Error('no route', 'g-io-error-quark', Gio.IOErrorEnum.NETWORK_UNREACHABLE))
                response = await client.get(url)
                self.assertEqual((response.status, response.ok, response.from_cache), (504, False, False))
                self.assertTrue(response.get_network_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.NETWORK_UNREACHABLE))
                with self.assertRaisesRegex(PillionHttp.StatusError, 'could not be reached: no route'):
                    response.raise_for_status()

        self.run_main(main())

    def test_modes(self):
        url = self.serve()

        async def main():
            cache = PillionHttp.Cache(str(self.path), max_size=10_000_000)
            self.assertEqual(cache.get_max_size(), 10_000_000)
            self.assertIn(str(self.path), repr(cache))
            client = PillionHttp.Client(cache=cache)
            self.assertEqual((await client.get(url, cache='only-if-cached')).status, 504)
            with self.assertRaises(GLib.Error) as caught:
                await client.get_bytes(url, cache=PillionHttp.CacheMode.ONLY_IF_CACHED)
            self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.NOT_CACHED))
            self.assertEqual((await client.get(url)).text, '1')
            self.assertEqual((await client.get(url, cache='only-if-cached')).text, '1')
            self.assertEqual((await client.request('GET', url, cache='no-cache')).text, '1')
            self.assertEqual(self.n_requests, 2)
            self.assertEqual((await client.get(url, cache='reload')).text, '3')
            self.assertEqual((await client.get(url, cache='force-cache')).text, '3')
            self.assertEqual(await client.get_json(url, cache='no-store'), 4)
            self.assertEqual(await client.get_bytes(url), b'3')
            with self.assertRaises(ValueError):
                client.get(url, cache='sometimes')

        self.run_main(main())

    def test_offline(self):
        url = self.serve()

        async def main():
            client = PillionHttp.Client(cache=self.path)
            await client.get(url)
            client.set_offline(True)
            self.assertEqual((await client.get(url)).text, '1')
            missing = await client.get(url + '?other')
            self.assertEqual(missing.status, 504)
            with self.assertRaisesRegex(PillionHttp.StatusError, r'\?other: 504: the cache has no response that can be used') as caught:
                missing.raise_for_status()
            self.assertEqual((caught.exception.code, caught.exception.response), (504, missing))
            self.assertEqual(self.n_requests, 1)

        self.run_main(main())

    def test_server_without_a_cached_response_is_to_blame(self):
        """Its own cache says the same as ours would"""
        def answer(exchange):
            exchange.add_header('Cache-Status', 'Pillion; detail=only-if-cached')
            exchange.set_status(504)

        server = PillionHttp.TestServer()
        self.addCleanup(server.close)
        server.add_handler('/', answer)

        async def main():
            response = await PillionHttp.Client().get(server.get_url() + '/')
            with self.assertRaisesRegex(PillionHttp.StatusError, 'the server answered 504'):
                response.raise_for_status()

        self.run_main(main())

    def test_what_is_stored_is_listed(self):
        url = self.serve()

        async def main():
            cache = PillionHttp.Cache(self.path)
            client = PillionHttp.Client(cache=cache)
            await client.get(url)
            await client.get(url + '?other')
            self.assertEqual([response.url for response in await cache.list()], [url + '?other', url])
            one, = await cache.list(url)
            self.assertEqual((one.url, one.headers['Content-Length']), (url, '1'))
            self.assertEqual(await cache.verify(), 0)

        self.run_main(main())

    def test_object(self):
        url = self.serve()

        async def main():
            cache = PillionHttp.Cache(self.path)
            client = PillionHttp.Client(cache=cache)
            self.assertIs(await cache.open(), True)
            await client.get(url)
            self.assertIs(await cache.remove(url), True)
            self.assertIs(await cache.remove(url), False)
            self.assertEqual((await client.get(url)).text, '2')
            self.assertIs(await cache.clear(), True)
            self.assertEqual((await client.get(url)).text, '3')

        self.run_main(main())

    def test_flush(self):
        """Another process finds what was stored, and the folder can be removed."""
        url = self.serve()

        async def main():
            cache = PillionHttp.Cache(self.path)
            self.assertIs(await cache.flush(), True)
            self.assertFalse(self.path.exists())
            client = PillionHttp.Client(cache=cache)
            for i in range(5):
                await client.get(f'{url}?{i}')
            # No matter which one
            self.assertIs(await PillionHttp.Cache(self.path).flush(), True)
            self.assertEqual(len(list(self.path.glob('entries/*'))), 5)
            await client.get(url)
            client = cache = None
            self.assertIs(await PillionHttp.Cache(self.path).flush(), True)
            self.assertEqual(len(list(self.path.glob('entries/*'))), 6)
            shutil.rmtree(self.path)
            self.assertIs(await PillionHttp.Cache(self.path).flush(), True)
            self.assertFalse(self.path.exists())

        self.run_main(main())

    def test_broken_json_is_not_kept(self):
        bodies = {'/json': ['{"a": ', '{"a": 1}'], '/later': ['[1, 2', '[1, 2]'], '/lines': ['1\n{\n', '1\n2\n'],
                  '/large': ['[' + '1,' * 50_000, '[' + '1,' * 50_000 + '2]']}

        def answer(exchange):
            exchange.add_header('Cache-Control', 'max-age=10000')
            exchange.set_text(bodies[exchange.get_path()].pop(0))

        server = PillionHttp.TestServer()
        self.addCleanup(server.close)
        server.add_handler('/', answer)
        url = server.get_url()

        async def main():
            client = PillionHttp.Client(cache=self.path)
            for path in '/json', '/large':
                with self.assertRaises(GLib.Error) as caught:
                    await client.get_json(url + path)
                self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON))
                await client.get_json(url + path)
            self.assertEqual(await client.get_json(url + '/json'), {'a': 1})

            with self.assertRaises(GLib.Error):
                (await client.get(url + '/later')).json()
            self.assertEqual((await client.get(url + '/later')).json(), [1, 2])
            self.assertTrue((await client.get(url + '/later')).from_cache)

            async with client.stream('GET', url + '/lines') as stream:
                with self.assertRaises(GLib.Error):
                    [value async for value in stream.json_lines()]
            async with client.stream('GET', url + '/lines') as stream:
                self.assertEqual([value async for value in stream.json_lines()], [1, 2])

        self.run_main(main())
        self.assertEqual(set(map(len, bodies.values())), {0})

    def test_block_ends_with_everything_written(self):
        url = self.serve()

        async def main():
            async with PillionHttp.Client(cache=self.path) as client:
                await client.get(url)
                self.assertEqual(list((self.path / 'entries').iterdir()), [])
            self.assertEqual(len(list((self.path / 'entries').iterdir())), 1)

        self.run_main(main())

    def test_folder_of_something_else(self):
        url = self.serve()
        self.path.mkdir()
        (self.path / 'letter.txt').write_text('important')

        async def main():
            client = PillionHttp.Client(cache=self.path)
            with self.assertRaises(GLib.Error):
                await client.get(url)
            with self.assertRaises(GLib.Error):
                await client.get_cache().open()

        self.run_main(main())
        self.assertEqual([file.name for file in self.path.iterdir()], ['letter.txt'])


if __name__ == '__main__':
    tap.main()
