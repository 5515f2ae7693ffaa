#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""peer-aiohttp.py asyncio|uvloop URL N AT_ONCE: seconds for N GETs to memory, without the imports"""

import asyncio
import json
import sys
import time

import aiohttp

if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()


async def get(session, url):
    async with session.get(url) as response:
        response.raise_for_status()
        body = await response.read()
        assert len(body) == 1024


async def main(url, wanted, at_once):
    start = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:
        await asyncio.gather(*(get(session, f"{url}?{number}") for number in range(wanted)))
        seconds = time.monotonic() - start
    print(json.dumps({"value": seconds}))


asyncio.run(main(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
