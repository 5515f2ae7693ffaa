#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A catalogue server with textures that it draws itself, so that the browser works without an account and without a network.

In Blender it runs in the same process. By itself, `server.py` prints its URL and serves until it is stopped."""

import asyncio
import colorsys
import functools
import hashlib
import json
import random
import sys
import urllib.parse
import zlib

import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.repository import Pillion, PillionHttp

import pillion

KINDS = 'color', 'normal', 'roughness', 'height'
THUMBNAIL = 128
MAP = 512
PER_FOLDER = 12
VERSION = 'v1'

# Title → the hue, and the pattern: its height, width and gap in fractions of the picture, and the offset of every second row
FOLDERS = {
    'Bricks': (0.03, (8, 4, 40, 0.5)),
    'Fabric': (0.60, (24, 24, 90, 0.5)),
    'Metal': (0.55, (2, 2, 120, 0)),
    'Stone': (0.10, (5, 3, 30, 0.3)),
    'Tiles': (0.45, (6, 6, 50, 0)),
    'Wood': (0.08, (10, 1, 80, 0.2)),
}


def _png(size, rows):
    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, 'big') + body + zlib.crc32(body).to_bytes(4, 'big')

    head = size.to_bytes(4, 'big') * 2 + bytes((8, 2, 0, 0, 0))
    data = zlib.compress(b''.join(b'\0' + row for row in rows), 1)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', data) + chunk(b'IEND', b'')


@functools.lru_cache(64)
def draw(folder, number, kind, size):
    """Draws a map of a texture as a PNG."""
    hue, (n_rows, n_columns, gap_part, offset) = FOLDERS[folder]
    chance = random.Random(f'{folder} {number} {kind}')
    hue = (hue + random.Random(f'{folder} {number}').uniform(-0.08, 0.08)) % 1
    gap = max(1, size // gap_part)
    height, width = size // n_rows, size // n_columns

    def pixel(level):
        if kind == 'color':
            return bytes(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.35 + number % 5 * 0.1, level))
        if kind == 'normal':
            return bytes((128, 128, 255))
        return bytes((round(255 * level),)) * 3

    joint = pixel(0.25) * size
    # Each row of pixels is that of its row of tiles, in some shade
    lines = []
    for row in range(n_rows):
        tiles = b''.join(pixel(chance.uniform(0.55, 0.8)) * (width - gap) + pixel(0.25) * gap for _ in range(size // width + 2))
        shift = round(offset * width) * 3 if row % 2 else 0
        lines.append(tiles[shift:shift + size * 3].ljust(size * 3, b'\x40'))
    shades = [bytes(min(255, max(0, value + shade)) for value in range(256)) for shade in range(-8, 9)]
    rows = []
    for y in range(size):
        line = joint if y % height >= height - gap else lines[min(y // height, n_rows - 1)]
        rows.append(line.translate(chance.choice(shades)))
    return _png(size, rows)


class CatalogueServer:
    """Serves on the loopback address. `url` is that of the catalogue."""

    def __init__(self, loop):
        self.server = PillionHttp.TestServer(loop)
        self.server.add_handler('/folder.json', self.on_folder)
        self.server.add_handler('/search.json', self.on_search)
        self.server.add_handler('/set.json', self.on_set)
        self.server.add_handler('/map.png', self.on_map)
        self.url = self.server.get_url()
        # Other programs may ask, too, while this one has nothing to do
        self.loop = loop
        loop.hold()

    def close(self):
        self.server.close()
        self.loop.release()

    def on_folder(self, exchange):
        folder = _get(exchange, 'path')
        if folder == '':
            self.answer(exchange, title='Textures', folders=[{'title': title, 'path': title} for title in FOLDERS], textures=[])
        elif folder in FOLDERS:
            self.answer(exchange, title=folder, folders=[], textures=[self.describe(folder, number) for number in range(PER_FOLDER)])
        else:
            exchange.set_status(404)

    def on_search(self, exchange):
        words = _get(exchange, 'text').lower().split()
        everything = (self.describe(folder, number) for folder in FOLDERS for number in range(PER_FOLDER))
        found = [texture for texture in everything if all(word in texture['title'].lower() for word in words)]
        self.answer(exchange, title='Found', folders=[], textures=found[:PER_FOLDER * 2])

    def describe(self, folder, number):
        name = f'{folder.lower()}-{number + 1:02}'
        query = f'folder={folder}&number={number}'
        return {'name': name, 'title': f'{folder} {number + 1:02}', 'set': f'set.json?{query}',
                'thumbnail': f'map.png?{query}&kind=color&size={THUMBNAIL}'}

    async def on_set(self, exchange):
        folder, number = self.read(exchange)
        if folder is None:
            exchange.set_status(404)
            return
        maps = {}
        for kind in KINDS:
            data = await _in_thread(draw, folder, number, kind, MAP)
            maps[kind] = {'url': f'map.png?folder={folder}&number={number}&kind={kind}&size={MAP}', 'size': len(data),
                          'sha256': hashlib.sha256(data).hexdigest()}
        self.answer(exchange, version=VERSION, maps=maps)

    async def on_map(self, exchange):
        folder, number = self.read(exchange)
        kind, size = _get(exchange, 'kind'), _get(exchange, 'size')
        if folder is None or kind not in KINDS or size not in (str(THUMBNAIL), str(MAP)):
            exchange.set_status(404)
            return
        data = await _in_thread(draw, folder, number, kind, int(size))
        # With this, a download that was interrupted can go on
        exchange.add_header('ETag', f'"{hashlib.sha256(data).hexdigest()}"')
        exchange.set_body(data, 'image/png')

    def read(self, exchange):
        folder, number = _get(exchange, 'folder'), _get(exchange, 'number')
        if folder not in FOLDERS or not number.isdecimal() or int(number) >= PER_FOLDER:
            return None, 0
        return folder, int(number)

    def answer(self, exchange, **value):
        exchange.set_text(json.dumps(value), 'application/json')


def _get(exchange, name):
    return urllib.parse.parse_qs(exchange.get_query() or '').get(name, [''])[0]


def _in_thread(function, *arguments):
    return asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def main():
    loop = Pillion.Loop.get_default()
    server = CatalogueServer(loop)
    print(server.url, flush=True)

    async def serve():
        await asyncio.Event().wait()

    pillion.run(serve())


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
