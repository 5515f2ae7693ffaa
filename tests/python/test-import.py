#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What an import finds, and what it says if something is missing: each time in an environment that really is broken, except
for versions, because there is only one."""

import ast
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import support
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
BUILD = pathlib.Path(os.environ['PILLION_BUILD_DIR'])
PACKAGE = str(SOURCE / 'python')
OVERRIDES = str(BUILD / 'python')  # from where PyGObject finds them

# Prints the message of the import, and its cause
IMPORT = '''
import sys
try:
    import pillion
except ImportError as error:
    print(error)
    print(type(error.__cause__).__name__)
else:
    print('imported')
'''


def project_version():
    return re.search(r"^  version: '(.*)'", (SOURCE / 'meson.build').read_text(encoding='utf-8'), re.MULTILINE).group(1)


class Found(unittest.TestCase):
    def test_the_override_is_the_tree_s(self):
        run = support.run_script('''
            import sys
            import gi
            gi.require_version('Pillion', '1')
            from gi.repository import Pillion
            print(sys.modules['gi.overrides.Pillion'].__file__)
            ''')
        self.assertEqual(run.stdout.strip(), str(SOURCE / 'gir' / 'python' / 'gi' / 'overrides' / 'Pillion.py'), run.stderr)

    def test_dir_shows_the_interface_and_no_imports(self):
        import pillion
        self.assertEqual(dir(pillion), sorted([*pillion.__all__, 'async_loop', 'hosts', 'testing']))

    def test_parts_of_other_packages_have_no_init(self):
        """One beside the override would hide PyGObject's own."""
        self.assertEqual(list((SOURCE / 'gir' / 'python').rglob('__init__.py')), [])

    def test_all_are_of_one_version(self):
        version = project_version()
        self.assertEqual(support.pillion.__version__, version)
        self.assertEqual(sys.modules['gi.overrides.Pillion'].__version__, version)
        Pillion = support.Pillion
        self.assertEqual(f'{Pillion.get_major_version()}.{Pillion.get_minor_version()}.{Pillion.get_micro_version()}', version)


