#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""peer-gather.py asyncio|uvloop all|whole: ns a future of 1,000 that asyncio.gather () waits for, as in combinators.c"""

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

whole = sys.argv[2] == "whole"


async def batch(loop):
    """Returns the ns that it took."""
    start = time.perf_counter_ns()
    futures = [loop.create_future() for _ in range(PER_BATCH)]
    if not whole:
        start = time.perf_counter_ns()

    everything = asyncio.gather(*futures)
    for number, future in enumerate(futures):
        future.set_result(number)
    total = sum(await everything)
    taken = time.perf_counter_ns() - start

    del everything, futures, future
    if whole:
        taken = time.perf_counter_ns() - start
    assert total == PER_BATCH * (PER_BATCH - 1) // 2
    return taken


async def main():
    loop = asyncio.get_running_loop()
    values = []
    for number in range(-WARM, BATCHES):
        taken = await batch(loop)
        if number >= 0:
            values.append(taken / PER_BATCH)
    print(json.dumps({"value": statistics.median(values)}))


asyncio.run(main())
