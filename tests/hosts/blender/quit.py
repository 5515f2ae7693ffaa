# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ends Blender in one way or another while downloads are under way: blender … --python quit.py -- WAY FOLDER COUNT SIZE MSEC. It prints the time
right before, by the monotonic clock."""

import os
import signal
import sys
import time

import bpy

import pillion
import pillion.hosts
from gi.repository import PillionHttp

way, folder, *numbers = sys.argv[sys.argv.index('--') + 1:]
COUNT, SIZE, MSEC = map(int, numbers)
url = os.environ['PILLION_TEST_URL']
loop = pillion.hosts.blender.install()
client = PillionHttp.Client.new(loop)
client.set_max_connections(COUNT)
client.set_max_connections_per_host(COUNT)
downloads = []


def end():
    print('ends at', time.monotonic(), flush=True)
    if way == 'quit':
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
        for number in range(COUNT):
            downloads.append(client.download(f'{url}/slow/{SIZE + number}/{MSEC}', f'{folder}/{number}'))
    if all(task.get_completed() > SIZE / 10 for task in downloads):
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
