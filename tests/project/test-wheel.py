#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""pyproject.toml builds a wheel of the Python part, without a compiler, headers or a network, which works in a virtual
environment with the library from elsewhere."""

import functools
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
BUILD = pathlib.Path(os.environ['PILLION_BUILD_DIR'])
VERSION = re.search(r"^  version: '(.*)'", (SOURCE / 'meson.build').read_text(encoding='utf-8'), re.MULTILINE).group(1)

# What building a wheel reads, which includes no C
PARTS = ('meson.build', 'meson_options.txt', 'pyproject.toml', 'README.md', 'python', 'gir')

PROGRAM = '''
import asyncio, sys
import pillion
from gi.repository import Pillion, PillionHttp
from pillion import async_loop
print(pillion.__file__)
print(sys.modules['gi.overrides.PillionHttp'].__file__)
print(pillion.__version__)
print(pillion.run(asyncio.sleep(0.001, 'slept')))
import pillion.testing
'''

VIRTUAL_TEST = '''
import asyncio

async def test_sleep(pillion_test):
    await asyncio.sleep(3600)
'''

WRONG_CALL = '''
from gi.repository import GLib, Pillion
import pillion
GLib.anything()
Pillion.Loop.new(None, Pillion.LoopFlags.DEFAULT).sleep('long')
pillion.call_in_host()
'''


@unittest.skipUnless(importlib.util.find_spec('mesonpy'), 'meson-python is not installed')
class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-wheel-')
        cls.addClassCleanup(temporary.cleanup)
        cls.top = pathlib.Path(temporary.name)
        source = cls.top / 'source'
        source.mkdir()
        for name in PARTS:
            if (SOURCE / name).is_dir():
                shutil.copytree(SOURCE / name, source / name, ignore=shutil.ignore_patterns('__pycache__'))
            else:
                shutil.copy(SOURCE / name, source)
        # No compiler, nothing from pkg-config, and no help from the settings of the build tree
        cls.env = {name: value for name, value in os.environ.items()
                   if name not in ('PYTHONPATH', 'PKG_CONFIG_PATH') and not name.startswith('PIP_')}
        cls.env.update(CC='false', CXX='false', PKG_CONFIG_LIBDIR=str(cls.top), PIP_CONFIG_FILE=os.devnull,
                       PIP_DISABLE_PIP_VERSION_CHECK='1')
        cls.wheel, _ = cls.build('wheel', [f'-Dgir_dir={BUILD}/src'])

    @classmethod
    def build(cls, folder, setup):
        """Returns the wheel, and the output of its build."""
        (cls.top / folder).mkdir()
        call = f'import mesonpy; mesonpy.build_wheel({str(cls.top / folder)!r}, {{"setup-args": {setup!r}}})'
        said = cls.run_quietly(sys.executable, '-c', call, cwd=cls.top / 'source')
        wheel, = (cls.top / folder).iterdir()
        return wheel, said

    @classmethod
    def run_quietly(cls, *command, cwd=None, fails=False):
        run = subprocess.run(command, env=cls.env, cwd=cwd or cls.top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        if (run.returncode != 0) != fails:
            raise AssertionError(f'{" ".join(map(str, command))}\n{run.stdout}')
        return run.stdout

    @classmethod
    @functools.cache
    def environment(cls):
        """A virtual environment with the wheel in it; returns its interpreter."""
        folder = tempfile.mkdtemp(prefix='environment-', dir=cls.top)
        cls.run_quietly(sys.executable, '-m', 'venv', '--without-pip', '--system-site-packages', folder)
        python = os.path.join(folder, 'bin', 'python3')
        # PyGObject comes from the system. Debian's says that it needs pycairo, which is in another package.
        cls.run_quietly(python, '-m', 'pip', 'install', '--no-index', '--no-deps', cls.wheel)
        return python

    def test_is_for_any_machine(self):
        self.assertEqual(self.wheel.name, f'pillion-{VERSION}-py3-none-any.whl')
        with zipfile.ZipFile(self.wheel) as archive:
            self.assertIn('Root-Is-Purelib: true', archive.read(f'pillion-{VERSION}.dist-info/WHEEL').decode())

    def test_metadata(self):
        with zipfile.ZipFile(self.wheel) as archive:
            metadata = archive.read(f'pillion-{VERSION}.dist-info/METADATA').decode().partition('\n\n')[0].splitlines()
        for line in ('Name: pillion', f'Version: {VERSION}', 'License: LGPL-2.1-or-later', 'Requires-Python: >=3.11',
                     'Requires-Dist: PyGObject>=3.42'):
            self.assertIn(line, metadata)

    def test_has_everything(self):
        """All files of the Python part, so that the list of what is installed is complete."""
        expected = {'gi-stubs/repository/Pillion.pyi', 'gi-stubs/repository/PillionHttp.pyi'}
        for folder in (SOURCE / 'python', SOURCE / 'gir' / 'python'):
            expected |= {str(path.relative_to(folder)) for path in folder.rglob('*') if path.suffix in ('.py', '.pyi', '.typed')}
        expected.remove('make-stub.py')
        with zipfile.ZipFile(self.wheel) as archive:
            self.assertEqual({name for name in archive.namelist() if '.dist-info/' not in name}, expected)

    def test_without_a_gir_there_are_no_stubs(self):
        wheel, said = self.build('without', [])
        self.assertIn('the wheel gets no type stubs', said)
        with zipfile.ZipFile(wheel) as archive:
            self.assertEqual([name for name in archive.namelist() if name.startswith('gi-stubs')], [])
            self.assertIn('gi/overrides/Pillion.py', archive.namelist())
            self.assertIn('gi/overrides/PillionHttp.py', archive.namelist())

    @unittest.skipUnless(importlib.util.find_spec('pip'), 'pip is not installed')
    def test_works_in_an_environment(self):
        python = self.environment()
        folder = os.path.dirname(os.path.dirname(python))
        package, override, version, result = self.run_quietly(python, '-c', PROGRAM).splitlines()
        self.assertTrue(package.startswith(folder), package)
        self.assertTrue(override.startswith(folder), override)
        self.assertEqual((version, result), (VERSION, 'slept'))

    @unittest.skipUnless(importlib.util.find_spec('pip'), 'pip is not installed')
    @unittest.skipUnless(importlib.util.find_spec('pytest'), 'pytest is not installed')
    def test_pytest_finds_the_plugin(self):
        (self.top / 'test_virtual.py').write_text(VIRTUAL_TEST, encoding='utf-8')
        for text in ('', 'pytest_plugins = ["pillion_pytest"]\n'):
            with self.subTest(text):
                (self.top / 'conftest.py').write_text(text, encoding='utf-8')
                self.assertIn('1 passed', self.run_quietly(self.environment(), '-m', 'pytest', '-p', 'no:cacheprovider', 'test_virtual.py'))

    @unittest.skipUnless(importlib.util.find_spec('pip'), 'pip is not installed')
    @unittest.skipUnless(shutil.which('mypy'), 'mypy is not installed')
    def test_types_are_found_in_an_environment(self):
        python = self.environment()
        (self.top / 'wrong.py').write_text(WRONG_CALL, encoding='utf-8')
        said = self.run_quietly('mypy', f'--python-executable={python}', f'--cache-dir={self.top / "cache"}', 'wrong.py', fails=True)
        self.assertEqual(re.findall(r'^wrong\.py:(\d+): error', said, re.MULTILINE), ['5', '6'], said)


if __name__ == '__main__':
    tap.main()
