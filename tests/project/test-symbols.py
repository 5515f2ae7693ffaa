#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What each library exports, what its headers and its GIR declare, and what the tests call: all must agree."""

import os
import pathlib
import re
import subprocess
import sys
import tomllib
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap

SOURCE = pathlib.Path(girfile.SOURCE)


def strip_c(text):
    """C or Vala without its comments and the contents of its strings."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda m: '""' if m.group()[0] in '"\'' else ' ', text)


def strip_python(text):
    """Python without its comments and standalone strings (documentation)."""
    text = re.sub(r'("""|\'\'\').*?\1', '""', text, flags=re.DOTALL)
    return re.sub(r'#[^\n]*', '', text)


def read_all(pattern, strip):
    return '\n'.join(strip(path.read_text(encoding='utf-8')) for path in sorted((SOURCE / 'tests').rglob(pattern)))


def exported_by(library):
    """By name: nm's letter, and the version of the symbol."""
    output = subprocess.run(['nm', '-D', '--defined-only', library.binary], check=True, capture_output=True, text=True).stdout
    exported = {}
    for line in output.splitlines():
        _, kind, symbol = line.split()
        name, _, version = symbol.partition('@@')
        if kind != 'A':  # which stands for a version itself
            exported[name] = (kind, version)
    return exported


class Symbols:
    library = None

    def setUp(self):
        self.exported = {name for name in exported_by(self.library) if not name.startswith('pillion_private_')}
        self.described = girfile.functions(self.library)

    def test_only_functions_are_exported(self):
        self.assertEqual([name for name, (kind, _) in exported_by(self.library).items() if kind != 'T'], [])

    def test_each_has_the_version_of_its_library(self):
        versions = {version for name, (_, version) in exported_by(self.library).items() if not name.startswith('pillion_private_')}
        self.assertEqual(versions, {'LIB' + self.library.macro + '_1'})

    def test_exported_is_what_the_gir_describes(self):
        expected = set(self.described) | girfile.get_type_functions(self.library)
        self.assertGreater(len(expected), 30)
        self.assertEqual(sorted(self.exported - expected), [], 'exported, but not in the GIR')
        self.assertEqual(sorted(expected - self.exported), [], 'in the GIR, but not exported')

    def test_headers_declare_what_is_exported(self):
        declared = set()
        paths = sorted((SOURCE / 'include' / self.library.name).glob('*.h*'))
        if self.library == girfile.PILLION:
            # What only bindings use is in no installed header
            paths.append(SOURCE / 'src' / 'core' / 'pillion-binding.h')
        for path in paths:
            text = strip_c(path.read_text(encoding='utf-8'))
            declared |= set(re.findall(self.library.macro + r'_AVAILABLE_IN_\w+\s+[\w\s*]*?\b(pillion_\w+)\s*\(', text))
        self.assertEqual(sorted(declared - self.exported), [], 'declared, but not exported')
        rest = self.exported - declared - girfile.get_type_functions(self.library)
        self.assertEqual(sorted(rest), [], 'exported, but not declared for a version')

    def test_every_public_function_is_documented(self):
        bare = [f.symbol for f in self.described.values() if f.element.find(girfile.CORE + 'doc') is None]
        self.assertEqual(bare, [])
        undated = [f.symbol for f in self.described.values() if f.element.get('version') is None]
        self.assertEqual(undated, [], 'functions that do not say since when they are there')


class Core(Symbols, unittest.TestCase):
    library = girfile.PILLION

    def test_needs_neither_libsoup_nor_json_glib(self):
        said = subprocess.run(['ldd', self.library.binary], check=True, capture_output=True, text=True).stdout
        self.assertIn('libgio-2.0', said)
        self.assertNotRegex(said, 'soup|json')

    def test_private_symbols_carry_the_whole_version(self):
        """Otherwise a library of another version would find them, and crash."""
        private = {name: version for name, (_, version) in exported_by(self.library).items() if name.startswith('pillion_private_')}
        declared = re.findall(r'\bpillion_private_\w+', strip_c((SOURCE / 'src/core/pillion-private.h').read_text(encoding='utf-8')))
        self.assertEqual(sorted(private), sorted(declared))
        version = subprocess.run(['pkg-config', '--modversion', 'pillion-1'], check=True, capture_output=True, text=True).stdout
        self.assertEqual(set(private.values()), {'PILLION_PRIVATE_' + version.strip()})

    def test_private_symbols_are_in_no_public_header(self):
        for path in sorted((SOURCE / 'include').rglob('*.h*')):
            self.assertNotIn('pillion_private', path.read_text(encoding='utf-8'), path)

    def test_what_only_overrides_use_is_not_for_programs(self):
        """It is in the GIR, but in no installed header, and not in the reference; test-vapi.py looks for it in the vapi."""
        symbols = girfile.for_bindings()
        self.assertGreater(len(symbols), 5)
        self.assertEqual(symbols - self.exported, set())
        for path in sorted((SOURCE / 'include').rglob('*.h*')):
            self.assertEqual(symbols & set(re.findall(r'\w+', path.read_text(encoding='utf-8'))), set(), path)
        config = tomllib.loads((SOURCE / 'docs/pillion.toml.in').read_text(encoding='utf-8'))
        hidden = set()
        for function in self.described.values():
            for entry in config['object']:
                entries = [entry] if not function.owner else entry.get('method', []) if entry.get('name') == function.owner else []
                if any(one.get('hidden') and re.match(one['pattern'], function.name) for one in entries if 'pattern' in one):
                    hidden.add(function.symbol)
        self.assertEqual(hidden, symbols)
        # Which is what docs/site/python-reference.py leaves out
        for symbol in symbols:
            text = self.described[symbol].element.find(girfile.CORE + 'doc').text
            self.assertRegex(text, '^For (language bindings|the Python override)', symbol)


class Http(Symbols, unittest.TestCase):
    library = girfile.PILLION_HTTP


class Coverage(unittest.TestCase):
    """Every public function is called by a test, in C or in another language."""

    def called_from_c(self):
        text = read_all('*.c', strip_c)
        called = set(re.findall(r'\bpillion_\w+', text))
        # What stands behind macros
        if 'pillion_task_new' in called:
            called.remove('pillion_task_new')
            called.add('pillion_task_new_static')
        called |= {'pillion_%s_free' % name.lower() for name in re.findall(r'g_autoptr\s*\(Pillion(Kick)\)', text)}
        return called

    def called_from_others(self, library, functions):
        """Calls of the form .name (), if no other function has that name; constructors and functions are called by
        their full names."""
        count = {}
        for function in functions.values():
            count[function.name] = count.get(function.name, 0) + 1

        called = set()
        for pattern, strip in (('*.py', strip_python), ('*.js', strip_c), ('*.vala', strip_c)):
            text = read_all(pattern, strip)
            for function in functions.values():
                if function.kind == 'method':
                    if count[function.name] > 1:
                        continue
                    call = r'\.%s\s*\(' % function.name
                else:
                    call = r'\b%s\.%s%s\s*\(' % (library.namespace, function.owner + r'\.' if function.owner else '', function.name)
                if re.search(call, text):
                    called.add(function.symbol)
        return called

    def test_every_public_function_is_called(self):
        from_c = self.called_from_c()
        missing = []
        for library in girfile.LIBRARIES:
            functions = girfile.functions(library)
            missing += sorted(set(functions) - from_c - self.called_from_others(library, functions))
        for symbol in missing:
            print('no test calls', symbol)
        self.assertEqual(missing, [])


if __name__ == '__main__':
    tap.main()
