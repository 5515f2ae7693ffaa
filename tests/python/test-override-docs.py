#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the page on Python says about HTTP: results as Python values, and refusals with their response"""

from support import Case, run_script, tap

from gi.repository import GLib, Pillion, PillionHttp

import loopback


class Http(Case):
    @classmethod
    def setUpClass(cls):
        server = loopback.Server()
        cls.url = server.__enter__()
        cls.addClassCleanup(server.__exit__)

    def get(self, start):
        async def wait():
            return await start(PillionHttp.Client())

        return self.loop.run_until_complete(wait())

    def test_bytes(self):
        self.assertEqual(self.get(lambda client: client.get_bytes(self.url + '/hello.txt')), b'Hello from loopback\n')

    def test_json_is_plain_objects(self):
        wanted = {'name': 'pillion', 'seats': 2, 'parts': ['seat', 'rail', 'strap']}
        self.assertEqual(self.get(lambda client: client.get_json(self.url + '/data.json')), wanted)

    def test_json_where_nobody_has_imported_its_library(self):
        run = run_script('''
            import sys
            import pillion
            from gi.repository import Pillion, PillionHttp

            async def main():
                task = PillionHttp.Client().get_json(sys.argv[1])
                print((await task)['seats'], task.result()['seats'])

            assert 'gi.repository.Json' not in sys.modules
            pillion.run(main())
            ''', self.url + '/data.json')
        self.assertEqual((run.returncode, run.stdout.split()), (0, ['2', '2']), run.stderr)

    def test_json_that_is_none(self):
        with self.assertRaises(GLib.Error) as caught:
            self.get(lambda client: client.get_json(self.url + '/broken.json'))
        self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON))

    def test_refusal(self):
        with self.assertRaises(PillionHttp.StatusError) as caught:
            self.get(lambda client: client.get_bytes(self.url + '/missing'))
        error = caught.exception
        self.assertEqual((error.status, error.reason, error.url), (404, 'Not Found', self.url + '/missing'))
        self.assertEqual(error.headers.get_content_type(), 'text/html')
        self.assertEqual(error.headers['content-length'], str(len(error.body)))
        self.assertIn(b'404', error.body)
        self.assertIn('404', str(error))
        self.assertEqual(repr(error), f'PillionHttp.StatusError({str(error)!r}, 404)')
        self.assertTrue(error.matches(PillionHttp.status_error_quark(), 404))

    def test_refusal_of_one_of_several(self):
        def start(client):
            urls = [self.url + path for path in ('/hello.txt', '/missing')]
            return Pillion.Task.all(Pillion.Loop.get_default(), [client.get_bytes(url) for url in urls])

        with self.assertRaises(PillionHttp.StatusError) as caught:
            self.get(start)
        self.assertEqual((caught.exception.status, caught.exception.url), (404, self.url + '/missing'))

    def test_refusal_in_a_done_callback(self):
        seen = []

        def on_done(task, what):
            try:
                task.result()
            except PillionHttp.StatusError as error:
                seen.append((what, error.status))

        task = PillionHttp.Client().get_bytes(self.url + '/missing')
        task.add_done_callback(on_done, 'page')
        self.kick_until(lambda: seen)
        self.assertEqual(seen, [('page', 404)])


if __name__ == '__main__':
    tap.main()
