# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A plugin for pytest: tests on a virtual clock.

It is there at once if the package was installed as a wheel. Otherwise, name it in conftest.py:

    pytest_plugins = ['pillion_pytest']

It is not part of the package, which it only imports for a test that wants it: pytest loads the plugins of everything that is installed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pillion.testing import Harness

__tracebackhide__ = True  # pytest leaves this module's frames out of tracebacks


@pytest.fixture
def pillion_test(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A loop on a virtual clock, as a pillion.testing.Harness. A test that uses this may be a coroutine function."""
    from pillion.testing import Harness

    harness = Harness(request.node.name)
    try:
        yield harness
    finally:
        harness.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if 'pillion_test' not in pyfuncitem.fixturenames:
        return None
    harness: Any = pyfuncitem.funcargs['pillion_test']
    result = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames})
    if inspect.isawaitable(result):
        harness.run(result)
    try:
        harness.check()
    except AssertionError as error:
        if error.__cause__ is not None:
            raise
        pytest.fail(str(error), pytrace=False)
    return True
