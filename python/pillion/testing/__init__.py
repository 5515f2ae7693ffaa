# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tests on a virtual clock: in them, `asyncio.sleep (3600)` takes no time.

`TestCase` is for unittest. With pytest, use the fixture `pillion_test` of the plugin `pillion_pytest`. `Harness` is what both
are made of.

`HostSuite` is for whoever writes an adapter for a host.
"""

import functools
import inspect
import unittest
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from pillion._library import Pillion
from pillion.testing._harness import Harness
from pillion.testing._hosts import HostSuite

__all__ = ['Harness', 'HostSuite', 'TestCase']

_T = TypeVar('_T')

# Makes unittest and pytest leave this module's frames out of tracebacks
__unittest = True
__tracebackhide__ = True


class TestCase(unittest.TestCase):
    """A test case whose methods may be coroutines, each with a loop of its own on a virtual clock.

    Use it instead of unittest.IsolatedAsyncioTestCase: it has the same asyncSetUp (), asyncTearDown (), addAsyncCleanup () and
    enterAsyncContext (). A test also fails if it never ends, if it leaves a task behind, or if nothing handles an error."""

    # See Harness; in seconds of real time
    patience: float = Harness.PATIENCE
    limit: float = Harness.LIMIT
    quiet: float = Harness.QUIET

    # While the test runs: its harness, the host with the virtual clock, and the guest loop
    harness: Harness
    host: Pillion.TestHost
    loop: Pillion.Loop

    async def asyncSetUp(self) -> None:
        """Called right before the test method, after setUp ()."""

    async def asyncTearDown(self) -> None:
        """Called after the test method, whatever its outcome, and before tearDown ()."""

    def addAsyncCleanup(self, func: Callable[..., Awaitable[object]], /, *args: Any, **kwargs: Any) -> None:
        """Awaits `func (*args, **kwargs)` after the test. Like other cleanups, the last one added comes first."""
        self.addCleanup(lambda: self.harness.run(func(*args, **kwargs)))

    async def enterAsyncContext(self, manager: AbstractAsyncContextManager[_T]) -> _T:
        """Enters an asynchronous context manager, and leaves it after the test."""
        result = await manager.__aenter__()
        self.addAsyncCleanup(manager.__aexit__, None, None, None)
        return result

    async def _run_method(self, method):
        await self.asyncSetUp()
        try:
            result = method()
            if inspect.isawaitable(result):
                result = await result
        finally:
            await self.asyncTearDown()
        return result

    def _run_in_harness(self, call):
        """Makes `call` of the base class with the test method replaced."""
        name = self._testMethodName
        method = getattr(self, name)
        outer = dict(vars(self))  # pytest may have put the method there
        harness = Harness(self.id(), patience=self.patience, limit=self.limit, quiet=self.quiet)
        self.harness, self.host, self.loop = harness, harness.host, harness.loop
        ended_well = False

        @functools.wraps(method)
        def run():
            nonlocal ended_well
            result = self._run_method(method) if self._has_async_parts() else method()
            if inspect.isawaitable(result):
                result = harness.run(result)
            ended_well = True
            return result

        def finish():
            # The last cleanup. After a failure, it doesn't matter what the test left behind.
            try:
                if ended_well:
                    harness.check()
            finally:
                harness.close()

        self.addCleanup(finish)
        setattr(self, name, run)
        try:
            return call()
        finally:
            harness.close()
            # Test runners keep the test, and that must not keep a loop
            for label in (name, 'harness', 'host', 'loop'):
                if label in outer:
                    setattr(self, label, outer[label])
                else:
                    vars(self).pop(label, None)

    def _has_async_parts(self):
        return (type(self).asyncSetUp is not TestCase.asyncSetUp or type(self).asyncTearDown is not TestCase.asyncTearDown)

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        return self._run_in_harness(lambda: super(TestCase, self).run(result))

    def debug(self) -> None:
        self._run_in_harness(super().debug)
