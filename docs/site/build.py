#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs gi-docgen with a theme made from its own: the guides are grouped in the side column.

    build.py CONFIG.toml GIR OUTPUT [ARGUMENT...]

The further arguments are gi-docgen's. The groups are those of the table `guides` in the
configuration: each has names of pages, or tables with a title and an href. What the index
for the search says about each page is turned into plain text.
"""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import gidocgen

TEMPLATES = pathlib.Path(gidocgen.__file__).parent / 'templates' / 'basic'

STYLE = '''
/* Code is wrapped rather than cut off */
pre, pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
.guides .docblock { columns: 20em; }
.guides .docblock > div { break-inside: avoid; padding-bottom: 0.5em; }
.content img { max-width: 100%; }
'''


def find(folders, name):
    return next(folder / name for folder in folders if (folder / name).exists())


def title(page):
    return re.match(r'Title: (.*)', page.read_text(encoding='utf-8')).group(1)


def guide_groups(config, folders):
    """Pairs of a heading and the names and titles of its pages."""
    for heading, pages in config.get('guides', {}).items():
        yield heading, [(page['href'], page['title']) if isinstance(page, dict)
                        else (page.replace('.md', '.html'), title(find(folders, page))) for page in pages]


def make_theme(theme, groups):
    """Copies gi-docgen's theme and changes what its settings don't reach."""
    shutil.copytree(TEMPLATES, theme)
    with (theme / 'style.css').open('a', encoding='utf-8') as style:
        style.write(STYLE)

    def links(pages):
        return '\n'.join(f'<a href="{href}">{html.escape(name)}</a>' for href, name in pages)

    sidebar = ''.join(f'<div class="section"><h5>{heading}</h5><div class="links">{links(pages)}</div></div>\n'
                      for heading, pages in groups)
    index = ''.join(f'<div><h5>{heading}</h5><ul>'
                    + ''.join(f'<li><a href="{href}">{html.escape(name)}</a></li>' for href, name in pages)
                    + '</ul></div>\n' for heading, pages in groups)
    index = f'<section class="guides"><h4 id="guides">Guides</h4><div class="docblock">\n{index}</div></section>\n'

    content = theme / 'content.html'
    content.rename(theme / 'content-basic.html')
    content.write_text('{% extends "content-basic.html" %}\n{% block sidebar %}\n' + sidebar + '{% endblock %}\n',
                       encoding='utf-8')

    namespace = theme / 'namespace.html'
    text = namespace.read_text(encoding='utf-8')
    # Rows for addresses that this project does not have
    text = re.sub(r'.*<td><em>(Website|Source)</em></td>.*\n', '', text)
    # Drop the flat list of pages: the groups, which come first, replace it
    text = re.sub(r'  {% if content_files\|length > 0 %}.*?{% endif %}\n', '', text, count=1, flags=re.DOTALL)
    text = text.replace('</header>\n', '</header>\n' + index, 1)
    text = text.replace('{% block sidebar %}\n', '{% block sidebar %}\n' + sidebar, 1)
    namespace.write_text(text, encoding='utf-8')


def plain(text):
    """Markdown as plain text, for a page that inserts it as HTML."""
    text = re.sub(r'\[\w+@[\w.]*?(\w+(?:[.:]+[\w-]+)*)\]', lambda match: match.group(1), text)
    text = re.sub(r'\[([^\]]*)\](\([^)]*\)?)?', r'\1', text)
    text = re.sub(r'(^|\s)#+\s+', r'\1', text)
    text = re.sub(r'[`*]|(?<!\w)[%@#](?=\w)', '', text)
    return html.escape(' '.join(text.split()), quote=False)


def lead(page):
    """The first paragraph of a page that is prose."""
    text = page.read_text(encoding='utf-8').partition('\n# ')[2].partition('\n')[2]
    paragraphs = [paragraph for paragraph in re.sub(r'```.*?```', '', text, flags=re.DOTALL).split('\n\n')
                  if re.match(r'\s*[\w*\[]', paragraph)]
    return paragraphs[0] if paragraphs else ''


def clean_search(output, folders):
    path = output / 'index.json'
    index = json.loads(path.read_text(encoding='utf-8'))
    for symbol in index['symbols']:
        if symbol['type'] == 'content':
            symbol['summary'] = lead(find(folders, symbol['href'].replace('.html', '.md')))
        symbol['summary'] = plain(symbol['summary'])
    path.write_text(json.dumps(index), encoding='utf-8')


def main():
    config_path, gir, output = map(pathlib.Path, sys.argv[1:4])
    config = tomllib.loads(config_path.read_text(encoding='utf-8'))
    folders = [pathlib.Path(argument.partition('=')[2]) for argument in sys.argv[4:] if argument.startswith('--content-dir=')]
    with tempfile.TemporaryDirectory(prefix='pillion-theme-') as templates:
        make_theme(pathlib.Path(templates) / 'basic', list(guide_groups(config, folders)))
        status = subprocess.run(
            ['gi-docgen', 'generate', '--fatal-warnings', '--no-namespace-dir', f'--config={config_path}',
             f'--templates-dir={templates}', f'--output-dir={output}', *sys.argv[4:], gir], check=False).returncode
    if status != 0:
        sys.exit(status)
    clean_search(output, folders)


if __name__ == '__main__':
    main()
