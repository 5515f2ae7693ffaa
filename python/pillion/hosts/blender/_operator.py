# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Operators whose work is a coroutine."""

import asyncio
import functools
import logging
from collections.abc import Coroutine
from typing import Any

import bpy

from pillion.hosts.blender._host import install

# The operators that Blender calls, by id, because their hash changes when Blender destroys them
_running: dict[int, Any] = {}

# Blender ends an operator whose modal () returns anything else
_STAYS = {'RUNNING_MODAL', 'PASS_THROUGH', 'INTERFACE'}


class AsyncModalOperatorMixin:
    """Makes an operator that runs a coroutine, while Blender goes on:

        class DOWNLOAD_OT_texture(AsyncModalOperatorMixin, bpy.types.Operator):
            bl_idname = 'download.texture'
            bl_label = 'Download Texture'

            async def async_execute(self, context):
                await client.download(…)
                self.quit()

    The operator stays until `quit ()` is called, or until an exception ends the coroutine if `stop_upon_exception` is set.
    Then its task is stopped, too, as it is when a `modal ()` of the subclass raises, and when the class is unregistered. A subclass that
    has a `modal ()`, a `cancel ()` or an `unregister ()` of its own ends it with that of this class. In background mode the operator
    returns when the coroutine has ended."""

    # Whether an exception in the coroutine ends the operator
    stop_upon_exception = False

    # How often modal () is called even if the user does nothing, in seconds
    timer_interval = 1 / 15

    # How long stopping a task may take, in seconds
    patience = 1

    log = logging.getLogger(f'{__name__}.AsyncModalOperatorMixin')
    async_task: asyncio.Future[Any] | None = None
    signalling_future: asyncio.Future[Any] | None = None  # it is cancelled when the task is to stop
    timer: Any = None
    report: Any  # Blender's
    _state = 'INITIALIZING'
    _told_task: Any = None  # whose exception the user knows of

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that runs the coroutine."""
        guest: Any = install()
        return guest.asyncio_loop

    async def async_execute(self, context: Any) -> None:
        """What the operator does. Implement it in a subclass."""

    def quit(self) -> None:
        """Ends the operator the next time that Blender calls it."""
        self._state = 'QUIT'

    def execute(self, context):
        return self.invoke(context, None)

    def invoke(self, context, event):
        self._new_async_task(self.async_execute(context))
        if bpy.app.background:
            return self._run_now()
        context.window_manager.modal_handler_add(self)
        _running[id(self)] = self
        self.timer = context.window_manager.event_timer_add(self.timer_interval, window=context.window)
        return {'RUNNING_MODAL'}

    def modal(self, context, event):
        self._look_at_task()
        if self._state == 'QUIT':
            self._finish(context)
            return {'FINISHED'}
        return {'PASS_THROUGH'}

    def __init_subclass__(cls: Any, **arguments: Any) -> None:
        """Blender destroys an operator whose `modal ()` has raised or has returned that it ends, and calls nothing first."""
        super().__init_subclass__(**arguments)
        modal = cls.modal

        @functools.wraps(modal)
        def wrapper(self, context, event):
            try:
                result = modal(self, context, event)
            except BaseException:
                if id(self) in _running:
                    self._abort(context)
                raise
            if id(self) in _running and not (isinstance(result, (set, frozenset)) and result <= _STAYS):
                self._finish(context)
            return result

        cls.modal = wrapper

    def cancel(self, context):
        """Blender ends the operator, for instance because it opens another file. Nothing may wait now."""
        self._ask_to_stop()
        self._remove_timer(context)

    @classmethod
    def unregister(cls):
        """Blender destroys the operators of a class that is unregistered, and calls nothing but this first."""
        for operator in [operator for operator in _running.values() if type(operator) is cls]:
            try:
                operator._abort(bpy.context)
            except ReferenceError:
                pass  # Blender has destroyed it already, and its own cancel () has not told this class

    def _run_now(self):
        task: Any = self.async_task
        try:
            self.loop.run_until_complete(task)
        except asyncio.CancelledError:
            return {'CANCELLED'}
        except Exception:
            self._look_at_task()
            return {'CANCELLED'}
        return {'FINISHED'}

    def _look_at_task(self):
        """Tells the user about an exception, once."""
        task = self.async_task
        if task is None or task is self._told_task or not task.done() or task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        self._told_task = task
        if self._state != 'QUIT':
            self._state = 'QUIT' if self.stop_upon_exception else 'EXCEPTION'
        self.log.error('%s failed', type(self).__name__, exc_info=error)
        self.report({'WARNING'}, f'{getattr(self, "bl_label", type(self).__name__)}: {error or type(error).__name__}')

    def _abort(self, context):
        self.cancel(context)
        self._stop_async_task()

    def _finish(self, context):
        self._stop_async_task()
        self._remove_timer(context)

    def _remove_timer(self, context):
        _running.pop(id(self), None)
        if self.timer is not None:
            context.window_manager.event_timer_remove(self.timer)
            self.timer = None

    def _new_async_task(self, async_task: Coroutine[Any, Any, Any], future: asyncio.Future[Any] | None = None) -> None:
        """Starts a coroutine as the operator's task. The one before it is stopped first."""
        self._stop_async_task()
        if self._state == 'EXCEPTION':
            self._state = 'INITIALIZING'
        self.signalling_future = future or self.loop.create_future()
        self.async_task = asyncio.ensure_future(async_task, loop=self.loop)

    def _ask_to_stop(self):
        if self.async_task is not None:
            self.async_task.cancel()
        if self.signalling_future is not None:
            self.signalling_future.cancel()

    def _stop_async_task(self) -> None:
        """Cancels the task and waits until it has ended."""
        task = self.async_task
        if task is None:
            return
        self._ask_to_stop()
        # A coroutine can't wait for another one here, which then ends by itself
        if not task.done() and not self.loop.is_running():
            try:
                self.loop.run_until_complete(asyncio.wait({task}, timeout=self.patience))
            except RuntimeError:
                pass  # callbacks are held back now
            if not task.done():
                self.log.warning('%r has not stopped yet', task)
        self._look_at_task()
        self.async_task = self.signalling_future = None
