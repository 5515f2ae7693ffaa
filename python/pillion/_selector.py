# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What an EventLoop finds its ready descriptors with."""

import selectors
from select import EPOLLET, EPOLLIN, EPOLLOUT
from selectors import EVENT_READ, EVENT_WRITE


class Selector(selectors.EpollSelector):
    """The standard selector, except that a select that doesn't wait makes one system call rather than two, or none. A busy loop does
    this all the time."""

    def __init__(self, turns):
        super().__init__()
        self.kicked = False  # whether a kick is making a pass
        self.turns = turns  # with asyncio outside: how many more passes until the context gets a turn
        self.found = False  # whether the last pass found a ready descriptor
        self.wait = None  # the loop's function for a select that may wait
        self.edges = set()  # descriptors to report once only, because their handlers have to wait
        self._now = self._selector.poll

    def select(self, timeout=None, ask=False):
        turns = self.turns
        keys = self._fd_to_key
        if timeout == 0 and turns > 0:
            self.turns = turns - 1
            if len(keys) <= 1 and not (ask or self.kicked):
                # The only descriptor is the one that wakes the loop, which is awake. It is emptied when the context gets its turn, and
                # before the loop waits.
                self.found = False
                return ()
        elif not self.kicked:
            return self.wait(timeout)
        ready = self._now(0, len(keys) or 1)
        if not ready:
            self.found = False
            return ready
        self.found = True
        found = []
        for fd, event in ready:
            key = keys.get(fd)
            if key is not None:
                mask = 0
                if event & ~EPOLLIN:
                    mask = EVENT_WRITE
                if event & ~EPOLLOUT:
                    mask |= EVENT_READ
                found.append((key, mask & key.events))
        return found

    def set_edge(self, fd, edge):
        """Sets whether a descriptor is reported only when it becomes ready, or for as long as it is."""
        key = self._fd_to_key.get(fd)
        if edge == (fd in self.edges):
            return
        if edge:
            self.edges.add(fd)
        else:
            self.edges.discard(fd)
        if key is not None:
            mask = (EPOLLIN if key.events & EVENT_READ else 0) | (EPOLLOUT if key.events & EVENT_WRITE else 0)
            self._selector.modify(fd, mask | EPOLLET if edge else mask)

    def modify(self, fileobj, events, data=None):
        key = super().modify(fileobj, events, data)
        if key.fd in self.edges:
            self.set_edge(key.fd, False)
        return key

    def unregister(self, fileobj):
        key = super().unregister(fileobj)
        self.edges.discard(key.fd)
        return key

    def select_now(self):
        self.turns = self.turns or 1
        return self.select(0, True)

    def select_really(self, timeout):
        return super().select(timeout)
