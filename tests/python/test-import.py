#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What an import finds, and what it says where it finds something missing."""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import support
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])


class Found(unittest.TestCase):
    def test_the_override_is_the_tree_s(self):
        run = support.run_script('''
            import sys
            import gi
            gi.require_version('Pillion', '1')
            from gi.repository import Pillion
            print(sys.modules['gi.overrides.Pillion'].__file__)
            ''')
        self.assertEqual(run.stdout.strip(), str(SOURCE / 'gir' / 'python' / 'gi' / 'overrides' / 'Pillion.py'), run.stderr)

    def test_parts_of_other_packages_have_no_init(self):
        """One beside the override would hide PyGObject's own."""
        self.assertEqual(list((SOURCE / 'gir' / 'python').rglob('__init__.py')), [])


if __name__ == '__main__':
    tap.main()
