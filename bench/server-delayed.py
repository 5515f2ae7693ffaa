#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A server on loopback whose every response takes the same time: server-delayed.py BODY SECONDS

BODY is a file, or a number of bytes. It prints its port, and sends BODY in ten pieces, the last one SECONDS after the request. It ends with its standard input.
"""

import asyncio
import os
import sys

PIECES = 10

seconds = float(sys.argv[2])
if sys.argv[1].isdigit():
    body = os.urandom(int(sys.argv[1]))
else:
    with open(sys.argv[1], "rb") as file:
        body = file.read()
size = len(body)
head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()


async def serve(reader, writer):
    loop = asyncio.get_running_loop()
    while True:
        try:
            await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            break
        begun = loop.time()
        for number in range(PIECES):
            await asyncio.sleep(begun + seconds * (number + 1) / PIECES - loop.time())
            if number == 0:
                writer.write(head)
            writer.write(body[size * number // PIECES:size * (number + 1) // PIECES])
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
