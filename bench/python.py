#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures an asyncio loop: python.py SIDE WHAT [ARGUMENT…] prints {"value": …}.

SIDE is standard (the standard library's loop), outside (pillion.EventLoop, asyncio outermost) or kicked (the same, kicked
in a loop). Rates are those of the fastest tenth of many short chunks, which leaves out those in which another process had
the processor. WHAT is

    call-soon    callbacks in a chain, per second        http   GETs by aiohttp from its own server, per second
    spawn        tasks created and awaited, per second   ticks  frames at 60 Hz that a GET of URL takes
    sleep0       turns of one task, per second           idle   µs per idle kick; the standard side stops and runs its loop
    timers       sleeps of 1,000 tasks, per second       idle-pending   the same with 1,000 waiting tasks
    tcp          round trips over loopback, per second
    run          µs per run of a coroutine that does nothing: pillion.run () or asyncio.run (); run-heap: with a million lists in memory
    kick-max     ms of processor time by which the longest kick exceeds the longest single step, with 1,000 small tasks and 50
                 coroutines of 3 ms due at once, and GETs of BODY and of JSON; the standard side has passes and no GETs
    bytes        ms for 50 MB as the result of a task, or for one copy of as much memory
    await        µs per await of a Pillion task that is created and ends in the next kick, or of a future that is set in the
                 next pass; await-done: of one that is done
    get          seconds for GETs of 1 KB through Pillion: URL NUMBER AT_ONCE; get-bytes: of which only the body is wanted
    post         seconds for POSTs of 1 KB: URL NUMBER AT_ONCE
    stream       seconds for one GET that is read in the pieces in which it arrives: URL SIZE
