# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""KeyboardInterrupt, SystemExit and the like, on their way through C.

PyGObject prints what a function raises that C calls, and goes on; for SystemExit it even ends the process on the spot. So such an
exception is kept until the C function that a Python caller is in has returned, and is raised there.

A signal's handler in Python runs only when Python code does. So C asks `is_interrupted ()` while it waits.
"""

import atexit
import functools
import sys
import threading
from asyncio import CancelledError

from gi.module import get_introspection_module

Pillion = get_introspection_module('Pillion')

kept = []  # pairs of the frame that is to raise an exception, and the exception
takers = set()  # the code of functions that raise what was kept
wakers = {}  # functions that end the waits of those
closers = {}  # functions that are called after a guest loop was closed on this thread
hook = sys.__excepthook__  # what ours stands in for while a function of C waits
is_asked = False  # whether C asks


def takes(function):
    """Says that a function calls C and then raise_kept ()."""
    takers.add(function.__code__)
    return function


def wakes(function):
    """Says that a function ends the waits of this thread in functions marked with takes (). It replaces one of the same name from an
    earlier import."""
    wakers[function.__qualname__] = function
    return function


def follows_close(function):
    """Says that a function is to be called after a guest loop was closed on this thread; otherwise as wakes ()."""
    closers[function.__qualname__] = function
    return function


def tell_of_close():
    for tell in list(closers.values()):
        tell()


def raise_kept():
    """Raises what was kept for the caller, if anything: the first exception, if there are several. A function that is called from
    another closure, further in, must not take it: there it would be lost."""
    frame = sys._getframe(1)
    error = None
    # Other threads may keep something meanwhile
    for entry in list(kept):
        if entry[0] is frame:
            kept.remove(entry)
            error = error or entry[1]
    entry = None
    if error is not None:
        try:
            raise error
        finally:
            frame = error = None  # the traceback must not hold what it passes through


def _find_taker(frame):
    while frame is not None and frame.f_code not in takers:
        frame = frame.f_back
    return frame


def keep(error):
    """Keeps an exception for the nearest caller in Python; returns whether there is one."""
    taker = _find_taker(sys._getframe(1))
    if taker is None:
        return False
    kept.append((taker, error))
    for wake in list(wakers.values()):
        wake()
    return True


def runs(function):
    """A function of C that runs the context, and so calls functions of Python."""
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        finally:
            if kept:
                raise_kept()

    return takes(call)


def is_interrupted():
    """Whether the wait that asks is to end, because an exception is to be raised after it. C asks now and then, and after a signal,
    whose handler in Python runs when this is called."""
    if not kept:
        return False
    taker = _find_taker(sys._getframe(1))
    return any(entry[0] is taker for entry in list(kept))


def _catch(kind, error, traceback):
    """In place of sys.excepthook. A signal's handler may raise before the first line of a function that C calls, where no handler of
    exceptions is in place yet."""
    if isinstance(error, (Exception, CancelledError)) or not keep(error):
        hook(kind, error, traceback)


def _listen():
    global is_asked
    if not is_asked:
        is_asked = True
        Pillion.set_wait_func(is_interrupted)
        # The program may go on without the interpreter
        atexit.register(Pillion.set_wait_func, None)


def waits(function):
    """A function of C that runs the context and waits in it. In the main thread, where signals are handled, a handler's exception
    ends the wait."""
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        global hook
        outer = None
        if threading.get_ident() == threading.main_thread().ident:
            _listen()
            if sys.excepthook is not _catch:
                outer = hook = sys.excepthook
                sys.excepthook = _catch
        try:
            return function(self, *args, **kwargs)
        finally:
            if outer is not None:
                sys.excepthook = outer
                hook = sys.__excepthook__  # whatever the other one belongs to may go
            if kept:
                raise_kept()

    return takes(call)
