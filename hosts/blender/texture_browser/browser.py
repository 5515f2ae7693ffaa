# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is browsed, and what is being downloaded. The panel and the overlay show it."""

import asyncio
import pathlib

import bpy
import bpy.utils.previews
import gpu

import pillion
from gi.repository import GLib
from pillion import async_loop
from pillion.hosts.blender import is_online

from .catalogue import Catalogue, CatalogueError, Progress
from .server import CatalogueServer

# What can go wrong with a catalogue that isn't a mistake of this program
ERRORS = (GLib.Error, CatalogueError, OSError)

# Maps whose values are no colors
DATA_KINDS = 'normal', 'roughness', 'height'


class Item:
    """A texture that is shown. Its picture is None until it has arrived."""

    def __init__(self, texture, on_change):
        self.texture = texture
        self.progress = Progress(on_change)
        self.picture = None
        self.error = ''


class Picture:
    """A thumbnail, for panels by `icon_id`, and for the overlay by `texture`."""

    def __init__(self, previews, path):
        key = str(path)
        self.preview = previews.get(key) or previews.load(key, key, 'IMAGE')
        self.icon_id = self.preview.icon_id
        self._texture = None

    @property
    def texture(self):
        if self._texture is None:
            width, height = self.preview.image_size
            if width and height:
                pixels = gpu.types.Buffer('FLOAT', width * height * 4, list(self.preview.image_pixels_float))
                self._texture = gpu.types.GPUTexture((width, height), format='RGBA8', data=pixels)
        return self._texture


class SetDownload:
    """A texture set on its way into the blend file's folder."""

    def __init__(self, title, on_change):
        self.title = title
        self.progress = Progress(on_change)
        self.error = ''
        self.is_done = False
        self.future = None

    @property
    def status(self):
        return self.error or ('done' if self.is_done else f'{self.progress.fraction:.0%}')


class Browser:
    """The state of the browser. There is one, which `open ()` makes and `close ()` ends."""

    def __init__(self, url, cache):
        self.server = None
        if not url:
            self.server = CatalogueServer(async_loop.guest)
            url = self.server.url
        self.catalogue = Catalogue(url, cache)
        self.previews = bpy.utils.previews.new()
        self.path = []  # of the folders above, and the one that is shown
        self.title = ''
        self.status = ''
        self.folders = []
        self.items = []
        self.downloads = []
        self.views = set()  # functions that are called after changes
        self._task = None

    def close(self):
        """Cancels everything that is under way. What was downloaded by half goes on the next time."""
        if self._task is not None:
            self._task.cancel()
        for download in self.downloads:
            if download.future is not None:
                download.future.cancel()
        self.items.clear()
        bpy.utils.previews.remove(self.previews)
        if self.server is not None:
            self.server.close()

    def changed(self):
        for view in list(self.views):
            view()

    def go(self, path):
        """Shows a folder in place of what is shown."""
        self.path = path
        return self._show(self.catalogue.get_folder, path[-1] if path else '')

    def go_up(self):
        return self.go(self.path[:-1])

    def search(self, text):
        """Shows what has these words in its title, or the folder again if there are none."""
        return self._show(self.catalogue.search, text) if text.strip() else self.go(self.path)

    def stop(self):
        """Cancels what is only for showing."""
        if self._task is not None:
            self._task.cancel()

    def download(self, item, folder):
        """Downloads all maps of a texture, and loads them into the blend file. Returns the SetDownload."""
        download = SetDownload(item.texture.title, self.changed)
        self.downloads.append(download)
        download.future = pillion.ensure_future(self._download(download, item.texture, folder))
        return download

    def _show(self, ask, text):
        self.stop()
        self._task = pillion.ensure_future(self._fill(ask, text))
        return self._task

    def _check_access(self):
        """The user may have forbidden all use of the network. A server in this Blender is none."""
        if self.server is None and not is_online():
            raise CatalogueError('Online access is off in Blender\'s system preferences')

    async def _fill(self, ask, text):
        self.folders, self.items = [], []
        self.status = 'Loading…'
        self.changed()
        try:
            self._check_access()
            folder = await ask(text)
        except ERRORS as error:
            self.status = _text(error)
            self.changed()
            return
        self.title = folder.title
        self.folders = folder.folders
        self.items = [Item(texture, self.changed) for texture in folder.textures]
        self.status = '' if self.folders or self.items else 'Nothing found'
        self.changed()
        async with asyncio.TaskGroup() as group:
            for item in self.items:
                group.create_task(self._load(item))

    async def _load(self, item):
        try:
            self._check_access()
            path = await self.catalogue.get_thumbnail(item.texture, item.progress)
            item.picture = Picture(self.previews, path)
        except (*ERRORS, RuntimeError, KeyError) as error:
            item.error = _text(error)
        self.changed()

    async def _download(self, download, texture, folder):
        try:
            self._check_access()
            paths = await self.catalogue.download_set(texture, folder, download.progress)
            for kind, path in paths.items():
                image = bpy.data.images.load(bpy.path.relpath(str(path)), check_existing=True)
                if kind in DATA_KINDS:
                    image.colorspace_settings.name = 'Non-Color'
            download.is_done = True
        except asyncio.CancelledError:
            download.error = 'cancelled'
            raise
        except BaseExceptionGroup as errors:
            known, others = errors.split(ERRORS)
            if others is not None:
                raise others
            download.error = _text(known.exceptions[0])
        except ERRORS as error:
            download.error = _text(error)
        finally:
            self.changed()


def _text(error):
    return getattr(error, 'message', None) or str(error)


browser = None


def open(url='', cache=None):
    """Returns the browser, and makes it if there is none."""
    global browser
    if browser is None:
        if cache is None:
            cache = pathlib.Path(bpy.utils.user_resource('DATAFILES', path='pillion-textures', create=True))
        browser = Browser(url, cache)
    return browser


def close():
    global browser
    if browser is not None:
        browser.close()
        browser = None


def get_folder():
    """Where the textures of the blend file are, or None if it was never saved."""
    return pathlib.Path(bpy.path.abspath('//textures')) if bpy.data.filepath else None
