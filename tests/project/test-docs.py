#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The reference can be built, without a warning, and nothing public is missing from it."""

import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap

SOURCE = pathlib.Path(girfile.SOURCE)
CONFIG = pathlib.Path(girfile.BUILD) / 'docs' / 'pillion.toml'


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.targets = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        target = dict(attrs).get('href')
        if tag == 'a' and target:
            self.targets.append(target)


@unittest.skipUnless(shutil.which('gi-docgen'), 'gi-docgen is not installed')
class Docs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix='pillion-docs-')
        cls.output = pathlib.Path(cls.temporary.name)
        cls.build = subprocess.run(
            ['gi-docgen', 'generate', '--fatal-warnings', '--no-namespace-dir', f'--config={CONFIG}',
             f'--output-dir={cls.output}', f'--content-dir={SOURCE / "docs"}', girfile.PATH],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_builds_without_a_warning(self):
        self.assertEqual(self.build.returncode, 0, self.build.stdout)
        self.assertNotRegex(self.build.stdout, r'(?i)\bwarning\b')

    def test_nothing_public_is_undocumented(self):
        check = subprocess.run(['gi-docgen', 'check', '--fatal-warnings', f'--config={CONFIG}', girfile.PATH],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(check.returncode, 0, check.stdout)
        self.assertNotRegex(check.stdout, r'(?i)is not documented')

    def test_every_element_is_documented(self):
        """gi-docgen looks at less: types, properties, signals, members, fields, parameters and results too."""
        kinds = ('class', 'interface', 'record', 'enumeration', 'bitfield', 'callback', 'constant', 'member', 'field',
                 'property', 'constructor', 'method', 'function', 'function-macro', 'parameter', 'return-value')
        bare = []

        def look(element, path):
            kind = element.tag.rpartition('}')[2]
            name = element.get('name') or kind
            here = path + [name]
            private = element.get('readable') == '0' or element.get('private') == '1' or element.get('disguised')
            if kind in ('interface', 'record') and element.get(girfile.GLIB + 'is-gtype-struct-for') is None or \
                    kind not in ('interface', 'record'):
                void = kind == 'return-value' and element.find(girfile.CORE + 'type[@name="none"]') is not None
                if (kind in kinds or element.tag == girfile.GLIB + 'signal') and not private and not void \
                        and element.find(girfile.CORE + 'doc') is None:
                    bare.append('.'.join(here))
            for child in element:
                if child.get('moved-to') is None and kind not in ('field', 'virtual-method'):
                    look(child, here)

        for element in girfile.namespace():
            if element.get(girfile.GLIB + 'is-gtype-struct-for') is None and not element.get('disguised'):
                look(element, [])
        # The casts and type macros that G_DECLARE_… and our headers make
        bare = [name for name in bare if not re.match(r'^(IS_|TYPE_)?[A-Z_]+(\.|$)', name)]
        self.assertEqual(bare, [])

    def test_links_lead_somewhere(self):
        self.assertEqual(self.build.returncode, 0, self.build.stdout)
        pages = sorted(self.output.rglob('*.html'))
        self.assertGreater(len(pages), 100)
        broken = set()
        for page in pages:
            for target in Links(page.read_text(encoding='utf-8')).targets:
                if re.match(r'[a-z]+:|#', target):
                    continue
                if not (page.parent / target.partition('#')[0]).exists():
                    broken.add(f'{page.name}: {target}')
        self.assertEqual(sorted(broken), [])

    def test_every_page_is_in_the_table(self):
        listed = set(re.findall(r'"([\w-]+\.md)"', CONFIG.read_text(encoding='utf-8')))
        self.assertEqual(listed, {path.name for path in (SOURCE / 'docs').glob('*.md')})


if __name__ == '__main__':
    tap.main()