"""

import asyncio
import json
import sys
import time

CHUNKS = 60


class Bench:
    def __init__(self, side):
        self.side = side
        if side == 'standard':
            self.loop = asyncio.SelectorEventLoop()
        else:
            import pillion
            self.loop = pillion.EventLoop()
        asyncio.set_event_loop(self.loop)

    def drive(self, future):
        if self.side == 'kicked':
            kick = self.loop._guest.kick
            while not future.done():
                kick()
        else:
            self.loop.run_until_complete(future)
        return future.result()

    def rate(self, work, number, chunks=CHUNKS):
        """The rate of a function that returns an awaitable for this many"""
        rates = []
        for _ in range(chunks):
            start = time.perf_counter()
            self.drive(asyncio.ensure_future(work(number), loop=self.loop))
            rates.append(number / (time.perf_counter() - start))
        return sorted(rates)[-chunks // 10]

    def call_soon(self):
        loop = self.loop

        def chain(number):
            done = loop.create_future()

            def step(left):
                if left > 0:
                    loop.call_soon(step, left - 1)
                else:
                    done.set_result(None)

            loop.call_soon(step, number)
            return done

        return self.rate(chain, 5000)

    def spawn(self):
        async def child():
            pass

        async def work(number):
            create_task = self.loop.create_task
            for _ in range(number):
                await create_task(child())

        return self.rate(work, 2000)

    def sleep0(self):
        async def work(number):
            for _ in range(number):
                await asyncio.sleep(0)

        return self.rate(work, 4000)

    def timers(self):
        async def work(number):
            await asyncio.gather(*(asyncio.sleep(0.0001 * (n % 10)) for n in range(number)))

        return self.rate(work, 1000)

    def run(self, lists=0):
        async def nothing():
            pass

        if self.side == 'standard':
            run = asyncio.run
        else:
            from pillion import run
        heap = [[] for _ in range(lists)]
        times = []
        for _ in range(10 * CHUNKS):
            start = time.perf_counter()
            for _ in range(5):
                run(nothing())
            times.append((time.perf_counter() - start) / 5)
        del heap
        return 1e6 * sorted(times)[CHUNKS]

    def run_heap(self):
        return self.run(1_000_000)

    def await_(self):
        if self.side == 'standard':
            async def work(number):
                loop = self.loop
                for _ in range(number):
                    future = loop.create_future()
                    loop.call_soon(future.set_result, True)
                    await future
        else:
            sleep = self.loop._guest.sleep

            async def work(number):
                for _ in range(number):
                    await sleep(0)

        # In shorter chunks, so that some are undisturbed on a busy machine too
        return 1e6 / self.rate(work, 100, 20 * CHUNKS)

    def bytes_(self):
        """ms for a task's result of 50 MB of bytes, or for a copy of as much memory"""
        size = 50 << 20
        if self.side == 'standard':
            view = memoryview(bytearray(size))
            read = lambda: bytes(view)
        else:
            from gi.repository import GLib, Pillion
            task = Pillion.Task.new(Pillion.Loop.get_default(), 'bytes')
            task.return_bytes(GLib.Bytes.new(bytes(bytearray(size))))
            read = task.result
        times = []
        for _ in range(20):
            start = time.perf_counter()
            read()
            times.append(time.perf_counter() - start)
        return 1e3 * sorted(times)[len(times) // 2]

    def kick_max(self, body=None, document=None):
        excesses = [self.longest_kick(body, document) for _ in range(7)]
        cpu, wall = (1e3 * sorted(values)[len(values) // 2] for values in zip(*excesses))
        return {'value': cpu, 'wall': wall}

    def longest_kick(self, body, document):
        """How much longer the longest kick is than the longest step, in seconds of the thread's processor time and of wall time"""
        loop = self.loop
        clocks = time.thread_time, time.perf_counter
        now = lambda: [clock() for clock in clocks]
        passed = lambda start: [clock() - begin for clock, begin in zip(clocks, start)]
        start, steps = asyncio.Event(), []

        async def small():
            await start.wait()
            await asyncio.sleep(0)

        async def large():
            await start.wait()
            begin = now()
            while time.thread_time() - begin[0] < 0.003:
                pass
            steps.append(passed(begin))

        if self.side == 'standard':
            awaitables = []

            def kick():
                loop.stop()
                loop.run_forever()
        else:
            from gi.repository import PillionHttp
            kick = loop._guest.kick
            client = PillionHttp.Client()
            client.set_max_body_size(0)
            awaitables = [client.get_bytes(body), client.get_json(document)]

        async def work():
            await asyncio.gather(*awaitables, *(small() for _ in range(1000)), *(large() for _ in range(50)))

        task = loop.create_task(work())
        for _ in range(10):
            kick()
        start.set()
        kicks = []
        while not task.done():
            begin = now()
            kick()
            kicks.append(passed(begin))
            time.sleep(0.001)
        task.result()
        return [max(times) - max(step) for times, step in zip(zip(*kicks), zip(*steps))]

    def await_done(self):
        from gi.repository import Pillion
        task = Pillion.Task.new(self.loop._guest, 'done')
        task.return_value(True)

        async def work(number):
            for _ in range(number):
                await task

        return 1e6 / self.rate(work, 4000)

    def many(self, send, url, number, at_once):
        """Seconds for so many calls of a coroutine function with a client and a URL"""
        from gi.repository import PillionHttp

        async def main():
            start = time.perf_counter()
            client = PillionHttp.Client(max_connections=int(at_once), max_connections_per_host=int(at_once))
            await asyncio.gather(*(send(client, f'{url}?{number}') for number in range(int(number))))
            return time.perf_counter() - start

        return self.drive(self.loop.create_task(main()))

    def get(self, *arguments):
        async def get(client, url):
            response = await client.get(url)
            response.raise_for_status()
            assert len(response.content) == 1024

        return self.many(get, *arguments)

    def get_bytes(self, *arguments):
        async def get(client, url):
            assert len(await client.get_bytes(url)) == 1024

        return self.many(get, *arguments)

    def post(self, *arguments):
        body = b'x' * 1024

        async def post(client, url):
            response = await client.post(url, content=body)
            response.raise_for_status()
            response.content

        return self.many(post, *arguments)

    def stream(self, url, size):
        from gi.repository import PillionHttp

        async def main():
            start = time.perf_counter()
            received = 0
            client = PillionHttp.Client()
            async with client.stream('GET', url) as response:
                async for piece in response:
                    received += len(piece)
            assert received == int(size)
            return time.perf_counter() - start

        return self.drive(self.loop.create_task(main()))

    def tcp(self):
        async def connect():
            async def serve(reader, writer):
                while data := await reader.read(100):
                    writer.write(data)

            self.server = await asyncio.start_server(serve, '127.0.0.1', 0)
            return await asyncio.open_connection(*self.server.sockets[0].getsockname())

        reader, writer = self.drive(self.loop.create_task(connect()))

        async def work(number):
            for _ in range(number):
                writer.write(b'x' * 64)
                await reader.read(100)

        return self.rate(work, 300)

    def http(self):
        import aiohttp
        from aiohttp import web

        async def set_up():
            async def answer(request):
                return web.Response(body=b'x' * 1024)

            app = web.Application()
            app.add_routes([web.get('/', answer)])
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, '127.0.0.1', 0).start()
            return aiohttp.ClientSession(), 'http://127.0.0.1:%d/' % runner.addresses[0][1]

        session, url = self.drive(self.loop.create_task(set_up()))

        async def get():
            async with session.get(url) as response:
                await response.read()

        async def work(number):
            await asyncio.gather(*(get() for _ in range(number)))

        rate = self.rate(work, 50)
        self.drive(self.loop.create_task(session.close()))
        return rate

    def ticks(self, url):
        """With a host at 60 Hz; the standard side is stopped and run once per frame."""
        import aiohttp
        counts = []

        async def get():
            async with aiohttp.ClientSession() as session:
                async with session.get(url) as response:
                    await response.read()

        def kick():
            if self.side == 'standard':
                self.loop.stop()
                self.loop.run_forever()
            else:
                self.loop._guest.kick()

        for _ in range(20):
            task = self.loop.create_task(get())
            count = 0
            frame = time.perf_counter()
            while not task.done():
                kick()
                count += 1
                if not task.done():
                    frame += 1 / 60
                    time.sleep(max(0, frame - time.perf_counter()))
            task.result()
            counts.append(count)
        return sorted(counts)[len(counts) // 2]

    def idle(self, pending=0):
        async def wait():
            await self.loop.create_future()

        tasks = [self.loop.create_task(wait()) for _ in range(pending)]
        if self.side == 'standard':
            def kick():
                self.loop.stop()
                self.loop.run_forever()
        else:
            from pillion import async_loop
            self.loop.close()
            self.loop = asyncio.get_event_loop()
            tasks = [self.loop.create_task(wait()) for _ in range(pending)]
            kick = async_loop.kick_async_loop
        for _ in range(100):
            kick()
        times = []
        for _ in range(300):
            start = time.perf_counter()
            for _ in range(200):
                kick()
            times.append((time.perf_counter() - start) / 200)
        for task in tasks:
            task.cancel()
        kick()
        return 1e6 * sorted(times)[len(times) // 10]

    def idle_pending(self):
        return self.idle(1000)


def main():
    side, what, *arguments = sys.argv[1:]
    bench = Bench(side)
    value = getattr(bench, what + '_' if what in ('await', 'bytes') else what.replace('-', '_'))(*arguments)
    print(json.dumps(value if isinstance(value, dict) else {'value': value}))


if __name__ == '__main__':
    main()
