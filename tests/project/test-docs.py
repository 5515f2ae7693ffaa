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
# By the library: the configuration, and the folder of the pages
REFERENCES = {
    girfile.PILLION: ('pillion.toml', 'docs'),
    girfile.PILLION_HTTP: ('pillion-http.toml', 'docs/http'),
}


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
        temporary = tempfile.TemporaryDirectory(prefix='pillion-docs-')
        cls.addClassCleanup(temporary.cleanup)
        # Side by side, as they are installed, because they link to each other
        cls.output = pathlib.Path(temporary.name)
        cls.builds = [
            cls.docgen(library, 'generate', '--no-namespace-dir', f'--output-dir={cls.output / library.name}-1',
                       f'--content-dir={SOURCE / folder}')
            for library, (_, folder) in REFERENCES.items()]

    @staticmethod
    def docgen(library, command, *options):
        config = pathlib.Path(girfile.BUILD) / 'docs' / REFERENCES[library][0]
        return subprocess.run(
            ['gi-docgen', command, '--fatal-warnings', f'--config={config}', f'--add-include-path={girfile.BUILD}/src', *options,
             library.gir],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def check_builds(self):
        for build in self.builds:
            self.assertEqual(build.returncode, 0, build.stdout)
            self.assertNotRegex(build.stdout, r'(?i)\bwarning\b')

    def test_builds_without_a_warning(self):
        self.check_builds()

    def test_nothing_public_is_undocumented(self):
        for library in REFERENCES:
            check = self.docgen(library, 'check')
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

        for library in REFERENCES:
            for element in girfile.namespace(library):
                if element.get(girfile.GLIB + 'is-gtype-struct-for') is None and not element.get('disguised'):
                    look(element, [library.namespace])
        # The casts and type macros that G_DECLARE_… and our headers make
        bare = [name for name in bare if not re.match(r'^\w+\.(IS_|TYPE_)?[A-Z_]+(\.|$)', name)]
        self.assertEqual(bare, [])

    def test_links_lead_somewhere(self):
        self.check_builds()
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
        for config, folder in REFERENCES.values():
            text = (pathlib.Path(girfile.BUILD) / 'docs' / config).read_text(encoding='utf-8')
            self.assertEqual(set(re.findall(r'"([\w-]+\.md)"', text)), {path.name for path in (SOURCE / folder).glob('*.md')})


if __name__ == '__main__':
    tap.main()
