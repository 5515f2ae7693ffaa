#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The interface is what *.interface lists: functions, types, fields, values of enumerations, properties, signals, with what their
annotations say. So a change of any is made on purpose, and a review sees it.

After such a change: eval "$(./run env)"; tests/project/test-interface.py --write
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys
import unittest

os.environ.setdefault('PILLION_SOURCE_DIR', str(pathlib.Path(__file__).resolve().parents[2]))
os.environ.setdefault('PILLION_BUILD_DIR', os.path.join(os.environ['PILLION_SOURCE_DIR'], '_build'))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap
from girfile import C, CORE, GLIB

HEAD = '''# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# Made by test-interface.py --write
'''


def type_of(element):
    """As C has it, or as the GIR calls it if C has a pointer to anything."""
    for child in element:
        if child.tag == CORE + 'array':
            inner = child.find(CORE + 'type').get('name')
            length = child.get('length')
            return f'{child.get(C + "type") or ""}[{inner}{", length=" + length if length else ""}]'
        if child.tag == CORE + 'type':
            name, inner = child.get(C + 'type') or child.get('name'), child.find(CORE + 'type')
            return name + (f'<{inner.get("name")}>' if inner is not None else '')
        if child.tag == CORE + 'callback':
            return prototype(child)
    return '...'


def annotations(element, *names):
    said = []
    for name in names:
        value = element.get(name)
        if name in ('closure', 'destroy', 'scope'):
            said += [f'{name} {value}'] if value else []
        elif name in ('direction', 'transfer-ownership'):
            said += [value] if value not in (None, 'none', 'in') else []
        else:
            said += [name] if value == '1' else []
    return f' ({", ".join(said)})' if said else ''


def prototype(element):
    parameters = [f'{type_of(one)} {one.get("name")}'
                  + annotations(one, 'direction', 'caller-allocates', 'transfer-ownership', 'nullable', 'optional', 'scope', 'closure', 'destroy')
                  for one in element.iterfind(f'{CORE}parameters/*')]
    result = element.find(CORE + 'return-value')
    text = f'({", ".join(parameters)}) -> {type_of(result)}{annotations(result, "transfer-ownership", "nullable")}'
    return text + (' throws' if element.get('throws') == '1' else '')


def interface(library):
    """One line for each thing that somebody can use."""
    lines = []
    for symbol, function in girfile.functions(library).items():
        name = f'{function.owner}.{function.name}'.lstrip('.')
        seen = 'C only' if not function.introspectable or function.shadowed else f'{library.namespace}.{name}'
        if function.shadows:
            seen = seen[:-len(function.name)] + function.shadows
        if symbol in girfile.for_bindings():
            seen = f'for overrides: {seen}'
        lines.append(f'function {symbol} {prototype(function.element)} [{seen}]')
    for symbol in girfile.get_type_functions(library):
        lines.append(f'type {symbol}')
    for owner in girfile.namespace(library):
        name = owner.get(C + 'type') or owner.get('name')
        if owner.tag == CORE + 'callback':
            lines.append(f'callback {name} {prototype(owner)}')
        for element in owner:
            kind = element.tag.split('}')[1]
            if kind == 'member':
                lines.append(f'value {element.get(C + "identifier")} = {element.get("value")}')
            elif kind == 'field' and owner.tag == CORE + 'record' and element.get('private') != '1':
                lines.append(f'field {name}.{element.get("name")} {type_of(element)}')
            elif kind == 'property':
                access = annotations(element, 'writable', 'construct', 'construct-only', 'transfer-ownership')
                readable = '' if element.get('readable') != '0' else ' (not readable)'
                lines.append(f'property {name}:{element.get("name")} {type_of(element)}{access}{readable}')
            elif kind == 'signal':
                lines.append(f'signal {name}::{element.get("name")} {prototype(element)}')
            elif kind == 'implements':
                lines.append(f'implements {name} {element.get("name")}')
    return sorted(lines)


def kept(library):
    return pathlib.Path(__file__).with_name(f'{library.name}-1.interface')


class Interface(unittest.TestCase):
    maxDiff = None

    def check(self, library):
        expected = [line for line in kept(library).read_text(encoding='utf-8').splitlines() if not line.startswith('#')]
        changed = [line for line in difflib.ndiff(expected, interface(library)) if line[0] in '+-']
        self.assertEqual(changed, [], f'if this is meant, say it in NEWS, and: {sys.argv[0]} --write')

    def test_core(self):
        self.check(girfile.PILLION)

    def test_http(self):
        self.check(girfile.PILLION_HTTP)

    def test_list_has_everything_that_is_exported(self):
        for library in girfile.LIBRARIES:
            said = subprocess.run(['nm', '-D', '--defined-only', library.binary], check=True, capture_output=True, text=True).stdout
            exported = set(re.findall(r' T (pillion_\w+)', said))
            exported = {symbol for symbol in exported if not symbol.startswith('pillion_private_')}
            listed = set(re.findall(r'^(?:function|type) (\w+)', kept(library).read_text(encoding='utf-8'), re.MULTILINE))
            self.assertGreater(len(exported), 30)
            self.assertEqual(exported ^ listed, set())

    def test_libraries_have_a_soname_and_stay_loaded(self):
        for library in girfile.LIBRARIES:
            said = subprocess.run(['readelf', '-dW', library.binary], check=True, capture_output=True, text=True).stdout
            self.assertRegex(said, rf'SONAME.*\[lib{library.name}-1\.so\.0\]')
            self.assertRegex(said, r'FLAGS_1.*NODELETE')


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        for one in girfile.LIBRARIES:
            kept(one).write_text(HEAD + '\n'.join(interface(one)) + '\n', encoding='utf-8')
    else:
        tap.main()
