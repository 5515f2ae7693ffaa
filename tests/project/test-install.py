#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""`meson install` gives a tree that programs outside the source find, in each language."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

SOURCE = os.environ['PILLION_SOURCE_DIR']
BUILD = os.environ['PILLION_BUILD_DIR']

C_PROGRAM = '''
#include <pillion/pillion.h>

static void
on_done (PillionTask *task, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

int
main (void)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(PillionTask) task = pillion_loop_sleep (loop, 1000, NULL);
  gboolean called = FALSE;

  pillion_task_add_done_callback (task, on_done, &called, NULL);
  while (pillion_loop_kick (loop))
    g_usleep (500);
  g_print ("%s\\n", PILLION_VERSION_S);
  return called ? 0 : 1;
}
'''

HTTP_PROGRAM = '''
#include <pillion-http/pillion-http.h>

int
main (void)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr(PillionTask) task = pillion_http_client_get_bytes (client, "not a URL", NULL);
  g_autoptr(GError) error = NULL;

  pillion_loop_run_until_complete (loop, task, &error);
  g_print ("%s\\n", PILLION_HTTP_VERSION_S);
  return g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL) ? 0 : 1;
}
'''

PYTHON_PROGRAM = '''
import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.repository import Pillion, PillionHttp
loop = Pillion.Loop.new(None, Pillion.LoopFlags.DEFAULT)
task = loop.sleep(1000, None)
assert loop.run_until_complete(task) and task.is_done()
assert PillionHttp.Client.new(loop).get_loop() == loop
'''

PACKAGE_PROGRAM = '''
import asyncio, sys
sys.path.insert(0, %r)
import pillion
from pillion import async_loop
assert pillion.__file__.startswith(sys.path[0])
assert sys.modules['gi.overrides.Pillion'].__file__.startswith(sys.path[0])
assert pillion.run(asyncio.sleep(0.001, True))
print(pillion.__version__)
'''

GJS_PROGRAM = '''
import Pillion from 'gi://Pillion?version=1';
import PillionHttp from 'gi://PillionHttp?version=1';
const loop = Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT);
let slept = null;
async function work() {
    slept = await loop.sleep(1000, null);
}
work();
while (loop.kick());
if (PillionHttp.Client.new(loop).get_loop() !== loop)
    throw new Error('another loop');
if (slept !== true)
    throw new Error('not awaited');
'''

