#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The source tree: licences, shell scripts, `run` and the list of packages."""

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

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])


def shell_scripts():
    scripts = []
    for path in sorted(SOURCE.rglob('*')):
        folders = path.relative_to(SOURCE).parts[:-1]
        if not path.is_file() or any(part == '.git' or part.startswith('_') for part in folders):
            continue
        with path.open('rb') as file:
            if re.match(rb'#! ?/bin/sh\b|#! ?/usr/bin/env sh\b', file.readline()):
                scripts.append(path)
    return scripts


def run(*command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, **options)


class Licences(unittest.TestCase):
    @unittest.skipUnless(shutil.which('reuse'), 'reuse is not installed')
    def test_reuse(self):
        lint = run('reuse', '--root', str(SOURCE), 'lint')
        self.assertEqual(lint.returncode, 0, lint.stdout)


class Scripts(unittest.TestCase):
    def test_there_are_scripts(self):
        self.assertIn(SOURCE / 'run', shell_scripts())
        self.assertIn(SOURCE / '.ci' / 'run', shell_scripts())

    @unittest.skipUnless(shutil.which('dash'), 'dash is not installed')
    def test_dash_reads_them(self):
        for path in shell_scripts():
            with self.subTest(path):
                check = run('dash', '-n', str(path))
                self.assertEqual((check.returncode, check.stdout), (0, ''))

    @unittest.skipUnless(shutil.which('shellcheck'), 'shellcheck is not installed')
    def test_shellcheck(self):
        for path in shell_scripts():
            with self.subTest(path):
                check = run('shellcheck', '--shell=sh', str(path))
                self.assertEqual(check.returncode, 0, check.stdout)


class Messages(unittest.TestCase):
    def test_the_library_says_everything_in_ascii(self):
        """A program that never called setlocale () prints a question mark for anything else."""
        for path in [*(SOURCE / 'src').rglob('*.c'), *(SOURCE / 'include').rglob('*.h'), *(SOURCE / 'examples').glob('*.c')]:
            with self.subTest(path):
                code = re.sub(r'/\*.*?\*/', '', path.read_text(encoding='utf-8'), flags=re.DOTALL)
                self.assertTrue(code.isascii(), [line for line in code.splitlines() if not line.isascii()])


class Locks(unittest.TestCase):
    def test_thread_sanitizer_knows_of_every_lock(self):
        """It can't see GLib's own locks, and reports a race whenever nothing else orders the accesses."""
        # A test that replaces one of them has its name at the beginning of a line
        hidden = re.compile(r'(?m)(?<!^)\bg_((rec_)?mutex_(un|try)?lock|mutex_locker_new|rw_lock_(reader|writer)_\w*lock|cond_wait(_until)?) \(')
        for path in [*(SOURCE / 'src').rglob('*.[ch]'), *(SOURCE / 'tests').rglob('*.[ch]')]:
            if path.name != 'pillion-sync.h':
                with self.subTest(path):
                    self.assertIsNone(hidden.search(path.read_text(encoding='utf-8')))


