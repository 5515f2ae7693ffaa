# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What every adapter for a host has to pass."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import sys
import threading
import time
import unittest.mock
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pillion import _hosted
from pillion._library import GLib, Pillion

if TYPE_CHECKING:
    _Case = unittest.TestCase
else:
    _Case = object

MSEC = 1000  # in µs

PATIENCE = 10.0  # s: how long something may take that must happen
SPELL = 1.5  # s: how long a host is watched while nothing happens
SETTLED = 0.5  # s: how long it may go on after something has happened
DIALOG = 0.3  # s: how long a dialog is open at least
TICKS = 5  # of 10 ms each: more than these have to happen in a dialog
FEW = 2  # kicks: those that remove the hook of a host that begins to run
SOON = 0.4  # s: well below the slowest tick of a host that can't ask before it sleeps


class HostSuite(_Case):
    """The tests that every adapter for a host passes. Derive a class from this one and from unittest.TestCase, and implement
    `install ()` and `run_host ()`:

        class Mine(pillion.testing.HostSuite, unittest.TestCase):
            def install(self):
                return my_adapter.install(toolkit)

            def run_host(self, is_over):
                toolkit.call_every(10, lambda: is_over() and toolkit.quit())
                toolkit.run()

    The tests run in one process, one after the other, and each has a loop of its own, so `install ()` is called again after a loop was
    closed."""

    # Whether the host sleeps until something wakes it, rather than kick every so often
    sleeps: bool = True

    # How many kicks a second are fine while nothing happens, but something is pending
    idle_kicks: float = 2

    # Implement it if the host can have dialogs, or other inner loops: like run_host (), but called inside it
    show_dialog: Callable[[Callable[[], bool]], object] | None = None

    # Implement it if the host may drop its hook by itself: drop it
    lose_hook: Callable[[], object] | None = None

    def install(self) -> Pillion.Loop:
        """Makes the host carry the loop of this thread, and returns the loop."""
        raise NotImplementedError

    def run_host(self, is_over: Callable[[], bool]) -> None:
        """Runs the host's main loop until `is_over ()` is true, which it asks every 10 ms or so, and at least once."""
        raise NotImplementedError

    def setUp(self) -> None:
        faulthandler.dump_traceback_later(6 * PATIENCE, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        self.loop = self.install()
        self.addCleanup(self._close)
        self.n_kicks = 0
        kick = Pillion.Loop.kick

        def count(loop):
            self.n_kicks += 1
            return kick(loop)

        patch = unittest.mock.patch.object(Pillion.Loop, 'kick', count)
        patch.start()
        self.addCleanup(patch.stop)

    def _close(self):
        _hosted.close(self.loop, PATIENCE)

    def wait_for(self, is_over: Callable[[], bool]) -> None:
        """Runs the host until something has happened, which must be within a few seconds."""
        end = time.monotonic() + PATIENCE
        self.run_host(lambda: is_over() or time.monotonic() > end)
        self.assertTrue(is_over(), 'it has not happened')

    def wait(self, seconds: float) -> None:
        """Runs the host for some time."""
        end = time.monotonic() + seconds
        self.run_host(lambda: time.monotonic() > end)

    def count_kicks(self, seconds: float) -> int:
        """Runs the host for some time, and returns how many kicks it made."""
        before = self.n_kicks
        self.wait(seconds)
        return self.n_kicks - before

    # Work

    def test_calls_and_timers(self):
        done: list[Any] = []
        start = time.monotonic()
        self.loop.call_soon(done.append, 'soon')
        self.loop.call_later(100 * MSEC, lambda: done.append(time.monotonic() - start))
        self.wait_for(lambda: len(done) == 2)
        self.assertEqual(done[0], 'soon')
        self.assertGreaterEqual(done[1], 0.099)
        self.assertLess(done[1], 0.1 + SOON)

    def test_a_timer_that_is_set_while_another_is_pending(self):
        self.loop.sleep(3600 * 1000 * MSEC)
        self.wait(SETTLED)
        start = time.monotonic()
        task = self.loop.sleep(50 * MSEC)
        self.wait_for(task.is_done)
        self.assertLess(time.monotonic() - start, 0.05 + SOON)

    def test_threads(self):
        task = self.loop.run_in_thread('thread', lambda task, cancellable: 'result')
        self.wait_for(task.is_done)
        self.assertEqual(task.result(), 'result')

    def test_coroutines(self):
        async def main():
            await asyncio.sleep(0.01)
            await self.loop.sleep(10 * MSEC)
            return await asyncio.to_thread(lambda: 'result')

        if self.loop is not _hosted.guest_of_thread():
            self.skipTest('the adapter carries another loop than that of the thread')
        future = _hosted.ensure_future(main())
        self.wait_for(future.done)
        self.assertEqual(future.result(), 'result')

    def test_much_work(self):
        left = 1000

        def work():
            nonlocal left
            left -= 1
            if left > 0:
                self.loop.call_soon(work)

        self.loop.call_soon(work)
        self.wait_for(lambda: left == 0)

    def test_an_error_in_a_callback_does_not_end_the_hook(self):
        def fail():
            raise ZeroDivisionError

        self.loop.call_soon(fail)
        task = self.loop.sleep(20 * MSEC)
        with unittest.mock.patch.object(sys, 'excepthook') as hook:
            self.wait_for(task.is_done)
        self.assertIs(hook.call_args.args[0], ZeroDivisionError)

    # Sleep

    def _arrive(self):
        """Has a thread bring something after a while. Returns how long that took, in seconds."""
        times = []

        def arrive():
            times.append(time.monotonic())
            self.loop.call_soon_threadsafe(lambda: times.append(time.monotonic()))

        timer = threading.Timer(SETTLED, arrive)
        timer.start()
        self.wait_for(lambda: len(times) == 2)
        timer.join()
        return times[1] - times[0]

    def test_an_arrival_wakes_the_host(self):
        self.loop.hold()
        self.addCleanup(self.loop.release)
        self.wait(SPELL)
        self.assertLess(self._arrive(), SOON)

    def _is_hook_away(self):
        host: Any = self.loop.get_host()
        return host is None or host.keeps_hook() or not self.loop.is_riding() or self.loop.is_passenger()

    def test_an_arrival_while_the_hook_is_away(self):
        self.wait_for(self._is_hook_away)
        self.assertLess(self._arrive(), SOON)

    def test_nothing_to_do(self):
        if not self.sleeps:
            self.skipTest('this host ticks')
        self.wait(SETTLED)
        self.assertLessEqual(self.count_kicks(SPELL), FEW)

    def test_nothing_to_do_but_something_pending(self):
        if not self.sleeps:
            self.skipTest('this host ticks')
        self.loop.sleep(3600 * 1000 * MSEC)
        pending = Pillion.Task.new(self.loop, 'pending')
        self.addCleanup(pending.return_value, None)
        self.wait(2 * SETTLED)
        self.assertLessEqual(self.count_kicks(SPELL), self.idle_kicks * SPELL)

    # Inner loops

    def _show(self, opened):
        end = time.monotonic() + DIALOG
        ticks = 0
        closed = False

        def tick():
            nonlocal ticks
            ticks += 1
            if not closed:
                self.loop.call_later(10 * MSEC, tick)

        def is_over():
            # On a busy machine there may have been few ticks by then
            now = time.monotonic()
            return now > end and (ticks > TICKS or now > end + PATIENCE)

        self.loop.call_later(10 * MSEC, tick)
        assert self.show_dialog is not None
        self.show_dialog(is_over)
        closed = True
        opened.append(ticks)

    def _check_dialog(self, open_dialog):
        if self.show_dialog is None:
            self.skipTest('this host has no inner loops')
        opened: list[int] = []
        open_dialog(lambda *_: self._show(opened))
        self.wait_for(lambda: bool(opened))
        self.assertGreater(opened[0], TICKS)
        task = self.loop.sleep(10 * MSEC)
        self.wait_for(task.is_done)

    def test_a_dialog_in_a_call(self):
        self._check_dialog(lambda show: self.loop.call_soon(show))

    def test_a_dialog_in_a_done_callback(self):
        self._check_dialog(lambda show: self.loop.sleep(MSEC).add_done_callback(show))

    def test_a_dialog_in_a_coroutine(self):
        async def main(show):
            await asyncio.sleep(0.001)
            show()

        self._check_dialog(lambda show: _hosted.ensure_future(main(show)))

    def test_a_dialog_in_a_dialog(self):
        if self.show_dialog is None:
            self.skipTest('this host has no inner loops')
        opened: list[int] = []

        def show_outer():
            self.loop.call_soon(self._show, opened)
            self._show(opened)

        self.loop.call_soon(show_outer)
        self.wait_for(lambda: len(opened) == 2)
        self.assertGreater(min(opened), TICKS)

    # Hooks

    def test_installed_twice(self):
        host = self.loop.get_host()
        self.assertIs(self.install(), self.loop)
        self.assertIs(self.loop.get_host(), host)
        task = self.loop.sleep(10 * MSEC)
        self.wait_for(task.is_done)

    def test_installed_on_another_thread(self):
        errors = []

        def install():
            try:
                self.install()
            except Exception as error:
                errors.append(error)

        thread = threading.Thread(target=install)
        thread.start()
        self.wait_for(lambda: not thread.is_alive())
        self.assertEqual(len(errors), 1)
        task = self.loop.sleep(10 * MSEC)
        self.wait_for(task.is_done)

    def test_stopped_and_installed_again(self):
        task = self.loop.sleep(10 * MSEC)
        self.loop.stop()
        self.wait(SETTLED)
        self.assertFalse(task.is_done())
        self.assertIs(self.install(), self.loop)
        self.wait_for(task.is_done)

    def test_a_lost_hook(self):
        if self.lose_hook is None or self.loop.is_passenger():
            self.skipTest('this host does not lose its hook')
        task = self.loop.sleep(200 * MSEC)
        self.lose_hook()
        # Before that, the hook doesn't seem to be lost
        time.sleep(0.05)
        self.loop.ensure(self.loop.get_host())
        self.wait_for(task.is_done)
        self.lose_hook()
        self.loop.hook_lost()
        task = self.loop.sleep(10 * MSEC)
        self.wait_for(task.is_done)

    # The end

    def test_closed_with_something_pending(self):
        pending = Pillion.Task.new(self.loop, 'pending')
        self.addCleanup(pending.return_value, None)
        cancelled = [self.loop.sleep(3600 * 1000 * MSEC) for _ in range(100)]
        self.wait(SETTLED / 5)
        start = time.monotonic()
        with self.assertRaisesRegex(GLib.Error, 'pending'):
            self.loop.close(100 * MSEC)
        self.assertLess(time.monotonic() - start, 0.1 + SOON)
        self.assertTrue(all(task.cancelled() for task in cancelled))
        self.assertIsNone(self.loop.get_host())
        self._check_that_nothing_kicks()

    def _check_that_nothing_kicks(self):
        n_kicks = self.count_kicks(SETTLED)
        if self.sleeps:
            self.assertLessEqual(n_kicks, FEW)

    def test_closed_inside_a_callback(self):
        closed = []

        def close():
            self.loop.close(int(PATIENCE * 1000 * MSEC))
            closed.append(True)

        self.loop.call_soon(close)
        self.wait_for(lambda: bool(closed))
        self._check_that_nothing_kicks()

    def test_nothing_is_left_behind(self):
        """Neither the loop nor its descriptor."""
        def count():
            gc.collect()
            return len(os.listdir('/proc/self/fd'))

        def use():
            loop = self.install()
            done: list[int] = []
            # A toolkit may leak what it calls, so that doesn't refer to the loop
            loop.call_later(MSEC, done.append, 1)
            self.wait_for(lambda: bool(done))
            loop.close(int(PATIENCE * 1000 * MSEC))

        self._close()
        use()
        before = count()
        for _ in range(5):
            use()
        self.assertLessEqual(count(), before + 1)
        self.loop = self.install()
