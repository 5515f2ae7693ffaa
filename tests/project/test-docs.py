#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The reference can be built, without a warning, and nothing public is missing from it."""

import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap

SOURCE = pathlib.Path(girfile.SOURCE)
DOCS = pathlib.Path(girfile.BUILD) / 'docs'
# Pages that the build makes
MADE = {'docs': {'python-reference.md'}, 'docs/http': set()}
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
            cls.call(sys.executable, SOURCE / 'docs/site/build.py', DOCS / config, library.gir, cls.output / f'{library.name}-1',
                     f'--add-include-path={girfile.BUILD}/src', f'--content-dir={SOURCE / folder}', f'--content-dir={DOCS}')
            for library, (config, folder) in REFERENCES.items()]

    @staticmethod
    def call(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def check_builds(self):
        for build in self.builds:
            self.assertEqual(build.returncode, 0, build.stdout)
            self.assertNotRegex(build.stdout, r'(?i)\bwarning\b')

    def test_builds_without_a_warning(self):
        self.check_builds()

    def test_nothing_public_is_undocumented(self):
        for library in REFERENCES:
            check = self.call('gi-docgen', 'check', '--fatal-warnings', f'--config={DOCS / REFERENCES[library][0]}',
                             f'--add-include-path={girfile.BUILD}/src', library.gir)
            self.assertEqual(check.returncode, 0, check.stdout)
            self.assertNotRegex(check.stdout, r'(?i)is not documented')

    def test_every_element_is_documented(self):
        """More than gi-docgen checks: types, properties, signals, members, fields, parameters and results, too."""
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
        # The casts and type macros that G_DECLARE_… and our headers define
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
            settings = tomllib.loads((DOCS / config).read_text(encoding='utf-8'))
            pages = {path.name for path in (SOURCE / folder).glob('*.md')} | MADE[folder]
            self.assertEqual(set(settings['extra']['content_files']), pages)
            grouped = [page for group in settings['guides'].values() for page in group if isinstance(page, str)]
            self.assertEqual(sorted(grouped), sorted(pages))

    def test_every_guide_has_the_list_of_guides_beside_it(self):
        self.check_builds()
        for page in ('index.html', 'overview.html', 'python.html'):
            sidebar = (self.output / 'pillion-1' / page).read_text(encoding='utf-8').partition('<nav class="sidebar')[2]
            sidebar = sidebar.partition('</nav>')[0]
            self.assertLess(sidebar.index('Start here'), sidebar.index('your-program.html'))
            self.assertIn('python-reference.html', sidebar)

    def test_the_index_has_no_empty_rows(self):
        self.check_builds()
        for index in self.output.glob('*/index.html'):
            self.assertNotIn('href=""', index.read_text(encoding='utf-8'))

    def test_the_search_shows_plain_text(self):
        self.check_builds()
        for path in self.output.glob('*/index.json'):
            symbols = json.loads(path.read_text(encoding='utf-8'))['symbols']
            self.assertGreater(len(symbols), 10)
            marked = [symbol for symbol in symbols if re.search(r'[`\]<]|\[|\w@\w|(^|\s)[#*]', symbol['summary'])]
            self.assertEqual(marked, [])

    def test_the_python_reference_has_both_the_package_and_the_library(self):
        self.check_builds()
        text = (self.output / 'pillion-1/python-reference.html').read_text(encoding='utf-8')
        for name in ('ensure_async_loop ()', 'pillion.async_loop', 'call_in_host (', 'Pillion.Task', 'PillionHttp.Client',
                     'create_task ('):
            self.assertIn(name, text)


if __name__ == '__main__':
    tap.main()
