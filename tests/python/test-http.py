#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python shows of HTTP: no password of a URL is in it"""

import asyncio

from support import Case, GLib, Pillion, run_script, tap

from gi.repository import PillionHttp

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


if __name__ == '__main__':
    tap.main()
