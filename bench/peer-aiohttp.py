#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What aiohttp needs for the same, in seconds, without the imports

    peer-aiohttp.py asyncio|uvloop get URL N AT_ONCE    N GETs of 1 KB to memory
    peer-aiohttp.py asyncio|uvloop post URL N AT_ONCE   N POSTs of 1 KB
    peer-aiohttp.py asyncio|uvloop stream URL SIZE      one GET of SIZE bytes, read in the pieces in which it arrives
"""

import asyncio
import json
import sys
import time

import aiohttp

if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()

BODY = b"x" * 1024


async def get(session, url):
    async with session.get(url) as response:
        response.raise_for_status()
        body = await response.read()
        assert len(body) == 1024


async def post(session, url):
    async with session.post(url, data=BODY) as response:
        response.raise_for_status()
        await response.read()


async def many(send, url, wanted, at_once):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=int(at_once))) as session:
        await asyncio.gather(*(send(session, f"{url}?{number}") for number in range(int(wanted))))


async def stream(url, size):
    received = 0
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        async for piece in response.content.iter_any():
            received += len(piece)
    assert received == int(size)


async def main(what, *arguments):
    start = time.monotonic()
    if what == "stream":
        await stream(*arguments)
    else:
        await many({"get": get, "post": post}[what], *arguments)
    print(json.dumps({"value": time.monotonic() - start}))


asyncio.run(main(*sys.argv[2:]))
