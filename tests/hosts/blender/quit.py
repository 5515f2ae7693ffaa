# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ends Blender in one way or another while downloads are under way: blender … --python quit.py -- WAY MOMENT FOLDER URL… The moment is a
fraction of all bytes. It prints the time right before, by the monotonic clock."""

import os
import signal
import sys
import time

import bpy

import pillion
import pillion.hosts
from gi.repository import PillionHttp

way, moment, folder, *urls = sys.argv[sys.argv.index('--') + 1:]
loop = pillion.hosts.blender.install()
client = PillionHttp.Client.new(loop)
client.set_max_connections(len(urls))
client.set_max_connections_per_host(len(urls))
downloads = []


def end():
    print('ends at', time.monotonic(), flush=True)
    if way in ('disable', 'reload'):
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            if way == 'disable':
                bpy.ops.preferences.addon_disable(module='pillion')
            else:
                bpy.ops.script.reload()
        # Blender goes on for some time, and reloads scripts later
        bpy.app.timers.register(bpy.ops.wm.quit_blender, first_interval=0.5)
    elif way == 'quit':
        bpy.ops.wm.quit_blender()
    elif way == 'window':
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.wm.window_close()
    elif way == 'exit':
        sys.exit()
    elif way == 'hard-exit':
        os._exit(0)
    else:
        os.kill(os.getpid(), getattr(signal, way))


def step():
    if not downloads:
        downloads.extend(client.download(url, f'{folder}/{url.rpartition("/")[2]}') for url in urls)
    total = sum(task.get_total() for task in downloads)
    if all(task.get_total() > 0 for task in downloads) and sum(task.get_completed() for task in downloads) > float(moment) * total:
        end()
        return None
    return 0


bpy.context.preferences.view.show_splash = False
if way == 'inside-a-callback':
    way = 'quit'

    async def body():
        while step() is not None:
            await pillion.frame()

    pillion.ensure_future(body())
else:
    bpy.app.timers.register(step)
