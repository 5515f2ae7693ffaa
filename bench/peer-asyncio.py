#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""peer-asyncio.py asyncio|uvloop: ns a future that is created, resolved and delivered, in batches of 1,000"""

import asyncio
import json
import statistics
import sys
import time

PER_BATCH = 1000
BATCHES = 100
WARM = 5

if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()


async def batch(loop):
    delivered = 0
    finished = loop.create_future()

    def done(future):
        nonlocal delivered
        delivered += future.result()
        if delivered == PER_BATCH:
            finished.set_result(None)

    for _ in range(PER_BATCH):
        future = loop.create_future()
        future.add_done_callback(done)
        future.set_result(True)

    await finished


async def main():
    loop = asyncio.get_running_loop()
    values = []
    for number in range(-WARM, BATCHES):
        start = time.perf_counter_ns()
        await batch(loop)
        if number >= 0:
            values.append((time.perf_counter_ns() - start) / PER_BATCH)
    print(json.dumps({"value": statistics.median(values)}))


asyncio.run(main())