class Missing(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-import-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def fail_import(self, before='', cause='NoneType', python=(sys.executable,), **env):
        """Returns what the import says."""
        run = subprocess.run([*python, '-c', before + IMPORT], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=60, check=False, env=dict(os.environ, **env))
        said, _, came_of = run.stdout.strip().rpartition('\n')
        self.assertEqual(came_of, cause, run.stdout + run.stderr)
        return said

    def test_pygobject(self):
        said = self.fail_import(python=(sys.executable, '-S'), cause='ModuleNotFoundError', PYTHONPATH=PACKAGE)
        for text in ('python3-gi', 'python3-gobject', 'PyGObject for pip'):
            self.assertIn(text, said)
        self.assertNotIn('This Python', said)

    def test_pygobject_with_the_path_of_the_build_tree(self):
        """Then the overrides' folder is not an empty package `gi`, whichever import comes first."""
        said = self.fail_import(python=(sys.executable, '-S'), cause='ModuleNotFoundError')
        self.assertIn('python3-gi', said)
        run = subprocess.run([sys.executable, '-S', '-c', 'import gi'], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=60, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("ModuleNotFoundError: No module named 'gi'", run.stderr)

    def test_pygobject_in_a_virtual_environment(self):
        subprocess.run([sys.executable, '-m', 'venv', '--without-pip', self.folder], check=True)
        said = self.fail_import(python=(self.folder / 'bin' / 'python3',), cause='ModuleNotFoundError')
        self.assertIn('python3-gi', said)
        self.assertIn(f'virtual environment {self.folder}', said)
        self.assertIn('--system-site-packages', said)

    def test_pygobject_in_somebody_s_own_python(self):
        """A copy of the interpreter, like one that a program brings along."""
        own = self.folder / 'program' / 'python3'
        own.parent.mkdir()
        shutil.copy(os.path.realpath(sys.executable), own)
        said = self.fail_import(python=(own, '-S'), cause='ModuleNotFoundError', PYTHONPATH=PACKAGE, PYTHONHOME=sys.base_prefix)
        self.assertIn(f'This Python is {own}, and not the system\'s /usr/bin/python3', said)

    def test_typelib(self):
        said = self.fail_import(cause='ValueError', GI_TYPELIB_PATH=str(self.folder))
        self.assertIn('Pillion-1.typelib was not found', said)
        self.assertIn(f'set GI_TYPELIB_PATH to its folder (now: {self.folder})', said)
        self.assertIn('(now: not set)', self.fail_import(cause='ValueError', GI_TYPELIB_PATH=''))

    def test_library(self):
        shutil.copy(BUILD / 'src' / 'Pillion-1.typelib', self.folder)
        # For the introspection library, a missing library is a warning, not an error
        said = self.fail_import(cause='Error', GI_TYPELIB_PATH=str(self.folder), LD_LIBRARY_PATH='')
        self.assertIn('libpillion-1.so.0', said)
        self.assertIn('set LD_LIBRARY_PATH to its folder (now: not set)', said)

    def of_version(self, *parts):
        """The lines that make the library claim another version."""
        lines = ['import gi', 'gi.require_version("Pillion", "1")', 'from gi.module import get_introspection_module',
                 'library = get_introspection_module("Pillion")']
        for name, part in zip(('major', 'minor', 'micro'), parts):
            lines.append(f'library.get_{name}_version = lambda: {part}')
        return '\n'.join(lines)

    def test_library_of_another_version(self):
        major, minor, micro = map(int, project_version().split('.'))
        for other in ((major - 1, 99, 99), (major + 1, 0, 0)):
            with self.subTest(other):
                said = self.fail_import(before=self.of_version(*other))
                self.assertIn(f'pillion {project_version()}', said)
                self.assertIn(f'found {".".join(map(str, other))}', said)
        for newer in ((major, minor, micro + 1), (major, minor + 1, 0)):
            with self.subTest(newer):
                self.fail_import(before=self.of_version(*newer), cause='imported')

    def test_library_older_by_little(self):
        """The package is made newer, because there may be no older library."""
        shutil.copytree(SOURCE / 'python' / 'pillion', self.folder / 'pillion')
        major, minor, micro = map(int, project_version().split('.'))
        for newer in (f'{major}.{minor}.{micro + 1}', f'{major}.{minor + 1}.0'):
            with self.subTest(newer):
                (self.folder / 'pillion' / '_version.py').write_text(f'__version__ = {newer!r}\n', encoding='utf-8')
                said = self.fail_import(PYTHONPATH=f'{self.folder}:{OVERRIDES}')
                self.assertIn(f'pillion {newer} needs the library Pillion {newer}', said)
                self.assertIn(f'found {project_version()}', said)

    def test_override(self):
        said = self.fail_import(PYTHONPATH=PACKAGE)
        self.assertIn('gi/overrides/Pillion.py', said)
        self.assertIn('sys.path', said)

    def test_override_of_another_version(self):
        other = self.folder / 'gi' / 'overrides' / 'Pillion.py'
        other.parent.mkdir(parents=True)
        for text, version in (('__version__ = "0.9.0"', '0.9.0'), ('', 'unknown')):
            with self.subTest(version):
                other.write_text(f'__all__ = []\n{text}\n', encoding='utf-8')
                said = self.fail_import(PYTHONPATH=f'{PACKAGE}:{self.folder}')
                self.assertIn(f'{other} of version {version}', said)
                self.assertIn(f'pillion {project_version()}', said)

    def test_inside_another_package(self):
        add_on = self.folder / 'add_on'
        add_on.mkdir()
        (add_on / 'pillion').symlink_to(SOURCE / 'python' / 'pillion')
        run = subprocess.run([sys.executable, '-c', 'import add_on.pillion'], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertIn('ImportError: pillion can\'t be imported as add_on.pillion', run.stderr)

    def test_python(self):
        said = self.fail_import(before='import sys; sys.version_info = (3, 10, 13, "final", 0); sys.version = "3.10.13 (main)"')
        self.assertIn('needs Python 3.11 or newer, and this is 3.10.13', said)

    def test_an_older_python_can_read_that(self):
        for name in ('__init__', '_library', '_version'):
            text = (SOURCE / 'python' / 'pillion' / f'{name}.py').read_text(encoding='utf-8')
            ast.parse(text, feature_version=(3, 7))
        text = (SOURCE / 'python' / 'pillion' / '__init__.py').read_text(encoding='utf-8')
        self.assertEqual(re.search(r'^(from|import) pillion.*?(?=  #|$)', text, re.MULTILINE).group(),
                         'from pillion import _library')


if __name__ == '__main__':
    tap.main()
