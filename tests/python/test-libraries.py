#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Libraries written for asyncio, in a kicked host and with asyncio outside"""

import asyncio
import unittest

from support import Case, FrameHost, guest, pillion, tap

try:
    import aiohttp
    from aiohttp import web
except ImportError:
    aiohttp = None
try:
    import httpx
except ImportError:
    httpx = None
try:
    import anyio
    import anyio.to_process
except ImportError:
    anyio = None


class Library(Case):
    def kick(self, coroutine):
        """Runs it in a host's frames; the hook is removed by itself when everything is done."""
        host = FrameHost()
        guest.ensure(host.host)
        task = self.loop.create_task(coroutine)
        host.run_until(task.done)
        host.run_until_done()
        return task.result()

    def both(self, make):
        self.kick(make())
        self.loop.run_until_complete(make())
        pillion.run(make())


@unittest.skipUnless(aiohttp, 'aiohttp is not installed')
class Aiohttp(Library):
    async def serve(self):
        async def hello(request):
            return web.json_response({'name': request.match_info['name'], 'body': await request.text()})

        async def stream(request):
            response = web.StreamResponse()
            await response.prepare(request)
            for number in range(5):
                await response.write(b'%d' % number * 1000)
                await asyncio.sleep(0)
            return response

        async def talk(request):
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_str(message.data.upper())
            return socket

        app = web.Application()
        app.add_routes([web.post('/hello/{name}', hello), web.get('/stream', stream), web.get('/talk', talk)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, '127.0.0.1', 0)
        await site.start()
        return runner, 'http://127.0.0.1:%d' % runner.addresses[0][1]

    async def client_and_server(self):
        runner, url = await self.serve()
        async with aiohttp.ClientSession() as session:
            async def hello(number):
                async with session.post(f'{url}/hello/{number}', data=str(number) * 10) as answer:
                    return await answer.json()

            answers = await asyncio.gather(*(hello(number) for number in range(50)))
            self.assertEqual(answers[7], {'name': '7', 'body': '7' * 10})
            async with session.get(f'{url}/stream') as answer:
                self.assertEqual(len(await answer.read()), 5000)
            async with session.ws_connect(f'{url}/talk') as socket:
                await socket.send_str('hello')
                self.assertEqual(await socket.receive_str(), 'HELLO')
            async with session.get(f'{url}/nothing') as answer:
                self.assertEqual(answer.status, 404)
        await runner.cleanup()

    def test_client_and_server(self):
        self.both(self.client_and_server)

    async def cancelled(self):
        runner, url = await self.serve()
        async with aiohttp.ClientSession() as session:
            async def talk():
                async with session.ws_connect(f'{url}/talk') as socket:
                    await socket.receive()

            task = asyncio.create_task(talk())
            await asyncio.sleep(0.02)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
        await runner.cleanup()

    def test_cancel(self):
        self.both(self.cancelled)

    @unittest.skipUnless(httpx, 'httpx is not installed')
    def test_httpx(self):
        async def work():
            runner, url = await self.serve()
            async with httpx.AsyncClient(trust_env=False) as client:
                answers = await asyncio.gather(*(client.post(f'{url}/hello/{number}', content=b'x')
                                                 for number in range(10)))
                self.assertEqual([answer.json()['name'] for answer in answers], [str(number) for number in range(10)])
                async with client.stream('GET', f'{url}/stream') as answer:
                    self.assertEqual(sum([len(part) async for part in answer.aiter_bytes()]), 5000)
            await runner.cleanup()

        self.both(work)


@unittest.skipUnless(anyio, 'anyio is not installed')
class Anyio(Library):
    async def groups_and_streams(self):
        send, receive = anyio.create_memory_object_stream(1)
        got = []

        async def consume():
            async with receive:
                async for item in receive:
                    got.append(item)

        async with anyio.create_task_group() as group:
            group.start_soon(consume)
            async with send:
                for number in range(10):
                    await send.send(number)
        self.assertEqual(got, list(range(10)))
        with anyio.move_on_after(0.01) as scope:
            await anyio.sleep(3600)
        self.assertTrue(scope.cancel_called)
        self.assertEqual(await anyio.to_thread.run_sync(lambda: 5), 5)

    def test_groups_and_streams(self):
        self.both(self.groups_and_streams)

    def test_tcp(self):
        async def work():
            async def serve(stream):
                async with stream:
                    await stream.send((await stream.receive()).upper())

            listener = await anyio.create_tcp_listener(local_host='127.0.0.1')
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            async with anyio.create_task_group() as group:
                group.start_soon(listener.serve, serve)
                async with await anyio.connect_tcp('127.0.0.1', port) as stream:
                    await stream.send(b'hello')
                    self.assertEqual(await stream.receive(), b'HELLO')
                group.cancel_scope.cancel()
            await listener.aclose()

        self.both(work)

    def test_process_pool(self):
        """Which keeps a task that sleeps for ever, to end its processes with the loop."""
        async def work():
            self.assertEqual(await anyio.to_process.run_sync(sum, range(10)), 45)
            with self.assertRaises(ZeroDivisionError):
                await anyio.to_process.run_sync(divmod, 1, 0)

        pillion.run(work())
        self.catch_reports()
        task = self.loop.create_task(work())
        self.kick_until(task.done)
        task.result()
        for _ in range(100):
            guest.kick()
        # The pool is there for the next call
        self.assertTrue(guest.kick())
        task = self.loop.create_task(work())
        self.kick_until(task.done)
        task.result()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.kick_until(lambda: not asyncio.all_tasks(self.loop))
        self.assertEqual(self.reports, [])

    def test_sleep_forever(self):
        self.catch_reports()
        task = self.loop.create_task(anyio.sleep_forever())
        for _ in range(100):
            guest.kick()
        self.assertFalse(task.done())
        task.cancel()
        self.kick_until(task.done)
        self.assertTrue(task.cancelled())
        self.assertEqual(self.reports, [])


if __name__ == '__main__':
    tap.main()
