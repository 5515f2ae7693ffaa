# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A server for the tests in real hosts, in a thread of the test itself. It takes any number of connections:

    /bytes/SIZE           so many bytes
    /slow/SIZE/MSEC       the same, in twenty pieces within so many milliseconds; the rest of a file at once
    /half/SIZE            half of so many bytes, and then hardly any; the rest of a file at once
    /wait/MSEC            three bytes after so many milliseconds
    /meet/COUNT           three bytes as soon as so many requests are there
    /missing              404
    /echo                 the request itself, with two fields Set-Cookie

A condition that holds is answered with 304. While `is_in_hurry`, nothing is slow;
while `is_held`, what is slow stops at its half.
"""

import asyncio
import threading

PIECES = 20


def content(start, end):
    """Some bytes of the contents of every file: each tells where it is from."""
    first, last = start // 8, -(-end // 8)
    return b''.join(b'%07d\n' % number for number in range(first, last))[start - first * 8:end - first * 8]


class Server:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.n_resumed = 0
        self.sent = [0]  # bytes of the bodies that were asked for since this list was put here
        self.is_in_hurry = False
        self.is_held = False
        self.met = []
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def _run(self, ready):
        async def start():
            server = await asyncio.start_server(self._serve, '127.0.0.1', 0, backlog=1024)
            self.url = 'http://127.0.0.1:%d' % server.sockets[0].getsockname()[1]
            ready.set()

        self.loop.create_task(start())
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _serve_one(self, reader, writer):
        head = (await reader.readuntil(b'\r\n\r\n')).decode().split('\r\n')
        path = head[0].split()[1]
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(':') for line in head[1:])}
        kind, *numbers = path.strip('/').split('?')[0].split('/')
        try:
            numbers = [int(number) for number in numbers]
        except ValueError:
            kind = ''
        if kind == 'echo':
            body = '\n'.join(head).encode()
            writer.write(b'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))
            return True
        if kind == 'wait':
            await asyncio.sleep(numbers[0] / 1000)
            numbers = [3]
        elif kind == 'meet':
            meeting = self.loop.create_future()
            self.met.append(meeting)
            if len(self.met) == numbers[0]:
                for other in self.met:
                    other.set_result(None)
                self.met.clear()
            await meeting
            numbers = [3]
        elif kind not in ('bytes', 'half', 'slow'):
            writer.write(b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
            return True
        size, start, is_resumed, sent = numbers[0], 0, False, self.sent
        if fields.get('if-none-match') == f'"{size}"':
            writer.write(f'HTTP/1.1 304 Not Modified\r\nETag: "{size}"\r\n\r\n'.encode())
            return True
        status = '200 OK'
        if fields.get('range', '').startswith('bytes='):
            start = int(fields['range'][6:].split('-')[0])
            is_resumed = start > 0
            self.n_resumed += is_resumed
            status = f'206 Partial Content\r\nContent-Range: bytes {start}-{size - 1}/{size}'
        writer.write(f'HTTP/1.1 {status}\r\nContent-Length: {size - start}\r\nETag: "{size}"\r\nAccept-Ranges: bytes\r\n\r\n'.encode())
        delay = numbers[1] / 1000 / PIECES if kind == 'slow' and not is_resumed and not self.is_in_hurry else 0
        step = max(1, -(-(size - start) // PIECES)) if delay else 1 << 20
        end = size // 2 if kind == 'half' and not is_resumed else size
        while start < end:
            if delay:
                await asyncio.sleep(delay)
            while self.is_held and delay and start >= size / 2:
                await asyncio.sleep(0.01)
            writer.write(content(start, min(start + step, end)))
            await writer.drain()
            sent[0] += min(step, end - start)
            start += step
        if end < size:
            # Until the client closes, a byte now and then: progress is reported only when something arrives
            closed = asyncio.ensure_future(reader.read())
            while not closed.done():
                if end < size - 1:
                    writer.write(content(end, end + 1))
                    sent[0] += 1
                    end += 1
                await asyncio.wait([closed], timeout=0.05)
            await closed
            return False
        return end == size
