# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ends Blender in one way or another while downloads are under way: blender … --python quit.py -- WAY MOMENT FOLDER URL… The moment is a
fraction of all bytes. It prints the time right before, by the monotonic clock."""

import os
import pathlib
import signal
import sys
import time

import bpy

import pillion
import pillion.hosts
from gi.repository import PillionHttp
from pillion.hosts.blender import downloader as http_dl

way, moment, folder, *urls = sys.argv[sys.argv.index('--') + 1:]
loop = pillion.hosts.blender.install()


class Downloads:
    """By a client."""

    def __init__(self):
        client = PillionHttp.Client.new(loop)
        client.set_max_connections(len(urls))
        client.set_max_connections_per_host(len(urls))
        self.tasks = [client.download(url, f'{folder}/{url.rpartition("/")[2]}') for url in urls]

    def get_progress(self):
        """How much has arrived of how much, for those of which this is known."""
        return [(task.get_completed(), task.get_total()) for task in self.tasks if task.get_total() > 0]


class BackgroundDownloads(http_dl.DownloadReporter):
    """By the downloader that Blender has."""

    def __init__(self):
        self.progress = {}
        provider = http_dl.MetadataProviderFilesystem(pathlib.Path(folder).parent / 'metadata')
        self.downloader = http_dl.BackgroundDownloader(http_dl.DownloaderOptions(provider), print)
        self.downloader.add_reporter(self)
        self.downloader.start()
        for url in urls:
            self.downloader.queue_download(url, pathlib.Path(folder, url.rpartition('/')[2]))

    def download_progress(self, http_req_descr, content_length_bytes, downloaded_bytes):
        self.progress[http_req_descr.url] = downloaded_bytes, content_length_bytes

    def get_progress(self):
        self.downloader.update()
        return list(self.progress.values())


downloads = None


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
    global downloads
    if downloads is None:
        downloads = kind()
    progress = downloads.get_progress()
    if len(progress) == len(urls) and sum(completed for completed, _ in progress) > float(moment) * sum(total for _, total in progress):
        end()
        return None
    return 0


bpy.context.preferences.view.show_splash = False
kind = Downloads
if way == 'background':
    way, kind = 'quit', BackgroundDownloads
    del urls[http_dl.CONNECTIONS:]  # as many as run at the same time
if way == 'inside-a-callback':
    way = 'quit'

    async def body():
        while step() is not None:
            await pillion.frame()

    pillion.ensure_future(body())
else:
    bpy.app.timers.register(step)
