# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""LibreOffice as the host, for macros and extensions in its own Python: it is asked to call back on its main thread.

It has no timers, so a thread of the adapter's asks when something is due. That thread also passes on what wakes the loop, because
LibreOffice may let whoever asks wait until its main thread is idle."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from pillion._library import Pillion
from pillion.hosts._base import Host, import_toolkit

uno: Any = import_toolkit('uno', 'libreoffice', 'python3-uno')
unohelper: Any = import_toolkit('unohelper', 'libreoffice', 'python3-uno')

__all__ = ['LibreOfficeHost', 'install']

LINGER = 5  # s: how long the thread stays while there is nothing to wait for


def find_service() -> Any:
    """What calls back on the main thread, or None in a Python that is not LibreOffice's own."""
    context = uno.getComponentContext()
    return context.ServiceManager.createInstanceWithContext('com.sun.star.awt.AsyncCallback', context)


def install(*, loop: Pillion.Loop | None = None) -> Pillion.Loop:
    """Makes LibreOffice carry a loop, by default the one of this thread, which is to be its main thread. Returns the loop."""
    return LibreOfficeHost().carry(loop)


class LibreOfficeHost(Host):
    name = 'libreoffice'
    target = 'libreoffice'  # there is one

    def __init__(self) -> None:
        super().__init__()
        service = find_service()
        if service is None:
            raise RuntimeError('this Python does not run inside LibreOffice: call install () in a macro or an extension')
        callback = _make_callback(self)
        self._alarm = _Alarm(lambda is_due: service.addCallback(callback, is_due))

    def start_timer(self, delay: int) -> None:
        self._alarm.set(delay / 1e6)

    def stop_timer(self) -> None:
        self._alarm.set(math.inf)

    def wake(self) -> None:
        self._alarm.wake()


def _make_callback(host):
    # LibreOffice knows its own types only once it runs
    from com.sun.star.awt import XCallback

    class Callback(unohelper.Base, XCallback):
        def notify(self, is_due):
            if is_due:
                host.tick()
            else:
                host.kick()

    return Callback()


class _Alarm:
    """Calls a function on a thread of its own: with true when a time has come, and with false when it is woken."""

    def __init__(self, ring: Callable[[bool], object]) -> None:
        self.ring = ring
        self.condition = threading.Condition()
        self.due: float = math.inf
        self.is_woken = False
        self.is_running = False

    def set(self, delay):
        with self.condition:
            self.due = monotonic() + delay
            if delay < math.inf:
                self.notify()

    def wake(self):
        with self.condition:
            self.is_woken = True
            self.notify()

    def notify(self):
        if self.is_running:
            self.condition.notify()
        else:
            threading.Thread(target=self.run, name='pillion-alarm', daemon=True).start()
            self.is_running = True

    def wait(self):
        """Waits for the next reason to ring: true, false, or None if there has been none for a while."""
        with self.condition:
            while True:
                rest = self.due - monotonic()
                if rest <= 0:
                    self.due = math.inf
                    return True
                if self.is_woken:
                    self.is_woken = False
                    return False
                if not self.condition.wait(min(rest, LINGER)) and self.due == math.inf and not self.is_woken:
                    self.is_running = False
                    return None

    def run(self):
        try:
            while (is_due := self.wait()) is not None:
                self.ring(is_due)
        except BaseException:
            # The next reason to ring starts another thread
            with self.condition:
                self.is_running = False
            raise
