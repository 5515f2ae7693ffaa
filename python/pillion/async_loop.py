# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""asyncio for a program that has its own main loop.

Work that runs by itself:

    async_task = asyncio.ensure_future(some_async_func())
    async_task.add_done_callback(done_callback)
    async_loop.ensure_async_loop()

Work that the program waits for:

    loop = asyncio.get_event_loop()
    res = loop.run_until_complete(some_async_func())

Importing this module gives the host's thread a current event loop, which rides on the guest loop. It is kicked by the host
that you set with `set_host ()`, by whatever runs GLib's default context, or by the program itself, which calls
`kick_async_loop ()` now and then.
"""

import asyncio
import logging
import sys
import warnings
from asyncio import events
from typing import Any

from pillion import _hosted, _loop
from pillion._executor import DaemonExecutor
from pillion._library import GLib, Pillion, overrides

__all__ = ['ensure_async_loop', 'erase_async_loop', 'kick_async_loop', 'set_host', 'setup_asyncio_executor',
           'stop_async_loop']

log = logging.getLogger(__name__)

# The name of the hook if the program has no host and kicks by itself
HOST_NAME = 'pillion.async_loop'

# How many seconds to wait for cancelled tasks
PATIENCE = 1


def _make_current():
    """Gives the host's thread a current event loop. Another add-on may have set a loop of its own, or a policy."""
    global guest
    loop = _hosted.get_loop()
    guest = loop._guest
    asyncio.set_event_loop(loop)
    return loop


def _make_host():
    """Creates a host for a program that kicks by itself, or whose context something else runs."""
    def install(guest):
        def on_idle(_):
            # If this isn't called inside a kick, something else runs the context, and the kick makes the loop a passenger
            try:
                guest.kick()
            except BaseException as error:
                # PyGObject would exit the process on SystemExit
                if not overrides.keep(error):
                    sys.excepthook(type(error), error, error.__traceback__)
            return GLib.SOURCE_REMOVE

        source = GLib.Idle(priority=GLib.PRIORITY_DEFAULT)
        source.set_callback(on_idle)
        source.attach(guest.get_context())

    host = Pillion.CallbackHost.new(HOST_NAME)
    host.set_install(install)
    host.raises_interrupts = True
    return host


# The guest loop drops its host when it is stopped
_stopped_host: Pillion.Host | None = None


def set_host(host: Pillion.Host | None) -> None:
    """Sets what kicks: a Pillion.Host, whose hook is installed while there is work, or None for whatever runs the
    context."""
    global _stopped_host
    _make_current()
    _stopped_host = None
    guest.ensure(host)


def ensure_async_loop() -> None:
    """Makes sure that the loop is kicked. The hook is installed once, however often you call this. It is removed when
    everything is done, and the next task installs it again."""
    loop = _make_current()
    running = events._get_running_loop()
    if running is not None and not isinstance(running, _loop.EventLoop) and not loop._is_occupied() and guest.get_live_tasks() == 0:
        warnings.warn(f'there is nothing to run: while {running!r} is running, asyncio.ensure_future () and create_task () use that event '
                      'loop. Use pillion.ensure_future () instead', RuntimeWarning, stacklevel=2)
    if not guest.is_passenger():
        guest.ensure(guest.get_host() or _stopped_host or _make_host())
    if not loop._armed:
        loop._arm()


def kick_async_loop(*args: object) -> bool:
    """Runs a little of what is ready, without waiting. Returns true when nothing is left."""
    loop = guest.asyncio_loop
    if loop._closed:
        log.warning('The loop is closed, so there is nothing to kick')
        return True
    loop._set_current()
    return not guest.kick()


def stop_async_loop() -> None:
    """Removes the hook from the host, even if an earlier import of this module installed it. Pending work stays pending
    until the next ensure_async_loop ()."""
    global _stopped_host
    host = guest.get_host()
    _stopped_host = host or _stopped_host
    if host is None or not Pillion.Loop.stop_by_name(host.get_name()):
        guest.stop()


def erase_async_loop() -> None:
    """Ends everything: removes the hook, cancels pending work and waits for it briefly, closes the loop, and makes a new one
    current."""
    loop = guest.asyncio_loop
    if loop.is_running():
        raise RuntimeError('a loop can\'t be erased from inside one of its own callbacks')
    stop_async_loop()
    if not loop.is_closed():
        _hosted.end_tasks(loop, PATIENCE)
    _make_current()
    stop_async_loop()


def setup_asyncio_executor(max_workers: int = 10) -> None:
    """Gives the loop an executor whose threads never keep the program from exiting."""
    _make_current().set_default_executor(DaemonExecutor(max_workers, thread_name_prefix='asyncio'))


guest: Any = None  # the guest loop of the host's thread
_make_current()
