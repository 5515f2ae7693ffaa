#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The public headers: only through the umbrella, in C and C++, each complete, with a version that compares correctly."""

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
CFLAGS = subprocess.run(['pkg-config', '--cflags', 'pillion-http-1'], check=True, capture_output=True,
                        text=True).stdout.split()


class Library:
    def __init__(self, name, macro):
        self.name = name      # of the folder, of the umbrella and in pkg-config
        self.macro = macro
        self.umbrella = f'#include <{name}/{name}.h>\n'
        self.source = SOURCE / 'include' / name
        folders = (self.source, BUILD / 'include' / name)
        self.parts = sorted(path.name for folder in folders for path in folder.glob('*.h') if path.name != f'{name}.h')


LIBRARIES = (Library('pillion', 'PILLION'), Library('pillion-http', 'PILLION_HTTP'))
PARTS = [(library, name) for library in LIBRARIES for name in library.parts]

STRICT = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wno-unused-function', '-Wundef']


def compile(text, language, *flags):
    """Compiles a source text; returns the compiler's complaints, '' if there are none."""
    compiler = shlex.split(os.environ.get('CC', 'cc') if language == 'c' else os.environ.get('CXX', 'c++'))
    run = subprocess.run([*compiler, '-x', language, '-fsyntax-only', *STRICT, *CFLAGS, *flags, '-'],
                         input=text, capture_output=True, text=True, check=False)
    return run.stderr if run.returncode != 0 else ''


class Headers(unittest.TestCase):
    def test_all_are_there(self):
        for library in LIBRARIES:
            self.assertIn(f'{library.name}-enums.h', library.parts)
            self.assertIn(f'{library.name}-version.h', library.parts)
            umbrella = (library.source / f'{library.name}.h').read_text(encoding='utf-8')
            for name in library.parts:
                self.assertIn(f'#include <{library.name}/{name}>', umbrella)

    def test_core_knows_nothing_of_http(self):
        for path in LIBRARIES[0].source.glob('*.h*'):
            self.assertNotIn('pillion-http', path.read_text(encoding='utf-8'), path)

    def test_direct_inclusion_is_refused(self):
        for library in LIBRARIES:
            complaints = compile(''.join(f'#include <{library.name}/{name}>\n' for name in library.parts), 'c')
            for name in library.parts:
                with self.subTest(name):
                    self.assertRegex(complaints, rf'/{name}:\d+:\d+: error: #error "Only <{library.name}/{library.name}.h> can be included directly."')

    def test_each_is_complete(self):
        """In C; what is only for C++ is in the umbrella."""
        for library, name in PARTS:
            with self.subTest(name):
                self.assertEqual(compile(f'#define {library.macro}_INSIDE\n#include <{library.name}/{name}>\n', 'c'), '')

    def test_umbrella_in_c(self):
        for library in LIBRARIES:
            for standard in ('gnu99', 'gnu11', 'c11', 'gnu17'):
                with self.subTest(f'{library.name} in {standard}'):
                    self.assertEqual(compile(library.umbrella, 'c', '-std=' + standard), '')

    @unittest.skipUnless(shutil.which('c++'), 'a C++ compiler is not installed')
    def test_umbrella_in_cpp(self):
        text = '''
        #include <pillion-http/pillion-http.h>
        static void on_done (PillionTask *, gpointer) {}
        int main ()
        {
          PillionLoop *loop = pillion_loop_new (nullptr, PILLION_LOOP_DEFAULT);
          PillionTask *task = pillion_task_new (loop, "from C++", nullptr);
          pillion_task_add_done_callback (task, on_done, nullptr, nullptr);
          g_autoptr (PillionHost) host = PILLION_HOST (pillion_test_host_new ());
          g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
          return PILLION_IS_HOST (host) && PILLION_HTTP_IS_CLIENT (client) ? 0 : 1;
        }
        '''
        for standard in ('c++11', 'c++17', 'c++20'):
            with self.subTest(standard):
                self.assertEqual(compile(text, 'c++', '-std=' + standard), '')


class Version:
    library = None

    def check(self, *truths):
        """Pairs of an expression and its value, for the compiler and for the preprocessor."""
        lines = [self.library.umbrella]
        for expression, truth in truths:
            lines += [f'_Static_assert (({expression}) == {truth}, "{expression}");',
                      f'#if ({expression}) != {truth}', f'#error "{expression}"', '#endif']
        self.assertEqual(compile('\n'.join(lines) + '\n', 'c'), '')

    def setUp(self):
        run = subprocess.run(['pkg-config', '--modversion', self.library.name + '-1'], check=True, capture_output=True, text=True)
        self.version = run.stdout.strip()
        self.major, self.minor, self.micro = (int(part) for part in self.version.split('.'))

    def test_numbers(self):
        self.check((f'{self.library.macro}_MAJOR_VERSION', self.major),
                   (f'{self.library.macro}_MINOR_VERSION', self.minor),
                   (f'{self.library.macro}_MICRO_VERSION', self.micro))

    def test_text(self):
        text = f'{self.library.umbrella}_Static_assert (sizeof {self.library.macro}_VERSION_S == {len(self.version) + 1}, "");'
        self.assertEqual(compile(text, 'c'), '')

    def test_comparison(self):
        major, minor, micro = self.major, self.minor, self.micro
        self.check(*((self.library.macro + '_CHECK_VERSION (%d, %d, %d)' % triple, truth) for triple, truth in (
            ((major, minor, micro), 1),
            ((major, minor, micro + 1), 0),
            ((major, minor + 1, 0), 0),
            ((major + 1, 0, 0), 0),
            ((major - 1, minor + 5, micro + 5), 1),
            ((major, minor - 1, micro + 5), 1),
            ((major, minor, micro - 1), 1),
            ((major - 1, 0, 0), 1),
        )))

    def test_too_old_a_maximum_warns(self):
        text = f'''
        #define {self.library.macro}_VERSION_MAX_ALLOWED (G_ENCODE_VERSION (0, 9))
        {self.library.umbrella}
        int main (void) {{ return {self.call} != NULL; }}
        '''
        self.assertIn('Not available before 1.0', compile(text, 'c'))
        self.assertEqual(compile(text.replace('G_ENCODE_VERSION (0, 9)', f'{self.library.macro}_VERSION_1_0'), 'c'), '')


class CoreVersion(Version, unittest.TestCase):
    library = LIBRARIES[0]
    call = 'pillion_loop_get_default ()'


class HttpVersion(Version, unittest.TestCase):
    library = LIBRARIES[1]
    call = 'pillion_http_client_new (NULL)'


if __name__ == '__main__':
    tap.main()
