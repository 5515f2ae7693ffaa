#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the library exports, what its headers and its GIR say, and what the tests call: all three must agree."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap

SOURCE = pathlib.Path(girfile.SOURCE)
LIBRARY = os.path.join(girfile.BUILD, 'src', 'libpillion-1.so')


def strip_c(text):
    """C or Vala without its comments and the contents of its strings."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda m: '""' if m.group()[0] in '"\'' else ' ', text)


def strip_python(text):
    """Python without its comments, and without strings that stand alone (which is what documentation is)."""
    text = re.sub(r'("""|\'\'\').*?\1', '""', text, flags=re.DOTALL)
    return re.sub(r'#[^\n]*', '', text)


def read_all(pattern, strip):
    return '\n'.join(strip(path.read_text(encoding='utf-8')) for path in sorted((SOURCE / 'tests').rglob(pattern)))


class Symbols(unittest.TestCase):
    def setUp(self):
        output = subprocess.run(['nm', '-D', '--defined-only', LIBRARY], check=True, capture_output=True, text=True)
        self.exported = {line.split()[2].split('@')[0]: line.split()[1] for line in output.stdout.splitlines()}
        self.described = girfile.functions()

    def test_only_functions_are_exported(self):
        self.assertEqual([name for name, kind in self.exported.items() if kind != 'T'], [])

    def test_exported_is_what_the_gir_describes(self):
        expected = set(self.described) | girfile.get_type_functions()
        self.assertGreater(len(expected), 100)
        self.assertEqual(sorted(set(self.exported) - expected), [], 'exported, but not in the GIR')
        self.assertEqual(sorted(expected - set(self.exported)), [], 'in the GIR, but not exported')

    def test_headers_declare_what_is_exported(self):
        declared = set()
        # What only the bindings use is in no installed header
        for path in [*sorted((SOURCE / 'include' / 'pillion').glob('*.h*')), SOURCE / 'src' / 'core' / 'pillion-binding.h']:
            text = strip_c(path.read_text(encoding='utf-8'))
            declared |= set(re.findall(r'PILLION_AVAILABLE_IN_\w+\s+[\w\s*]*?\b(pillion_\w+)\s*\(', text))
        self.assertEqual(sorted(declared - set(self.exported)), [], 'declared, but not exported')
        rest = set(self.exported) - declared - girfile.get_type_functions()
        self.assertEqual(sorted(rest), [], 'exported, but not declared for a version')

    def test_every_public_function_is_documented(self):
        bare = [f.symbol for f in self.described.values() if f.element.find(girfile.CORE + 'doc') is None]
        self.assertEqual(bare, [])
        undated = [f.symbol for f in self.described.values() if f.element.get('version') is None]
        self.assertEqual(undated, [], 'functions that do not say since when they are there')


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

    def called_from_others(self, functions):
        """Calls of the form .name (), where the name can be no other function's; constructors and functions are
        called by their full names."""
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
                    call = r'\bPillion\.%s%s\s*\(' % (function.owner + r'\.' if function.owner else '', function.name)
                if re.search(call, text):
                    called.add(function.symbol)
        return called

    def test_every_public_function_is_called(self):
        functions = girfile.functions()
        called = self.called_from_c() | self.called_from_others(functions)
        missing = sorted(set(functions) - called)
        for symbol in missing:
            print('no test calls', symbol)
        self.assertEqual(missing, [])


if __name__ == '__main__':
    tap.main()
