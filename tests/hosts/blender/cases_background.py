# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Background mode, in which Blender calls no timers: what is needed is waited for."""

import asyncio

import bpy

import pillion
from driver import URL
from gi.repository import Pillion, PillionHttp
from pillion import async_loop
from pillion.hosts import blender

loop = blender.install()
client = PillionHttp.Client.new(loop)


def case_a_task_is_waited_for():
    assert bpy.app.background
    assert len(loop.run_until_complete(client.get_bytes(URL + '/bytes/1000', None))) == 1000


def case_a_coroutine_is_waited_for():
    async def body():
        await asyncio.sleep(0.01)
        return len(await client.get_bytes(URL + '/bytes/1000', None))

    assert asyncio.get_event_loop().run_until_complete(body()) == 1000
    assert pillion.run(body()) == 1000


def case_the_ancestors_way():
    future = asyncio.ensure_future(asyncio.sleep(0.01, 'slept'))
    async_loop.ensure_async_loop()
    assert asyncio.get_event_loop().run_until_complete(future) == 'slept'


def case_an_operator_returns_when_its_coroutine_has_ended():
    got = []

    class PILLION_TEST_OT_get(blender.AsyncModalOperatorMixin, bpy.types.Operator):
        bl_idname = 'pillion_test.get'
        bl_label = 'Get'

        async def async_execute(self, context):
            got.append(len(await client.get_bytes(URL + '/bytes/1000', None)))
            self.quit()

    class PILLION_TEST_OT_fail(blender.AsyncModalOperatorMixin, bpy.types.Operator):
        bl_idname = 'pillion_test.fail'
        bl_label = 'Fail'

        async def async_execute(self, context):
            await asyncio.sleep(0.001)
            raise ValueError('on purpose')

    for cls in (PILLION_TEST_OT_get, PILLION_TEST_OT_fail):
        bpy.utils.register_class(cls)
    assert bpy.ops.pillion_test.get() == {'FINISHED'}
    assert got == [1000]
    assert bpy.ops.pillion_test.fail() == {'CANCELLED'}


def case_nothing_is_left():
    assert loop.get_live_tasks() == 0
    assert blender.cancel_all()


def case_add_ons_know_whether_they_may_use_the_network():
    assert blender.is_online() is True
    bpy_app, blender._host.bpy = blender._host.bpy, type('bpy', (), {'app': type('app', (), {'online_access': False})})
    try:
        assert blender.is_online() is False
    finally:
        blender._host.bpy = bpy_app
