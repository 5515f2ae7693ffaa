# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A plugin for pytest: tests on a virtual clock.

It is there at once if the package was installed as a wheel. Otherwise, name it in conftest.py:

    pytest_plugins = ['pillion_pytest']

It is not part of the package, which it only imports for a test that wants it: pytest loads the plugins of everything that is installed.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pillion.testing import Harness

__tracebackhide__ = True  # pytest leaves this module's frames out of tracebacks

NAME = 'pillion_test'
PASSED = pytest.StashKey[bool]()


@pytest.fixture(name=NAME)
def _pillion_test(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A loop on a virtual clock, as a pillion.testing.Harness. A test that uses this may be a coroutine function, and so may its
    fixtures."""
    from pillion.testing import Harness

    harness = Harness(request.node.name)
    try:
        yield harness
        # Here, because other fixtures may have ended something by now. If the test has failed, what it left behind says nothing.
        if request.node.stash.get(PASSED, False):
            _check(harness)
    finally:
        harness.close()


def _check(harness):
    try:
        harness.check()
        return
    except AssertionError as error:
        if error.__cause__ is not None:
            raise
        message = str(error)
    pytest.fail(message, pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if NAME not in pyfuncitem.fixturenames:
        return None
    harness: Any = pyfuncitem.funcargs[NAME]
    result = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames})
    if inspect.isawaitable(result):
        harness.run(result)
    pyfuncitem.stash[PASSED] = True
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: pytest.FixtureRequest) -> Generator[None, None, None]:
    """Lets fixtures be coroutine functions or asynchronous generators."""
    func = fixturedef.func
    is_generator = inspect.isasyncgenfunction(func)
    if not (is_generator or inspect.iscoroutinefunction(func)) or NAME not in request.fixturenames:
        yield
        return
    harness: Harness = request.getfixturevalue(NAME)
    outer = func
    if inspect.ismethod(func) and isinstance(request.instance, type(func.__self__)):
        func = func.__func__.__get__(request.instance)  # it was that of another instance

    @functools.wraps(func)
    def call(*args, **kwargs):
        return harness.run(func(*args, **kwargs))

    @functools.wraps(func)
    def generate(*args, **kwargs):
        items = func(*args, **kwargs)
        yield harness.run(_next(items))
        if harness.run(_next(items, END)) is not END:
            raise RuntimeError(f'the fixture {func.__name__} () yielded more than once')

    # Only while pytest calls it: another test that uses the fixture may have another plugin
    fixturedef.func = generate if is_generator else call
    try:
        yield
    finally:
        fixturedef.func = outer


END = object()


async def _next(items, *default):
    return await anext(items, *default)
