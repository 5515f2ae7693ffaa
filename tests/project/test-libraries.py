#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What each library brings into a process, and that a library that conflicts with it causes an error in a real process, not a crash."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import loopback
import tap

NO_SOUP_2 = subprocess.run(['/usr/bin/python3', '-c', 'import gi; gi.require_version("Soup", "2.4")'], capture_output=True,
                           check=False).returncode != 0

PRELUDE = '''
import ctypes, os, sys, time
import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')

def outcome(task):
    """Of a task in the default loop: its result, or its error"""
    while task.get_loop().kick():
        time.sleep(0.001)
    try:
        return task.result()
    except Exception as error:
        return error
'''

C_PROGRAM = r'''
#include <pillion-http/pillion-http.h>

extern void *soup_uri_new (const char *uri);

int
main (int argc, char **argv)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (client, argv[1], NULL);
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (loop, 1000, NULL);
  g_autoptr (GError) error = NULL;

  /* Otherwise the linker would leave libsoup 2 out */
  g_assert_null (soup_uri_new ("not a URL"));
  g_assert_true (pillion_loop_run_until_complete (loop, sleep, NULL));
  pillion_loop_run_until_complete (loop, task, &error);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNAVAILABLE);
  g_print ("%s\n", error->message);
  return 0;
}
'''


