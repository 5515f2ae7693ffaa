# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Takes KeyboardInterrupt, SystemExit and the like through C.

If a function that C calls raises an exception, PyGObject prints it and goes on; on SystemExit it exits the process at once. So
such an exception is kept, and raised in the Python code that called into C, once the C function has returned.

Python runs signal handlers only while Python code runs. So C calls `is_interrupted ()` while it waits.
"""

import atexit
import functools
import sys
import threading
from asyncio import CancelledError

from gi.module import get_introspection_module

Pillion = get_introspection_module('Pillion')

kept = []  # pairs of a frame and the exception to raise in it
takers = set()  # the code objects of functions that raise what was kept
wakers = {}  # functions that end the waits of these functions
closers = {}  # functions to call after a guest loop was closed on this thread
hook = sys.__excepthook__  # the hook that ours replaces while a C function waits
is_asked = False  # whether C calls is_interrupted ()


def takes(function):
    """Marks a function that calls C and then raise_kept ()."""
    takers.add(function.__code__)
    return function


def wakes(function):
    """Registers a function that ends the waits of this thread in functions marked with takes (). It replaces one of the same name
    from an earlier import."""
    wakers[function.__qualname__] = function
    return function


def follows_close(function):
    """Registers a function to call after a guest loop was closed on this thread, like wakes ()."""
    closers[function.__qualname__] = function
    return function


def tell_of_close():
    for tell in list(closers.values()):
        tell()


def raise_kept():
    """Raises what was kept for the caller, if anything: the first exception, if there are several. Functions further in, which C
    has called, must not raise it, because it would be lost there."""
    frame = sys._getframe(1)
    error = None
    # Other threads may add something meanwhile
    for entry in list(kept):
        if entry[0] is frame:
            kept.remove(entry)
            error = error or entry[1]
    entry = None
    if error is not None:
        try:
            raise error
        finally:
            frame = error = None  # otherwise the traceback would keep what it passes through alive


def _find_taker(frame):
    while frame is not None and frame.f_code not in takers:
        frame = frame.f_back
    return frame


def keep(error):
    """Keeps an exception for the nearest caller in Python. Returns whether there is one."""
    taker = _find_taker(sys._getframe(1))
    if taker is None:
        return False
    kept.append((taker, error))
    for wake in list(wakers.values()):
        wake()
    return True


def runs(function):
    """Wraps a C function that runs the context, and so calls Python functions."""
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        finally:
            if kept:
                raise_kept()

    return takes(call)


def is_interrupted():
    """Returns whether the wait that calls this should end, because there is an exception to raise. C calls it now and then, and
    after a signal, whose Python handler runs during the call."""
    if not kept:
        return False
    taker = _find_taker(sys._getframe(1))
    return any(entry[0] is taker for entry in list(kept))


def _catch(kind, error, traceback):
    """Replaces sys.excepthook. A signal handler may raise before the first line of a function that C calls, where nothing catches
    exceptions yet."""
    if isinstance(error, (Exception, CancelledError)) or not keep(error):
        hook(kind, error, traceback)


def _listen():
    global is_asked
    if not is_asked:
        is_asked = True
        Pillion.set_wait_func(is_interrupted)
        # The program may outlive the interpreter
        atexit.register(Pillion.set_wait_func, None)


def waits(function):
    """Wraps a C function that runs the context and waits in it. On the main thread, which handles signals, a handler's exception
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
