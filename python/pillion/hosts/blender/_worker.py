# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A thread with a loop of its own, for work that is not Blender's thread's. The two share the interpreter."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from pillion._library import GLib, Pillion

# How much time passes between two turns, in seconds, while something is under way. Nobody sees the difference, and whenever this thread
# has the interpreter, Blender's can't have it.
PAUSE = 0.03

# How long the exit of Blender may take because of what is under way, in seconds
EXIT_PATIENCE = 0.1

logger = logging.getLogger(__name__)


class Work(Protocol):
    """What the thread has to do again and again. All of this is called on it."""

    def turn(self) -> bool:
        """Does what is due. Returns whether there is more to come."""

    def cancel(self, timeout: float) -> None:
        """Cancels what is under way, and waits until it has ended, at most `timeout` seconds."""

    def count(self) -> int:
        """How much is under way. From any thread."""


class Worker:
    """Runs one function after the other, kicks its loop, and gives each work its turns. It starts with the first function."""

    def __init__(self) -> None:
        self._reset()
        # A forked child has no such thread
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self.loop: Any = None
        self._works: list[Work] = []
        self._jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_started = self._has_ended = False

    def submit(self, function: Callable[[], object]) -> None:
        """Has a function called there, soon."""
        if not self._is_started:
            self._start()
        self._jobs.put(function)

    def call(self, function: Callable[[], object], timeout: float) -> bool:
        """Has a function called there, and waits until it has ended, at most `timeout` seconds. Returns whether it has."""
        done = threading.Event()

        def run():
            try:
                function()
            finally:
                done.set()

        if self._has_ended:
            return False
        self.submit(run)
        return done.wait(timeout)

    def add(self, work: Work) -> None:
        """Gives a work its turns from now on, until it has nothing more to come. On the thread."""
        if work not in self._works:
            self._works.append(work)

    def count(self) -> int:
        """How much is under way."""
        return sum(work.count() for work in list(self._works))

    def cancel(self, timeout: float) -> bool:
        """Cancels what is under way, and waits until it has ended, at most `timeout` seconds. Returns whether it has."""
        def cancel():
            for work in list(self._works):
                self._try(lambda work=work: work.cancel(max(0, end - monotonic())))

        end = monotonic() + timeout
        return not self._is_started or (self.call(cancel, timeout) and self.count() == 0)

    def _start(self):
        with self._lock:
            if not self._is_started:
                # The process doesn't wait for a daemon at its exit
                threading.Thread(target=self._run, daemon=True, name='pillion worker').start()
                self._is_started = True
                atexit.register(self._end)

    def _end(self):
        if self._is_started:
            self.call(self._close, 2 * EXIT_PATIENCE)

    def _close(self):
        self._has_ended = True
        try:
            self.loop.close(round(EXIT_PATIENCE * 1e6))
        except GLib.Error as error:
            logger.debug('%s', error.message)

    def _run(self):
        self.loop = Pillion.Loop.new(None, Pillion.LoopFlags.PRIVATE_CONTEXT)
        due = 0.0
        while not self._has_ended:
            try:
                function = self._jobs.get(timeout=max(0, due - monotonic()) if self._works else None)
            except queue.Empty:
                pass
            else:
                self._try(function)
                del function  # before this waits
            if self._works and not self._has_ended and monotonic() >= due:
                self._turn()
                due = monotonic() + PAUSE

    def _turn(self):
        self._try(self.loop.kick)
        # One that raises may still have something to come
        self._works[:] = [work for work in self._works if self._try(work.turn, True)]

    def _try(self, function, otherwise=None):
        try:
            return function()
        except BaseException:
            logger.exception('a function of the worker raised')
            return otherwise


worker = Worker()
