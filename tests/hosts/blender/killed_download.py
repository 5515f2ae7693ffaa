# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Downloads half a texture set, and is killed: blender -b … --python killed_download.py -- URL FOLDER"""

import os
import pathlib
import signal
import sys

import pillion_texture_browser.browser as browsing
from pillion import async_loop

url, folder = sys.argv[sys.argv.index('--') + 1:]
browser = browsing.Browser(url, pathlib.Path(folder) / '..' / 'cache')
browser.catalogue.client.set_rate_limit(300_000)


async def download():
    await browser.go(['Stone'])
    item, = [item for item in browser.items if item.texture.name == 'stone-05'] or sys.exit(browser.status)
    job = browser.download(item, pathlib.Path(folder))

    def look():
        if job.progress.fraction > 0.5:
            os.kill(os.getpid(), signal.SIGKILL)

    browser.views.add(look)
    await job.future
    sys.exit(f'it was too fast: {job.status}')


async_loop.guest.asyncio_loop.run_until_complete(download())
