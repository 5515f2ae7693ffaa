# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A catalogue of textures on a server. Nothing here knows Blender.

    folder.json?path=PATH       {"title", "folders": [{"title", "path"}], "textures": [TEXTURE]}
    search.json?text=TEXT       the same
    TEXTURE                     {"name", "title", "thumbnail": URL, "set": URL}
    the URL of a set            {"version", "maps": {KIND: {"url", "size", "sha256"}}}

URLs may be relative to that of the catalogue."""

import asyncio
import dataclasses
import hashlib
import pathlib
import re
import shutil
import urllib.parse

import pillion.hosts.blender  # noqa: F401: it loads the library
from gi.repository import PillionHttp
from pillion import async_loop

KINDS = 'color', 'normal', 'roughness', 'height'

# What a server calls a texture or a version becomes the name of a folder
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_-]{0,63}')


class CatalogueError(Exception):
    """A catalogue can't be used: its server does not send what one consists of, or must not be asked."""


@dataclasses.dataclass
class Texture:
    name: str
    title: str
    thumbnail: str
    set: str


@dataclasses.dataclass
class Folder:
    title: str
    folders: list  # of pairs: title, path
    textures: list


class Progress:
    """How much of several downloads has arrived, in bytes."""

    def __init__(self, on_change):
        self.on_change = on_change
        self.completed = {}
        self.total = 0
        self.resumed_from = 0  # what had arrived before

    def follow(self, task, size=0):
        self.total += size
        self.completed[task] = 0
        task.connect('progress', self._update)

    def complete(self, task, size):
        """Of what was there already, no progress is reported."""
        self.completed[task] = size
        self.on_change()

    def _update(self, task):
        self.completed[task] = task.get_completed()
        if len(self.completed) == 1 and task.get_total() > 0:
            self.total = task.get_total()
        self.on_change()

    @property
    def fraction(self):
        return min(1, sum(self.completed.values()) / self.total) if self.total else 0


class Catalogue:
    """`cache` is the folder for thumbnails."""

    def __init__(self, url, cache):
        self.url = url if url.endswith('/') else url + '/'
        self.cache = pathlib.Path(cache)
        self.client = PillionHttp.Client(async_loop.guest)

    async def get_folder(self, path):
        return await self._get_folder('folder.json', path=path)

    async def search(self, text):
        return await self._get_folder('search.json', text=text)

    async def get_thumbnail(self, texture, progress):
        """Returns the path of the picture, which is only downloaded if it is new."""
        self.cache.mkdir(parents=True, exist_ok=True)
        url = self._join(texture.thumbnail)
        path = self.cache / (hashlib.sha256(url.encode()).hexdigest()[:32] + '.png')
        task = self.client.download(url, path, only_if_changed=True)
        progress.follow(task)
        await task
        return path

    async def download_set(self, texture, folder, progress):
        """Downloads all maps of a texture. Returns a dict of their kinds and paths.

        They come into a folder of their own, whose name has the version, and which has this name only once it is complete. So maps of
        two versions are never mixed, and a download that was interrupted goes on in the folder that it left."""
        url = self._join(texture.set)
        async with _checking(url):
            answer = await self.client.get_json(url)
            version = _name(answer['version'])
            maps = {kind: (self._join(entry['url']), int(entry['size']), str(entry['sha256']))
                    for kind, entry in answer['maps'].items() if kind in KINDS}
        name = f'{_name(texture.name)}-{version}'
        final, unfinished = pathlib.Path(folder) / name, pathlib.Path(folder) / f'.{name}'
        paths = {kind: f'{name}_{kind}.png' for kind in maps}
        if not final.exists():
            unfinished.mkdir(parents=True, exist_ok=True)
            async with asyncio.TaskGroup() as group:
                for kind, (source, size, sha256) in maps.items():
                    # With the digest, what has arrived before is not even asked for
                    task = self.client.download(source, unfinished / paths[kind], sha256, only_if_changed=True)
                    progress.follow(task, size)
                    group.create_task(_wait(task, progress))
            try:
                unfinished.rename(final)
            except OSError:
                if not final.exists():
                    raise
                # Another Blender was faster
                shutil.rmtree(unfinished, ignore_errors=True)
        return {kind: final / path for kind, path in paths.items()}

    async def _get_folder(self, page, **params):
        url = self._join(page)
        async with _checking(url):
            answer = await self.client.get_json(url, params=params)
            folders = [(str(entry['title']), str(entry['path'])) for entry in answer['folders']]
            textures = [Texture(_name(entry['name']), str(entry['title']), str(entry['thumbnail']), str(entry['set']))
                        for entry in answer['textures']]
            return Folder(str(answer['title']), folders, textures)

    def _join(self, url):
        return urllib.parse.urljoin(self.url, url)


async def _wait(task, progress):
    result = await task
    kept = result.get_outcome() == PillionHttp.DownloadOutcome.NOT_MODIFIED
    progress.complete(task, result.get_size())
    progress.resumed_from += result.get_size() if kept else result.get_resumed_from()


def _name(text):
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise ValueError(f'{text!r} can\'t be the name of a folder')
    return text


class _checking:
    """Turns errors about the form of an answer into CatalogueError."""

    def __init__(self, url):
        self.url = url

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        if isinstance(error, (KeyError, TypeError, ValueError, AttributeError)):
            raise CatalogueError(f'{self.url} is not from a catalogue: {error!r}') from error
