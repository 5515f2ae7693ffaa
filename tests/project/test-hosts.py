#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What docs/hosts.md says of the tests in real hosts."""

import json
import os
import pathlib
import re
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
BUILD = pathlib.Path(os.environ['PILLION_BUILD_DIR'])
WAYS = ('done callback', 'fiber', 'coroutine', 'async function in JavaScript')


def read_table(title):
    """The rows of the table under a heading, as dictionaries."""
    text = (SOURCE / 'docs' / 'hosts.md').read_text(encoding='utf-8')
    section = re.search(rf'^## {title}\n(.*?)^## ', text, re.MULTILINE | re.DOTALL)[1]
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in section.splitlines() if line.startswith('|')]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


class Hosts(unittest.TestCase):
    @unittest.skipUnless(shutil.which('xvfb-run'), 'xvfb-run is not installed')
    @unittest.skipUnless(shutil.which('gjs'), 'gjs is not installed')
    @unittest.skipUnless(shutil.which('blender'), 'Blender is not installed')
    def test_each_dialog_has_its_test(self):
        programs = {test['name']: test['cmd'] for test in json.loads((BUILD / 'meson-info' / 'intro-tests.json').read_text(encoding='utf-8'))}
        table = read_table('Dialogs in callbacks')
        self.assertGreaterEqual(len(table), 10)
        for row in table:
            for way in WAYS:
                if way == WAYS[-1] and row[way] == '':
                    continue
                with self.subTest(host=row['host'], way=way):
                    program, case = re.fullmatch(r'`(\S+)` (\S+)', row[way]).groups()
                    session, _, case = case.rpartition('.')
                    scripts = [pathlib.Path(part) for part in programs[program] if part.startswith(str(SOURCE)) and part.endswith(('.py', '.js'))]
                    self.assertEqual(len(scripts), 1)
                    script = scripts[0].with_name(f'cases_{session}.py') if session else scripts[0]
                    text = script.read_text(encoding='utf-8')
                    self.assertIsNotNone(re.search(rf"^ *def (test|case)_{case}\b|^test\('{case}'", text, re.MULTILINE), case)

    def test_each_host_of_the_adapters_has_them(self):
        adapters = {path.stem for path in (SOURCE / 'python' / 'pillion' / 'hosts').iterdir() if not path.name.startswith('_')}
        programs = ' '.join(row['done callback'] for row in read_table('Dialogs in callbacks'))
        # LibreOffice is no program of every test run
        self.assertEqual({name for name in adapters if name not in programs}, {'libreoffice'})


if __name__ == '__main__':
    tap.main()
