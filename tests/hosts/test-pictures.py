#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the program on each page about a host, and takes a picture of its window while a file arrives: test-pictures.py PICTURES

The pictures in docs/ are these, made small by pngquant."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap
import window
from server import Server, content

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
PICTURES = pathlib.Path(sys.argv.pop(1))
PATIENCE = 60  # s
SIZE, MSEC = 2_000_000, 4000
NEEDS = {'gtk': 'gi', 'pygame': 'pygame', 'qt': 'PyQt5', 'tk': 'tkinter', 'wx': 'wx'}


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.display = window.Display()
        PICTURES.mkdir(exist_ok=True)

    def check(self, name):
        if not shutil.which('import'):
            self.skipTest('ImageMagick is not installed')
        if subprocess.run([sys.executable, '-c', f'import {NEEDS[name]}'], capture_output=True, check=False).returncode != 0:
            self.skipTest(f'{NEEDS[name]} is not installed')
        page = (SOURCE / 'docs' / f'host-{name}.md').read_text(encoding='utf-8')
        program = re.search(r'^```python\n(.*?)^```$', page, re.DOTALL | re.MULTILINE)[1]
        with tempfile.TemporaryDirectory(prefix='pillion-picture-') as folder:
            path = pathlib.Path(folder) / 'file'
            self.server.sent = [0]
            self.server.is_held = True
            process = subprocess.Popen([sys.executable, '-W', 'ignore', '-c', program, f'{self.server.url}/slow/{SIZE}/{MSEC}', path])
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            end = time.monotonic() + PATIENCE
            while self.server.sent[0] < SIZE / 2:
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), end, 'half of the file was not sent')
                time.sleep(0.01)
            picture = PICTURES / f'{name}.png'
            subprocess.run(['import', '-window', self.display.get_largest_window(), picture], check=True, timeout=PATIENCE)
            self.server.is_held = False
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(path.read_bytes(), content(0, SIZE))
        colours = subprocess.run(['identify', '-format', '%k', picture], check=True, capture_output=True, text=True).stdout
        self.assertGreater(int(colours), 2, 'it shows nothing')
        self.assertIn(f'(host-{name}.png)', page)

    def test_each_page_has_a_program(self):
        self.assertEqual({path.stem.removeprefix('host-') for path in (SOURCE / 'docs').glob('host-*.md')}, set(NEEDS))


for _name in NEEDS:
    setattr(Pictures, 'test_' + _name, lambda self, name=_name: self.check(name))


if __name__ == '__main__':
    tap.main()
