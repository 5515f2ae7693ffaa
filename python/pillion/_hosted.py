# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What coroutines want of the host."""

from __future__ import annotations

from asyncio import events
from typing import Any

from pillion._library import Pillion, overrides
from pillion._loop import EventLoop


def frame() -> Pillion.Task[bool]:
    """Waits for the host's next frame: `while …: await pillion.frame ()` makes one round per frame.

    If the host ticks, a frame is one of its kicks. If nothing ticks, a frame takes 1/60 s."""
    running = events._get_running_loop()
    guest: Any = running._guest if isinstance(running, EventLoop) else Pillion.Loop.get_default()
    return overrides._at(guest.next_frame())
