# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the programs of test-embedded.py run in their own Python. It writes what it finds to the file PILLION_TEST_RESULT, and ends the
program."""

import faulthandler
import os
import sys
import time
import traceback

sys.path[:0] = os.environ['PILLION_TEST_PATH'].split(':')  # some of them ignore PYTHONPATH

PATIENCE = 60  # s


def main(module):
    try:
        # Some of them have no sys.stderr
        faulthandler.dump_traceback_later(PATIENCE, exit=True, file=open(os.environ['PILLION_TEST_RESULT'], 'w', encoding='utf-8'))
        import asyncio

        import gi
        gi.require_version('Pillion', '1')
        import pillion.hosts

        assert pillion.hosts.detect().__name__ == f'pillion.hosts.{module}', pillion.hosts.detect()
        loop = pillion.hosts.install()
        assert pillion.hosts.install() is loop
        kicks = []
        kick = type(loop).kick
        type(loop).kick = lambda self: kicks.append(time.monotonic()) or kick(self)
    except BaseException:
        end(traceback.format_exc())

    async def work():
        try:
            await asyncio.sleep(0.05)
            await loop.sleep(50_000)
            assert await loop.run_in_thread('thread', lambda *_: 'result') == 'result'
            assert await asyncio.to_thread(lambda: 'result') == 'result'
            pending = loop.sleep(3600_000_000)
            await asyncio.sleep(1)
            before = len(kicks)
            await asyncio.sleep(3)
            assert len(kicks) - before < 60, f'{len(kicks) - before} kicks in 3 s with nothing to do'
            pending.cancel()
            loop.call_soon(close)
        except BaseException:
            end(traceback.format_exc())

    def close():
        try:
            loop.close(PATIENCE * 1_000_000)
        except BaseException:
            end(traceback.format_exc())
        end('good')

    pillion.ensure_future(work())


def end(result):
    with open(os.environ['PILLION_TEST_RESULT'], 'w', encoding='utf-8') as file:
        file.write(result)
    os._exit(0)
