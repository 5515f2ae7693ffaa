# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How KeyboardInterrupt and SystemExit get past C.

PyGObject prints what a closure raises, and goes on. So such an exception is kept until the C function that a Python
caller is in has returned, and raised there. Where no Python caller is on the stack, nobody could catch it: then it
goes to the loop's exception handler.
"""

import functools
import sys
import types

from pillion._library import Pillion

# The functions that run the context, and so the event loops in it
_RUNNERS = (
    (Pillion.Loop, ('kick', 'kick_until', 'run_until_complete', 'close')),
    (Pillion.TestHost, ('advance', 'run_until_idle')),
    (Pillion.TickHost, ('run',)),
)


class _State:
    """Survives the package's being imported anew, because the wrappers of the first import stay in use."""

    def __init__(self):
        self.kept = []  # pairs of an exception and the frame of the function that is to raise it
        self.takers = set()  # the code of functions that raise what was kept


def _raising(function, state):
    kept = state.kept

    @functools.wraps(function)
    def call(self, *args):
        result = function(self, *args)
        if kept:
            raise_kept()
        return result

    call.state = state  # type: ignore[attr-defined]
    state.takers.add(call.__code__)
    return call


def _wrap():
    state = getattr(Pillion.Loop.kick, 'state', None)
    if state is None:
        state = _State()
        for kind, names in _RUNNERS:
            for name in names:
                setattr(kind, name, _raising(getattr(kind, name), state))
    return state


def raise_kept():
    """Raises what was kept for the function that calls this, if there is anything. One that is called from another closure,
    further in, is not to take it: there it would be lost."""
    frame = sys._getframe(1)
    for index, (taker, error) in enumerate(kept):
        if taker is frame:
            del kept[index]
            try:
                raise error
            finally:
                del frame, taker, error  # the traceback must not hold what it passes through


def keep(error):
    """Keeps an exception for the nearest caller in Python; returns whether there is one."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code in takers:
            kept.append((frame, error))
            return True
        frame = frame.f_back
    return False


def takes(function):
    """Says that a function calls C and then raise_kept ()."""
    takers.add(function.__code__)
    return function


_state = _wrap()
kept = _state.kept
takers = _state.takers
