# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Downloads what a Blender that ended has left: resume.py URL FOLDER COUNT SIZE MSEC. The server says how many went on where they had
stopped."""

import sys

import gi
gi.require_version('PillionHttp', '1')
from gi.repository import Pillion, PillionHttp

from server import content

url, folder = sys.argv[1:3]
count, size, msec = map(int, sys.argv[3:])
loop = Pillion.Loop.get_default()
client = PillionHttp.Client.new(loop)
tasks = [client.download(f'{url}/slow/{size + number}/{msec}', f'{folder}/{number}') for number in range(count)]
loop.run_until_complete(Pillion.Task.all(loop, tasks))
for number in range(count):
    with open(f'{folder}/{number}', 'rb') as file:
        assert file.read() == content(0, size + number), number
