#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""peer-asyncio-fiber.py asyncio|uvloop spawn|await PAIRS|parked: what bench-fiber measures, with coroutines"""

import asyncio
import json
import os
import statistics
import sys
import time

PER_BATCH = 1000
BATCHES = 100
WARM = 5
PARKED = 100_000

if sys.argv[1] == "uvloop":
    import uvloop

    uvloop.install()


async def spawn_batches(loop):
    values = []

    async def end_at_once():
        return True

    for number in range(-WARM, BATCHES):
        done = 0
        finished = loop.create_future()

        def count(task, finished=finished):
            nonlocal done
            done += task.result()
            if done == PER_BATCH:
                finished.set_result(None)

        start = time.perf_counter_ns()
        for _ in range(PER_BATCH):
            loop.create_task(end_at_once()).add_done_callback(count)
        await finished
        if number >= 0:
            values.append((time.perf_counter_ns() - start) / PER_BATCH)
    return values


async def await_pairs(loop, pairs):
    awaits = 0
    over = False

    async def play(waiting, me):
        nonlocal awaits
        while not over:
            mine = loop.create_future()
            other = waiting[1 - me]
            waiting[me] = mine
            if other is not None:
                waiting[1 - me] = None
                other.set_result(True)
            await mine
            awaits += 1
        other = waiting[1 - me]
        if other is not None:
            waiting[1 - me] = None
            other.set_result(True)

    tasks = []
    for _ in range(pairs):
        waiting = [None, None]
        tasks += [loop.create_task(play(waiting, 0)), loop.create_task(play(waiting, 1))]

    values = []
    for number in range(-WARM, BATCHES):
        start, before = time.perf_counter_ns(), awaits
        # A turn of the loop is one await of each coroutine
        for _ in range(max(1, 2000 // (2 * pairs))):
            await asyncio.sleep(0)
        if number >= 0 and awaits > before:
            values.append((time.perf_counter_ns() - start) / (awaits - before))
    over = True
    await asyncio.gather(*tasks)
    return values


async def parked_bytes(loop):
    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    own = []

    async def wait_for_own():
        future = loop.create_future()
        own.append(future)
        await future

    before = resident()
    tasks = [loop.create_task(wait_for_own()) for _ in range(PARKED)]
    while len(own) < PARKED:
        await asyncio.sleep(0)
    each = (resident() - before) / PARKED
    for future in own:
        future.set_result(None)
    await asyncio.gather(*tasks)
    return [each]


async def main():
    loop = asyncio.get_running_loop()
    if sys.argv[2] == "spawn":
        values = await spawn_batches(loop)
    elif sys.argv[2] == "await":
        values = await await_pairs(loop, int(sys.argv[3]))
    else:
        values = await parked_bytes(loop)
    print(json.dumps({"value": statistics.median(values)}))


asyncio.run(main())
