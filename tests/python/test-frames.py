#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A coroutine that awaits `pillion.frame ()` in a loop makes one round per frame."""

import asyncio
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
from support import SECOND, Case, GLib, Pillion, all_ways, guest, pillion, tap

FRAME = 1 / 60


class Frames(Case):
    def setUp(self):
        super().setUp()
        # However slow the machine is, a kick ends when nothing is ready any more
        self.addCleanup(guest.set_budget_usec, guest.get_budget_usec())
        guest.set_budget_usec(SECOND)

    async def move(self, count):
        self.rounds = 0
        while self.rounds < count:
            await pillion.frame()
            self.rounds += 1

    def test_one_round_per_kick(self):
        task = self.loop.create_task(self.move(20))
        guest.kick()
        for count in range(1, 21):
            guest.kick()
            self.assertEqual(self.rounds, count)
        self.kick_until(task.done)

    def test_one_round_per_tick_of_a_host(self):
        host = Pillion.TickHost.new('frames', 500)
        task = self.loop.create_task(self.move(20))
        counts = []
        host.connect('frame', lambda *_: counts.append(getattr(self, 'rounds', 0)))
        guest.ensure(host)
        host.run(40)
        self.assertTrue(task.done())
        self.assertEqual([second - first for first, second in zip(counts[2:20], counts[3:21])], [1] * 18)

    @all_ways
    async def test_every_way(self):
        self.assertIs(await pillion.frame(), True)
        await self.move(3)

    def test_as_passenger(self):
        main = GLib.MainLoop()
        guest.ensure(None)
        task = self.loop.create_task(self.move(5))
        task.add_done_callback(lambda _: main.quit())
        start = time.monotonic()
        main.run()
        self.assertGreaterEqual(time.monotonic() - start, 4 * FRAME)

    def test_with_asyncio_outside(self):
        start = time.monotonic()
        self.loop.run_until_complete(self.move(4))
        self.assertGreaterEqual(time.monotonic() - start, 3 * FRAME)

    def test_on_a_virtual_clock(self):
        host = Pillion.TestHost.new()
        guest.ensure(host)
        task = self.loop.create_task(self.move(600))
        start = host.get_now()
        host.run_until_idle()
        self.assertTrue(task.done())
        self.assertAlmostEqual((host.get_now() - start) / 1e6, 10, delta=0.1)

    def test_in_a_dialog(self):
        async def open_dialog():
            before = self.rounds
            while self.rounds < before + 3:
                guest.kick()  # the host's loop

        mover = self.loop.create_task(self.move(8))
        guest.kick()
        dialog = self.loop.create_task(open_dialog())
        self.kick_until(lambda: mover.done() and dialog.done())
        dialog.result()

    def test_cancelled(self):
        mover = self.loop.create_task(self.move(1000))
        for _ in range(3):
            guest.kick()
        mover.cancel()
        self.kick_until(mover.done)
        self.assertTrue(mover.cancelled())
        self.kick_until(lambda: guest.get_live_tasks() == 0)

    def test_on_another_thread(self):
        rounds = []

        def work():
            with asyncio.Runner(loop_factory=pillion.EventLoop) as runner:
                runner.run(self.move(2))
            rounds.append(self.rounds)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        self.assertEqual(rounds, [2])

    def test_in_another_event_loop(self):
        async def main():
            move = asyncio.ensure_future(self.move(3))
            while not move.done():
                guest.kick()
                await asyncio.sleep(0.001)
            await move

        asyncio.run(main())
        self.assertEqual(self.rounds, 3)

    def test_says_where_it_was_awaited(self):
        frame = pillion.frame()
        self.assertIn(f'{os.path.basename(__file__)}:', frame.get_site())
        frame.cancel()


if __name__ == '__main__':
    tap.main()
