#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Credentials in Python: auth=, and handlers that are asked for them"""

import asyncio
import base64
import gc
import weakref

from support import Case, GLib, Pillion, run_kicked, tap

from gi.repository import PillionHttp


def basic(user, password):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()


class Credentials(Case):
    def setUp(self):
        super().setUp()
        self.server = PillionHttp.TestServer()
        self.addCleanup(self.server.close)
        self.server.add_handler('/', self.on_request)
        self.client = PillionHttp.Client(base_url=self.server.get_url())
        self.sent = []
        self.accepted = [basic('me', 'secret')]
        self.challenge = 'Basic realm="notes"'

    def on_request(self, exchange):
        sent = exchange.get_header('Authorization')
        self.sent.append(sent)
        if exchange.get_path() == '/token':
            exchange.set_text('abc')
        elif sent in self.accepted:
            exchange.set_text('welcome')
        else:
            exchange.set_status(401)
            exchange.add_header('WWW-Authenticate', self.challenge)
            exchange.set_text('who are you?')

    def get(self, path='/a', client=None, **arguments):
        async def main():
            return await (client or self.client).get(path, **arguments)

        return run_kicked(self, main())

    def test_auth(self):
        """A user and a password are sent at once, and credentials as they say"""
        credentials = PillionHttp.Credentials('me', 'secret')
        for auth in ('me', 'secret'), basic('me', 'secret'), PillionHttp.Credentials.new_basic('me', 'secret'):
            self.assertEqual(self.get(auth=auth).text, 'welcome')
            self.assertEqual(self.sent.pop(), basic('me', 'secret'))
        self.assertEqual(self.sent, [])
        self.assertEqual(self.get(auth=credentials).text, 'welcome')
        self.assertEqual(self.sent, [None, basic('me', 'secret')])
        self.assertEqual(credentials.get_user(), 'me')
        self.assertNotIn('secret', repr(credentials))

    def test_auth_of_client(self):
        url = self.server.get_url()
        for auth in ('me', 'secret'), basic('me', 'secret'), PillionHttp.Credentials.new_basic('me', 'secret'):
            self.assertEqual(self.get(client=PillionHttp.Client(base_url=url, auth=auth)).text, 'welcome')
        self.assertEqual(self.sent, 3 * [basic('me', 'secret')])

    def test_wrong_types(self):
        for auth in 5, ('me',), ('a', 'b', 'c'), object():
            with self.assertRaises(TypeError):
                self.client.get('/a', auth=auth)
        for auth in ('m:e', 'secret'), ('m\0e', 'secret'), ('me', '\0'), 'Bearer \0':
            with self.assertRaises(ValueError):
                self.client.get('/a', auth=auth)

    def ask(self, handler, *args):
        client = PillionHttp.Client(base_url=self.server.get_url())
        client.connect('authenticate', handler, *args)
        return self.get(client=client)

    def test_handlers(self):
        """A handler gives credentials, or an awaitable of them"""
        async def coroutine(client, challenge):
            await asyncio.sleep(0.001)
            return 'me', 'secret'

        def task(client, challenge):
            task = Pillion.Task.new(client.get_loop(), 'task')
            task.return_value(PillionHttp.Credentials('me', 'secret'))
            return task

        for handler in (coroutine, task, lambda client, challenge: ('me', 'secret'),
                        lambda client, challenge: PillionHttp.Credentials('me', 'secret')):
            self.assertEqual(self.ask(handler).text, 'welcome')

    def test_arguments(self):
        seen = []

        def handler(client, challenge, *args):
            seen.append((challenge.get_realm(), challenge.get_scheme(), challenge.get_origin(), challenge.get_n_refused(), *args))
            return ('me', 'secret') if len(seen) > 1 else ('me', 'wrong')

        self.assertEqual(self.ask(handler, 1, 2).status, 200)
        origin = self.server.get_url()
        self.assertEqual(seen, [('notes', 'Basic', origin, 0, 1, 2), ('notes', 'Basic', origin, 1, 1, 2)])

    def test_token(self):
        self.challenge = 'Bearer realm="api"'
        self.accepted = ['Bearer abc']
        self.assertEqual(self.ask(lambda client, challenge: 'abc').text, 'welcome')

    def test_function(self):
        """A function, or a coroutine function, gets a token and renews it, for the client or for a request"""
        calls = []

        def function():
            calls.append(1)
            return f't{len(calls)}'

        async def coroutine():
            await asyncio.sleep(0)
            return function(), 3600

        for renew in function, coroutine, lambda: PillionHttp.Credentials.new_bearer(function(), 0):
            calls.clear()
            self.accepted = ['Bearer t1']
            for _ in range(2):
                self.assertEqual(self.get(auth=renew).text, 'welcome')
            self.accepted = ['Bearer t2']
            self.assertEqual(self.get(auth=renew).text, 'welcome')
            self.assertEqual(len(calls), 2)
            client = PillionHttp.Client(base_url=self.server.get_url(), auth=renew)
            self.accepted = ['Bearer t3']
            self.assertEqual(self.get(client=client).text, 'welcome')

    def test_function_of_the_same_client(self):
        """What a function sends to get the token, itself or in tasks that it starts, is sent without it"""
        async def ask():
            await asyncio.sleep(0)
            return (await self.use.get('/token')).text

        async def coroutine():
            await self.use.get_bytes('/token')
            await asyncio.sleep(0)
            request = PillionHttp.Request.new('GET', '/token')
            await self.use.send(request)
            self.assertTrue(request.get_use_credentials())
            async with self.use.stream('GET', '/token') as response:
                async for _ in response:
                    pass
            async with asyncio.TaskGroup() as group:
                task = group.create_task(ask())
            return task.result()

        async def coroutine_of_request():
            return (await self.use.get('/token', auth=coroutine_of_request)).text

        self.accepted = ['Bearer abc']
        self.use = PillionHttp.Client(base_url=self.server.get_url(), auth=coroutine)
        for _ in range(2):
            self.assertEqual(self.get(client=self.use).text, 'welcome')
        self.assertEqual(self.sent, 4 * [None] + 2 * ['Bearer abc'])
        self.sent.clear()
        self.use = PillionHttp.Client(base_url=self.server.get_url())
        self.assertEqual(self.get(client=self.use, auth=coroutine_of_request).text, 'welcome')
        self.assertEqual(self.sent, [None, 'Bearer abc'])

    def test_function_that_fails(self):
        def function():
            raise ValueError('no token')

        with self.assertRaisesRegex(GLib.Error, 'no token'):
            self.get(auth=function)

    def test_none(self):
        async def coroutine(client, challenge):
            return None

        for handler in coroutine, lambda client, challenge: None:
            response = self.ask(handler)
            self.assertEqual((response.status, response.text), (401, 'who are you?'))

    def test_exceptions(self):
        """What a handler raises is raised by the call"""
        class Trouble(Exception):
            pass

        async def coroutine(client, challenge):
            raise Trouble('no key ring')

        def function(client, challenge):
            raise Trouble('no key ring')

        for handler in coroutine, function:
            with self.assertRaisesRegex(GLib.Error, 'no key ring'):
                self.ask(handler)
        with self.assertRaisesRegex(GLib.Error, 'not a .int.'):
            self.ask(lambda client, challenge: 5)

    def test_cancelled(self):
        """If the call is cancelled, so is whoever is asked"""
        cancelled = asked = False

        async def handler(client, challenge):
            nonlocal asked, cancelled
            asked = True
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                cancelled = True
                raise

        self.client.connect('authenticate', handler)
        call = self.client.get('/a')
        self.kick_until(lambda: asked)
        call.cancel()
        self.kick_until(lambda: cancelled)

    def test_handler_of_its_owner(self):
        """A handler that is a method of whatever owns the client keeps neither alive"""
        class Api:
            def __init__(self):
                self.client = PillionHttp.Client()
                self.client.connect('authenticate', self.log_in)

            def log_in(self, client, challenge):
                return 'me', 'secret'

        api = Api()
        gone = weakref.ref(api)
        del api
        gc.collect()
        self.assertIsNone(gone())

    def test_function_of_its_owner(self):
        """A function that renews tokens, and refers to whatever owns the client, keeps neither alive, before or after a call"""
        url = self.server.get_url()
        self.accepted = ['Bearer abc']

        class Api:
            def __init__(self, of_client):
                auth = {'method': self.token, 'coroutine': self.token_later, 'lambda': lambda: self.token()}.get(of_client)
                self.client = PillionHttp.Client(base_url=url, auth=auth)

            def token(self):
                return 'abc'

            async def token_later(self):
                await asyncio.sleep(0)
                return self.token()

        for of_client in 'method', 'coroutine', 'lambda', None:
            for sends in True, False:
                with self.subTest(of_client=of_client, sends=sends):
                    api = Api(of_client)
                    if sends:
                        arguments = {} if of_client else {'auth': api.token}
                        self.assertEqual(self.get(client=api.client, **arguments).text, 'welcome')
                        del arguments
                    gone = weakref.ref(api), weakref.ref(api.client)
                    del api
                    gc.collect()
                    self.assertEqual([one() for one in gone], [None, None])

    def test_function_outlives_its_client(self):
        """A call that is on its way can get a token, even if the client is gone, or has seen many other functions"""
        url = self.server.get_url()
        self.accepted = ['Bearer abc']

        class Api:
            def __init__(self):
                self.client = PillionHttp.Client(base_url=url, auth=self.token)

            async def token(self):
                await asyncio.sleep(0.01)
                gc.collect()
                return 'abc'

        async def main():
            calls = [Api().client.get('/a'), PillionHttp.Client(base_url=url).get('/a', auth=Api().token), Api().client.get_json('/a')]
            gc.collect()
            calls += [self.client.get('/a', auth=lambda: 'abc') for _ in range(50)]
            gc.collect()
            return await asyncio.gather(*calls, return_exceptions=True)

        results = run_kicked(self, main())
        self.assertIn('Expecting value', str(results.pop(2)))
        self.assertEqual([result.text for result in results], 52 * ['welcome'])


if __name__ == '__main__':
    tap.main()