class Case(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-libraries-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_python(self, text, *arguments, **env):
        return subprocess.run(['/usr/bin/python3', '-c', PRELUDE + textwrap.dedent(text), *arguments], capture_output=True, text=True,
                              timeout=60, check=False, env=dict(os.environ, **env))

    def check(self, text, *arguments, **env):
        run = self.run_python(text, *arguments, **env)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout.splitlines()

    def changed(self, library, before, after):
        """A folder with the libraries, in one of which these bytes were replaced."""
        for each in girfile.LIBRARIES:
            shutil.copy(each.binary, self.folder / f'lib{each.name}-1.so.0')
        path = self.folder / f'lib{library.name}-1.so.0'
        content = path.read_bytes()
        self.assertEqual(len(before), len(after))
        self.assertIn(before, content)
        path.write_bytes(content.replace(before, after))
        return str(self.folder)


class Libsoup(Case):
    def test_core_brings_neither_libsoup_nor_json_glib(self):
        said = '\n'.join(self.check('''
            from gi.repository import Pillion
            loop = Pillion.Loop.get_default()
            assert loop.run_until_complete(loop.sleep(1000))
            print(open('/proc/self/maps').read())
            '''))
        self.assertIn('libpillion-1.so', said)
        self.assertNotRegex(said, 'soup|json-glib|pillion-http')

    def test_comes_with_the_first_transfer(self):
        with loopback.Server() as url:
            said = self.check('''
                from gi.repository import Pillion, PillionHttp
                client = PillionHttp.Client()
                print('libsoup' in open('/proc/self/maps').read())
                print(outcome(client.get_bytes(sys.argv[1])))
                print('libsoup-3.0' in open('/proc/self/maps').read())
                ''', url + '/hello.txt')
        self.assertEqual(said, ['False', "b'Hello from loopback\\n'", 'True'])

    def test_loading_does_not_stop_against_a_thread_that_looks_up_symbols(self):
        """libsoup takes GModule's lock inside the loader's, and PyGObject takes them the other way round, over and over."""
        with loopback.Server() as url:
            said = self.check('''
                import threading
                from gi.repository import Pillion, PillionHttp
                gmodule = ctypes.CDLL('libgmodule-2.0.so.0')
                gmodule.g_module_open.restype = ctypes.c_void_p
                module = ctypes.c_void_p(gmodule.g_module_open(None, 0))
                over = False

                def look_up():
                    address = ctypes.c_void_p()
                    while not over:
                        gmodule.g_module_symbol(module, b'malloc', ctypes.byref(address))

                threads = [threading.Thread(target=look_up, daemon=True) for _ in range(4)]
                for thread in threads:
                    thread.start()
                print(outcome(PillionHttp.Client().get_bytes(sys.argv[1])))
                over = True
                for thread in threads:
                    thread.join()
                ''', url + '/hello.txt')
        self.assertEqual(said, ["b'Hello from loopback\\n'"])

    @unittest.skipIf(NO_SOUP_2, 'libsoup 2 is not installed')
    def test_2_and_the_core_go_together(self):
        said = self.check('''
            gi.require_version('Soup', '2.4')
            from gi.repository import Pillion, Soup
            session = Soup.Session()
            print(outcome(Pillion.Loop.get_default().sleep(1000)))
            ''')
        self.assertEqual(said, ['True'])

    @unittest.skipIf(NO_SOUP_2, 'libsoup 2 is not installed')
    def test_2_makes_every_transfer_an_error(self):
        for way in ("gi.require_version('Soup', '2.4'); from gi.repository import Soup; session = Soup.Session()",
                    "library = ctypes.CDLL('libsoup-2.4.so.1', ctypes.RTLD_LOCAL)"):
            with self.subTest(way):
                said = self.check(way + textwrap.dedent('''
                    from gi.repository import GLib, Pillion, PillionHttp
                    client = PillionHttp.Client()
                    for start in (client.get_bytes, client.get_json, lambda url: client.download(url, sys.argv[1])):
                        error = outcome(start('http://127.0.0.1:1/'))
                        print(error.matches(PillionHttp.error_quark(), PillionHttp.Error.UNAVAILABLE), error.message)
                    print(client.get_loop().close(GLib.TIME_SPAN_MINUTE), os.listdir(os.path.dirname(sys.argv[1])))
                    '''), str(self.folder / 'file'))
                self.assertEqual(len(said), 4)
                for line in said[:3]:
                    self.assertRegex(line, 'True http://127.0.0.1:1/: .*libsoup 2')
                self.assertEqual(said[3], 'True []')

    @unittest.skipIf(NO_SOUP_2, 'libsoup 2 is not installed')
    def test_a_program_that_is_linked_with_2_starts(self):
        (self.folder / 'program.c').write_text(C_PROGRAM, encoding='utf-8')
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'pillion-http-1'], check=True, capture_output=True, text=True)
        compiler = os.environ.get('CC', 'cc').split()
        subprocess.run([*compiler, 'program.c', '-o', 'program', *flags.stdout.split(), '-l:libsoup-2.4.so.1'], cwd=self.folder,
                       check=True)
        run = subprocess.run(['./program', 'http://127.0.0.1:1/'], cwd=self.folder, capture_output=True, text=True, timeout=60,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn('libsoup 2', run.stdout)

    def test_without_3_every_transfer_is_an_error(self):
        folder = self.changed(girfile.PILLION_HTTP, b'libsoup-3.0.so.0', b'libsoup-3.9.so.0')
        said = self.check('''
            from gi.repository import Pillion, PillionHttp
            error = outcome(PillionHttp.Client().get_bytes('http://127.0.0.1:1/'))
            print(error.matches(PillionHttp.error_quark(), PillionHttp.Error.UNAVAILABLE), error.message)
            ''', LD_LIBRARY_PATH=folder)
        self.assertRegex(said[0], 'True .*libsoup-3.9.so.0')


class Versions(Case):
    """A libpillion-1 of another version than the libpillion-http-1 that is used with it."""

    def setUp(self):
        super().setUp()
        version = subprocess.run(['pkg-config', '--modversion', 'pillion-1'], check=True, capture_output=True, text=True).stdout.strip()
        self.wanted = f'PILLION_PRIVATE_{version}'
        other = re.sub(r'\d$', lambda digit: str((int(digit[0]) + 1) % 10), self.wanted)
        self.env = {'LD_LIBRARY_PATH': self.changed(girfile.PILLION, self.wanted.encode(), other.encode())}

    def test_core_alone_works(self):
        self.check('from gi.repository import Pillion; Pillion.Loop.get_default()', **self.env)

    def test_loading_is_refused(self):
        said = self.check('''
            try:
                ctypes.CDLL('libpillion-http-1.so.0')
            except OSError as error:
                print(error)
            ''', **self.env)
        self.assertIn(f"version `{self.wanted}' not found (required by", said[0])

    def test_import_is_refused(self):
        run = self.run_python('from gi.repository import PillionHttp', **self.env)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(f"version `{self.wanted}' not found", run.stderr)
        self.assertIn('ImportError: libpillion-http-1.so.0 cannot be used. It must come from the same version of Pillion', run.stderr)

    def test_a_program_does_not_start(self):
        # The build tree's own programs know where its libraries are: LD_PRELOAD comes before that
        run = subprocess.run([os.path.join(girfile.BUILD, 'tests', 'http', 'test-http-error')], capture_output=True, text=True,
                             check=False, env=dict(os.environ, LD_PRELOAD=str(self.folder / 'libpillion-1.so.0')))
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(f"version `{self.wanted}' not found", run.stderr)


if __name__ == '__main__':
    tap.main()