VALA_PROGRAM = '''
int main () {
    var loop = new Pillion.Loop (null, Pillion.LoopFlags.DEFAULT);
    var task = loop.sleep (1000, null);
    try {
        return loop.run_until_complete (task) && new PillionHttp.Client (loop).loop == loop ? 0 : 1;
    } catch (Error error) {
        return 1;
    }
}
'''


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix='pillion-install-')
        top = pathlib.Path(cls.temporary.name)
        # The tree's own settings must not help here
        cls.env = {name: value for name, value in os.environ.items()
                   if name not in ('LD_LIBRARY_PATH', 'GI_TYPELIB_PATH', 'PKG_CONFIG_PATH', 'PYTHONPATH', 'GJS_PATH')}
        # As a packager does it: below another folder than where it will be
        cls.run_quietly('meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', str(top / 'image'))
        options = {option['name']: option['value'] for option in json.loads(cls.run_quietly('meson', 'introspect', '--buildoptions', BUILD))}
        cls.build_prefix = options['prefix']
        cls.prefix = top / 'image' / cls.build_prefix.lstrip('/')
        cls.libdir = cls.prefix / options['libdir']
        for path in (cls.libdir / 'pkgconfig').iterdir():
            text, n_prefixes = re.subn(f'^prefix={re.escape(cls.build_prefix)}$', f'prefix={cls.prefix}', path.read_text(encoding='utf-8'), flags=re.MULTILINE)
            assert n_prefixes == 1, path
            path.write_text(text, encoding='utf-8')
        cls.env.update(PKG_CONFIG_PATH=str(cls.libdir / 'pkgconfig'),
                       LD_LIBRARY_PATH=str(cls.libdir),
                       GI_TYPELIB_PATH=str(cls.libdir / 'girepository-1.0'),
                       XDG_DATA_DIRS=str(cls.prefix / 'share') + ':/usr/local/share:/usr/share')
        cls.work = top / 'elsewhere'
        cls.work.mkdir()

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def run_quietly(cls, *command, cwd=None):
        run = subprocess.run(command, env=cls.env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False)
        if run.returncode != 0:
            raise AssertionError(f'{" ".join(command)}\n{run.stdout}')
        return run.stdout

    def check_c(self, program, package):
        (self.work / 'program.c').write_text(program, encoding='utf-8')
        self.run_quietly('sh', '-c', '${CC:-cc} -Wall -Werror program.c -o program '
                         f'$(pkg-config --cflags --libs {package})', cwd=self.work)
        output = self.run_quietly('./program', cwd=self.work)
        self.assertEqual(output, self.run_quietly('pkg-config', '--modversion', package))

    def test_c_by_pkg_config(self):
        self.check_c(C_PROGRAM, 'pillion-1')

    def test_http_by_pkg_config(self):
        self.check_c(HTTP_PROGRAM, 'pillion-http-1')

    def test_flags_name_the_tree_alone(self):
        flags = self.run_quietly('pkg-config', '--cflags', '--libs', 'pillion-1')
        self.assertIn(f'-I{self.prefix}/include/pillion-1', flags)
        self.assertNotIn(SOURCE + '/', flags)

    @unittest.skipUnless(shutil.which('valac'), 'valac is not installed')
    def test_vala_by_package(self):
        (self.work / 'program.vala').write_text(VALA_PROGRAM, encoding='utf-8')
        self.run_quietly('valac', '--pkg', 'pillion-http-1', '-X', '-w', '-o', 'vala-program', 'program.vala', cwd=self.work)
        self.run_quietly('./vala-program', cwd=self.work)

    @unittest.skipUnless(shutil.which('gjs'), 'gjs is not installed')
    def test_gjs_by_typelib(self):
        (self.work / 'program.js').write_text(GJS_PROGRAM, encoding='utf-8')
        self.run_quietly('gjs', '-m', 'program.js', cwd=self.work)

    def test_python_by_typelib(self):
        (self.work / 'program.py').write_text(PYTHON_PROGRAM, encoding='utf-8')
        self.run_quietly('/usr/bin/python3', 'program.py', cwd=self.work)

    def test_python_package(self):
        (self.work / 'package.py').write_text(PACKAGE_PROGRAM % str(self.python_folder(self.prefix)), encoding='utf-8')
        said = self.run_quietly('/usr/bin/python3', 'package.py', cwd=self.work)
        self.assertEqual(said, self.run_quietly('pkg-config', '--modversion', 'pillion-1'))

    def python_folder(self, top):
        return next(top.rglob('pillion/async_loop.py')).parent.parent

    def test_python_looks_there(self):
        """Where it is installed with the prefixes that the system's Python knows."""
        folders = self.run_quietly('/usr/bin/python3', '-c', 'import sys; print(*sys.path, sep=chr(10))').splitlines()
        for prefix in ('/usr', '/usr/local'):
            with self.subTest(prefix):
                tree = BUILD
                if prefix != self.build_prefix:
                    tree = str(self.work.parent / prefix.replace('/', '-'))
                    self.run_quietly('meson', 'setup', tree, SOURCE, f'--prefix={prefix}', '-Dtests=false')
                files = json.loads(self.run_quietly('meson', 'introspect', '--installed', tree)).values()
                folder = next(path.removesuffix('/pillion/async_loop.py') for path in files if path.endswith('/async_loop.py'))
                self.assertIn(folder, folders)
                for namespace in ('Pillion', 'PillionHttp'):
                    self.assertIn(f'{folder}/gi/overrides/{namespace}.py', files)
                    self.assertIn(f'{folder}/gi-stubs/repository/{namespace}.pyi', files)

    def test_stubs_for_python(self):
        folder = self.python_folder(self.prefix) / 'gi-stubs'
        self.assertEqual((folder / 'py.typed').read_text(encoding='utf-8'), 'partial\n')
        self.assertIn('class Task(', (folder / 'repository' / 'Pillion.pyi').read_text(encoding='utf-8'))
        self.assertTrue((folder.parent / 'pillion' / 'py.typed').exists())

    @unittest.skipUnless(shutil.which('mypy'), 'mypy is not installed')
    def test_mypy_finds_the_stubs(self):
        # If it didn't, nothing would need the ignore
        (self.work / 'typed.py').write_text('from gi.repository import Pillion\n'
                                            'Pillion.Loop.get_default().sleep("long")  # type: ignore[arg-type]\n', encoding='utf-8')
        self.run_quietly('env', f'PYTHONPATH={self.python_folder(self.prefix)}', 'mypy', '--strict', 'typed.py', cwd=self.work)

    def test_everything_is_there(self):
        paths = ['bin/pillion', 'share/locale/de/LC_MESSAGES/pillion.mo']
        for name, namespace in (('pillion', 'Pillion'), ('pillion-http', 'PillionHttp')):
            paths += [*(self.libdir / path for path in (f'lib{name}-1.so', f'lib{name}-1.so.0', f'pkgconfig/{name}-1.pc',
                                                        f'girepository-1.0/{namespace}-1.typelib')),
                      f'share/gir-1.0/{namespace}-1.gir',
                      f'share/vala/vapi/{name}-1.vapi', f'share/vala/vapi/{name}-1.deps',
                      f'share/gjs-1.0/overrides/{namespace}.js',
                      *(f'include/{name}-1/{name}/{name}{part}.h' for part in ('', '-enums', '-version'))]
        for path in paths:
            with self.subTest(path):
                self.assertTrue((self.prefix / path).exists())

    def test_command_runs(self):
        self.assertIn('fetch', self.run_quietly(str(self.prefix / 'bin' / 'pillion'), '--help'))


if __name__ == '__main__':
    tap.main()
