#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The program in Lua: test-lua.py LUA PROGRAM"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import loopback
import tap

COMMAND = [sys.argv.pop(1), sys.argv.pop(1)]


class Lua(unittest.TestCase):
    def run_it(self, *paths):
        """Returns the exit status, and the files that it has left."""
        with tempfile.TemporaryDirectory(prefix='pillion-lua-') as folder, loopback.Server() as url:
            done = subprocess.run([*COMMAND, folder, *(url + path for path in paths)], timeout=60, check=False)
            return done.returncode, {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}

    def test_the_right_bytes(self):
        status, files = self.run_it('/file.bin', '/hello.txt')
        self.assertEqual(status, 0)
        self.assertEqual(sorted(files), ['file.bin', 'hello.txt'])
        self.assertEqual(hashlib.sha256(files['file.bin']).hexdigest(), loopback.FILE_SHA256)

    def test_a_failure_is_told(self):
        status, files = self.run_it('/hello.txt', '/nothing')
        self.assertEqual((status, sorted(files)), (1, ['hello.txt']))

    def test_its_usage(self):
        self.assertEqual(self.run_it(), (2, {}))


if __name__ == '__main__':
    tap.main()
