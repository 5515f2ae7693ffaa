#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""No public function crashes or hangs, whatever Python calls it with: null, values of wrong types, extremes, objects created by
GObject.new (), closed loops, other threads."""

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import gi
from gi import Repository

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

CHILD = pathlib.Path(__file__).resolve().with_name('odd-calls.py')
SEED = os.environ.get('PILLION_SEED') or str(random.SystemRandom().randrange(1000000))
PATIENCE = 40


class OddCalls(unittest.TestCase):
    def exercise(self, namespace, group):
        """Returns how many calls survived."""
        # Criticals are expected
        env = {name: value for name, value in os.environ.items() if name != 'G_DEBUG'}
        with tempfile.TemporaryDirectory(prefix='pillion-odd-') as folder:
            log = pathlib.Path(folder) / 'log'
            log.touch()
            with open(pathlib.Path(folder) / 'stderr', 'w+b') as stderr:
                try:
                    status = subprocess.run([sys.executable, '-X', 'faulthandler', CHILD, namespace, group, SEED, log], cwd=folder, env=env,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, timeout=PATIENCE,
                                            check=False).returncode
                except subprocess.TimeoutExpired:
                    status = 'hangs'
                stderr.seek(max(0, stderr.tell() - 4000))
                said = stderr.read().decode(errors='replace')
            calls = log.read_text(errors='replace').splitlines()
        last = calls[-1] if calls else 'before the first call'
        if status != 0 or not last.startswith('done '):
            self.fail(f'{namespace}, {group} with PILLION_SEED={SEED}: {status} in {last}\n{said}')
        return int(last.split()[1])

    def exercise_all(self, namespace):
        gi.require_version(namespace, '1')
        repository = Repository.get_default()
        repository.require(namespace, '1', 0)
        infos = repository.get_infos(namespace)
        groups = ['functions', *(info.get_name() for info in infos
                                 if type(info).__name__ in ('ObjectInfo', 'InterfaceInfo', 'StructInfo') and info.get_methods())]
        n_calls = 0
        for group in groups:
            with self.subTest(group):
                n_calls += self.exercise(namespace, group)
        print(f'{namespace}: {n_calls} calls, PILLION_SEED={SEED}', file=sys.stderr)

    def test_every_function_survives(self):
        for namespace in ('Pillion', 'PillionHttp'):
            if Repository.get_default().enumerate_versions(namespace):
                self.exercise_all(namespace)


if __name__ == '__main__':
    tap.main()