class Packages(unittest.TestCase):
    """How `run` installs what is missing, with fake apt-get and dpkg-query."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-run-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.program('id', 'echo 0')
        self.program('sleep', '')
        self.program('dpkg-query', '')

    def program(self, name, script):
        path = self.folder / name
        path.write_text(f'#!/bin/sh\n{script}\n', encoding='utf-8')
        path.chmod(0o755)

    def need(self, *groups, **env):
        text = (SOURCE / 'run').read_text(encoding='utf-8')
        functions = text[text.index('say () {'):text.index('# --- Building')]
        script = f'set -eu; top=${{top:-{SOURCE}}}\n{functions}\non_debian () {{ true; }}\nneed {" ".join(groups)}\necho went on\n'
        return run('sh', '-c', script, cwd=self.folder,
                   env={'PATH': f'{self.folder}:{os.environ["PATH"]}', 'TMPDIR': str(self.folder), 'CI': '', **env})

    def test_another_package_manager_is_waited_for(self):
        self.program('apt-get', 'echo "$*" >>calls\n'
                     '[ "$(wc -l <calls)" -ge 4 ] || { echo "E: Could not get lock /var/lib/apt/lists/lock." >&2; exit 100; }')
        done = self.need('docs', CI='true')
        self.assertEqual(done.returncode, 0, done.stdout)
        calls = (self.folder / 'calls').read_text(encoding='utf-8').splitlines()
        self.assertEqual([call.split()[3] for call in calls], ['update'] * 4 + ['install'])
        self.assertTrue(all('DPkg::Lock::Timeout=' in call for call in calls))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ['apt-get', 'calls', 'dpkg-query', 'id', 'sleep'])

    def test_other_errors_are_not_tried_again(self):
        self.program('apt-get', 'echo "$*" >>calls; echo "E: Unable to locate package" >&2; exit 100')
        self.need('docs')
        self.assertEqual(len((self.folder / 'calls').read_text(encoding='utf-8').splitlines()), 2)

    def test_what_is_missing_fails_in_ci_alone(self):
        self.program('apt-get', 'exit 100')
        (self.folder / 'packages.debian').write_text('docs  nothing-like-this  cmd:nothing-like-this\n', encoding='utf-8')
        at_home = self.need('docs', top='.')
        self.assertIn('carrying on without\nwent on\n', at_home.stdout)
        in_ci = self.need('docs', top='.', CI='true')
        self.assertEqual(in_ci.returncode, 1)
        self.assertNotIn('went on', in_ci.stdout)


class Run(unittest.TestCase):
    def test_alone_it_tells_what_it_can_do(self):
        alone = run(str(SOURCE / 'run'))
        self.assertEqual(alone.returncode, 0)
        for command in ('demo', 'test', 'build', 'env', 'docs', 'bench'):
            self.assertRegex(alone.stdout, rf'(?m)^  {command}\b')

    def test_unknown_command(self):
        unknown = run(str(SOURCE / 'run'), 'fly')
        self.assertEqual(unknown.returncode, 1)
        self.assertIn('no such command: fly', unknown.stdout)

    def test_unknown_part_of_the_tests(self):
        unknown = run(str(SOURCE / 'run'), 'test', 'plain', 'fly')
        self.assertEqual(unknown.returncode, 1)
        self.assertIn('no such part of the tests: fly', unknown.stdout)

    def test_env_can_be_evaluated(self):
        script = 'eval "$(./run env 2>/dev/null)" && pkg-config --exists pillion-1 pillion-http-1 && pillion --help && ' \
                 '/usr/bin/python3 -c "import gi; gi.require_version (\'PillionHttp\', \'1\')"'
        if shutil.which('gjs'):
            # Its tasks are promises although nothing has imported Pillion by name
            script += ' && gjs -c "if (!new imports.gi.PillionHttp.Client ().get_bytes (\'\', null).then) throw new Error ()"'
        if shutil.which('valac'):
            script += ' && cd "$FOLDER" && valac -C --pkg pillion-1 --pkg pillion-http-1 empty.vala'
        if shutil.which('mypy'):
            script += ' && mypy --strict typed.py'
        if pathlib.Path(os.environ['PILLION_BUILD_DIR']) != SOURCE / '_build':
            self.skipTest('this is not _build, which is what `run env` is about')
        env = {name: value for name, value in os.environ.items() if name not in
               ('LD_LIBRARY_PATH', 'GI_TYPELIB_PATH', 'PKG_CONFIG_PATH', 'PYTHONPATH', 'MYPYPATH', 'GJS_PATH', 'XDG_DATA_DIRS')}
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'empty.vala').write_text('Pillion.Loop loop; PillionHttp.Client client;\n', encoding='utf-8')
            # mypy complains about an ignore that hides nothing, so it complains here if it doesn't find the stubs
            pathlib.Path(folder, 'typed.py').write_text(
                'from gi.repository import Pillion\nPillion.Loop.get_default().sleep("long")  # type: ignore[arg-type]\n', encoding='utf-8')
            check = run('sh', '-c', script, cwd=SOURCE, env=dict(env, FOLDER=folder))
        self.assertEqual(check.returncode, 0, check.stdout)

    def test_env_warns_of_a_python_without_pygobject(self):
        if pathlib.Path(os.environ['PILLION_BUILD_DIR']) != SOURCE / '_build':
            self.skipTest('this is not _build, which is what `run env` is about')
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder, 'python3')
            other.write_text('#!/bin/sh\nexit 1\n', encoding='utf-8')
            other.chmod(0o755)
            for path, warned in ((f'{folder}:/usr/bin:/bin', True), ('/usr/bin:/bin', False)):
                said = run('sh', '-c', './run env 2>&1 >/dev/null', cwd=SOURCE, env=dict(os.environ, PATH=path))
                self.assertEqual(said.returncode, 0, said.stdout)
                self.assertEqual(f'{other} has no PyGObject' in said.stdout, warned, said.stdout)

    def test_package_list(self):
        groups = set()
        for line in (SOURCE / 'packages.debian').read_text(encoding='utf-8').splitlines():
            if not line.strip() or line.startswith('#'):
                continue
            self.assertRegex(line, r'^(build|bindings|docs|test|soak|bench)\s+[a-z0-9][a-z0-9+.-]+\s+(pkg|cmd|py|gi|file):\S+$')
            groups.add(line.split()[0])
        self.assertEqual(groups, {'build', 'bindings', 'docs', 'test', 'soak', 'bench'})


if __name__ == '__main__':
    tap.main()
