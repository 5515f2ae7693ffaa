#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""docs/http/beside.md compares Pillion with other clients: each test that it names for a yes exists"""

import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
PAGE = (SOURCE / 'docs' / 'http' / 'beside.md').read_text(encoding='utf-8')
HEAD = ['', 'Pillion', 'requests', 'httpx', 'aiohttp', 'libcurl', 'libsoup', 'test']


def rows():
    for line in PAGE.splitlines():
        if line.startswith('|') and not line.startswith('|---'):
            yield [cell.strip() for cell in line.strip('|').split('|')]


class Beside(unittest.TestCase):
    def test_each_yes_names_a_test_that_exists(self):
        known = set()
        for path in (SOURCE / 'tests').rglob('*.c'):
            known.update(re.findall(r'"(/[a-z0-9/-]+)"', path.read_text(encoding='utf-8')))
        for what, ours, *_, tests in rows():
            names = re.findall('`([^`]+)`', tests)
            with self.subTest(what):
                if ours == 'yes':
                    self.assertTrue(names, 'a yes without a test')
                for name in names:
                    self.assertIn(name, known)

    def test_every_row_is_whole(self):
        found = list(rows())
        self.assertGreater(len(found), 30)
        for row in found:
            with self.subTest(row[0]):
                self.assertEqual(len(row), len(HEAD))
                if row[0] == '':
                    self.assertEqual(row, HEAD)
                else:
                    self.assertIn(row[1], ('yes', 'no'))
                    self.assertTrue(all(row[1:-1]))

    def test_nothing_is_said_twice(self):
        said = [row[0] for row in rows() if row[0]]
        self.assertEqual(len(said), len(set(said)))


if __name__ == '__main__':
    tap.main()
