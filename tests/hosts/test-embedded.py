#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The adapters in large programs that run scripts in a Python of their own. They weigh too much to be installed for every run of the
tests, so what is missing is skipped, also in CI."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 150  # s: some of them take long to start for the first time

KRITA_PLUGIN = '''[Desktop Entry]
Type=Service
ServiceTypes=Krita/PythonPlugin
X-KDE-Library=pilliontest
Name=Pillion
Comment=Its tests
'''

# Without a document it ends after the macro
LIBREOFFICE_MACRO = '''import uno

def go(*_):
    context = uno.getComponentContext()
    desktop = context.ServiceManager.createInstanceWithContext('com.sun.star.frame.Desktop', context)
    desktop.loadComponentFromURL('private:factory/scalc', '_blank', 0, ())
    '''


class Embedded(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-embedded-', ignore_cleanup_errors=True)
        self.addCleanup(temporary.cleanup)
        self.home = pathlib.Path(temporary.name)

    def write(self, path, text):
        path = self.home / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')
        return path

    def check(self, program, *arguments):
        result = self.home / 'result'
        env = dict(os.environ, HOME=str(self.home), QTWEBENGINE_DISABLE_SANDBOX='1', PILLION_TEST_RESULT=str(result),
                   PILLION_TEST_PATH=':'.join([str(HERE), os.environ['PYTHONPATH']]))
        for name in ('G_DEBUG', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME'):
            env.pop(name, None)
        # Not through a pipe, which processes that it has started may keep open
        with (self.home / 'output').open('w+', encoding='utf-8', errors='replace') as output:
            subprocess.run([program, *arguments], env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=PATIENCE,
                           check=False)
            output.seek(0)
            said = output.read()[-4000:]
        self.assertEqual(result.read_text(encoding='utf-8') if result.exists() else 'nothing was said', 'good', said)

    @staticmethod
    def make_script(module):
        return f'import os, sys\nsys.path[:0] = os.environ["PILLION_TEST_PATH"].split(":")\nimport embedded\nembedded.main("{module}")\n'

    @unittest.skipUnless(shutil.which('freecad'), 'there is no FreeCAD here')
    def test_freecad(self):
        self.check('freecad', self.write('script.py', self.make_script('qt')))

    @unittest.skipUnless(shutil.which('krita'), 'there is no Krita here')
    def test_krita(self):
        self.write('.local/share/krita/pykrita/pilliontest.desktop', KRITA_PLUGIN)
        self.write('.local/share/krita/pykrita/pilliontest/__init__.py', self.make_script('qt'))
        self.write('.config/kritarc', '[python]\nenable_pilliontest=true\n')
        self.check('krita', '--nosplash')

    @unittest.skipUnless(shutil.which('soffice'), 'there is no LibreOffice here')
    @unittest.skipUnless(os.path.exists('/usr/lib/libreoffice/program/pythonscript.py'), 'this LibreOffice runs no scripts in Python')
    def test_libreoffice(self):
        self.write('user/Scripts/python/pilliontest.py', LIBREOFFICE_MACRO + self.make_script('libreoffice').replace('\n', '\n    '))
        self.check('soffice', f'-env:UserInstallation=file://{self.home}', '--headless', '--norestore',
                   'vnd.sun.star.script:pilliontest.py$go?language=Python&location=user')


if __name__ == '__main__':
    tap.main()
