#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The public headers: by the umbrella only, in C and in C++, each complete, with a version that compares right."""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
BUILD = pathlib.Path(os.environ['PILLION_BUILD_DIR'])
CFLAGS = subprocess.run(['pkg-config', '--cflags', 'pillion-1'], check=True, capture_output=True,
                        text=True).stdout.split()

HEADERS = sorted([path.name for path in (SOURCE / 'include' / 'pillion').glob('*.h')]
                 + [path.name for path in (BUILD / 'include' / 'pillion').glob('*.h')])
PARTS = [name for name in HEADERS if name != 'pillion.h']

STRICT = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wno-unused-function', '-Wundef']


def compile(text, language, *flags):
    """Checks a source text; returns what the compiler complained of, '' where all is well."""
    compiler = shlex.split(os.environ.get('CC', 'cc') if language == 'c' else os.environ.get('CXX', 'c++'))
    run = subprocess.run([*compiler, '-x', language, '-fsyntax-only', *STRICT, *CFLAGS, *flags, '-'],
                         input=text, capture_output=True, text=True, check=False)
    return run.stderr if run.returncode != 0 else ''


class Headers(unittest.TestCase):
    def test_all_are_there(self):
        self.assertIn('pillion-enums.h', HEADERS)
        self.assertIn('pillion-version.h', HEADERS)
        umbrella = (SOURCE / 'include' / 'pillion' / 'pillion.h').read_text(encoding='utf-8')
        for name in PARTS:
            self.assertIn(f'#include <pillion/{name}>', umbrella)

    def test_direct_inclusion_is_refused(self):
        for name in PARTS:
            with self.subTest(name):
                complaint = compile(f'#include <pillion/{name}>\n', 'c')
                self.assertIn('Only <pillion/pillion.h> can be included directly.', complaint)

    def test_each_is_complete(self):
        for name in PARTS:
            for language in ('c', 'c++'):
                with self.subTest(f'{name} in {language}'):
                    if language == 'c++' and not shutil.which('c++'):
                        self.skipTest('a C++ compiler is not installed')
                    self.assertEqual(compile(f'#define PILLION_INSIDE\n#include <pillion/{name}>\n', language), '')

    def test_umbrella_in_c(self):
        for standard in ('gnu99', 'gnu11', 'c11', 'gnu17'):
            with self.subTest(standard):
                self.assertEqual(compile('#include <pillion/pillion.h>\n', 'c', '-std=' + standard), '')

    @unittest.skipUnless(shutil.which('c++'), 'a C++ compiler is not installed')
    def test_umbrella_in_cpp(self):
        text = '''
        #include <pillion/pillion.h>
        static void on_done (PillionTask *, gpointer) {}
        int main ()
        {
          PillionLoop *loop = pillion_loop_new (nullptr, PILLION_LOOP_DEFAULT);
          PillionTask *task = pillion_task_new (loop, "from C++", nullptr);
          pillion_task_add_done_callback (task, on_done, nullptr, nullptr);
          g_autoptr (PillionHost) host = PILLION_HOST (pillion_test_host_new ());
          return PILLION_IS_HOST (host) ? 0 : 1;
        }
        '''
        for standard in ('c++11', 'c++17', 'c++20'):
            with self.subTest(standard):
                self.assertEqual(compile(text, 'c++', '-std=' + standard), '')


class Version(unittest.TestCase):
    def check(self, expression, truth):
        test = f'_Static_assert (({expression}) == {truth}, "{expression}");'
        preprocessed = f'#if ({expression}) != {truth}\n#error "{expression}"\n#endif'
        self.assertEqual(compile(f'#include <pillion/pillion.h>\n{test}\n{preprocessed}\n', 'c'), '')

    def setUp(self):
        run = subprocess.run(['pkg-config', '--modversion', 'pillion-1'], check=True, capture_output=True, text=True)
        self.version = run.stdout.strip()
        self.major, self.minor, self.micro = (int(part) for part in self.version.split('.'))

    def test_numbers(self):
        self.check('PILLION_MAJOR_VERSION', self.major)
        self.check('PILLION_MINOR_VERSION', self.minor)
        self.check('PILLION_MICRO_VERSION', self.micro)

    def test_text(self):
        text = f'#include <pillion/pillion.h>\n_Static_assert (sizeof PILLION_VERSION_S == {len(self.version) + 1}, "");'
        self.assertEqual(compile(text, 'c'), '')

    def test_comparison(self):
        major, minor, micro = self.major, self.minor, self.micro
        for triple, truth in (
                ((major, minor, micro), 1),
                ((major, minor, micro + 1), 0),
                ((major, minor + 1, 0), 0),
                ((major + 1, 0, 0), 0),
                ((major - 1, minor + 5, micro + 5), 1),
                ((major, minor - 1, micro + 5), 1),
                ((major, minor, micro - 1), 1),
                ((major - 1, 0, 0), 1),
        ):
            with self.subTest(triple):
                self.check('PILLION_CHECK_VERSION (%d, %d, %d)' % triple, truth)

    def test_too_old_a_maximum_warns(self):
        text = '''
        #define PILLION_VERSION_MAX_ALLOWED (G_ENCODE_VERSION (0, 9))
        #include <pillion/pillion.h>
        int main (void) { return pillion_loop_get_default () != NULL; }
        '''
        self.assertIn('Not available before 1.0', compile(text, 'c'))
        self.assertEqual(compile(text.replace('G_ENCODE_VERSION (0, 9)', 'PILLION_VERSION_1_0'), 'c'), '')


if __name__ == '__main__':
    tap.main()
