#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The counts at the end of a test run are right."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

TALLY = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'tally.py')


class Tally(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-tally-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def log(self, stdout, result='OK', returncode=0, part='plain'):
        with (self.folder / f'{part}.json').open('a', encoding='utf-8') as log:
            print(json.dumps({'name': 'a', 'stdout': stdout, 'result': result, 'returncode': returncode}), file=log)

    def assertCounts(self, passed, failed, skipped, ci=''):
        run = subprocess.run([sys.executable, TALLY, self.folder], capture_output=True, text=True, check=False,
                             env=dict(os.environ, CI=ci))
        self.assertEqual(run.stderr, '')
        self.assertEqual(run.stdout.splitlines()[-1], f'{passed} passed, {failed} failed, {skipped} skipped')
        self.assertEqual(run.returncode, 1 if failed or not passed else 0)

    def test_subtests_count(self):
        self.log('1..3\nok 1 /a\nok 2 /b # SKIP no network\nok 3 /c\n')
        self.assertCounts(2, 0, 1)

    def test_failures_fail(self):
        self.log('1..2\nok 1 /a\nnot ok 2 /b\n', 'FAIL', 1)
        self.assertCounts(1, 1, 0)

    def test_expected_failures_do_not(self):
        self.log('1..2\nok 1 /a\nnot ok 2 /b # TODO later\n')
        self.assertCounts(2, 0, 0)

    def test_a_crash_is_a_failure(self):
        self.log('1..3\nok 1 /a\n', 'ERROR', -11)
        self.assertCounts(1, 1, 0)

    def test_what_a_sanitizer_finds_at_the_end_is_a_failure(self):
        self.log('1..2\nok 1 /a\nok 2 /b\n', 'ERROR', 66)
        self.assertCounts(2, 1, 0)

    def test_subtests_that_never_ran_are_a_failure(self):
        self.log('1..3\nok 1 /a\n')
        self.assertCounts(1, 1, 0)

    def test_a_time_out_is_a_failure(self):
        self.log('', 'TIMEOUT', -15)
        self.log('1..2\nok 1 /a\n', 'TIMEOUT', -15)
        self.assertCounts(1, 2, 0)

    def test_programs_without_tap_count_once(self):
        self.log('some words\nok, more of them\n')
        self.log('', 'SKIP', 77)
        self.log('', 'FAIL', 1)
        self.assertCounts(1, 1, 1)

    def test_a_whole_program_skipped(self):
        self.log('1..0 # SKIP gjs is not installed\n', 'SKIP')
        self.log('1..1\nok 1 /a\n')
        self.assertCounts(1, 0, 1)

    def test_parts_are_added(self):
        self.log('1..1\nok 1 /a\n')
        self.log('1..1\nok 1 /a\n', part='asan')
        (self.folder / 'tsan.failed').write_text('it could not be built\n', encoding='utf-8')
        (self.folder / 'valgrind.skipped').write_text('it is not installed\n', encoding='utf-8')
        self.assertCounts(2, 1, 1)

    def test_in_ci_what_is_not_installed_is_a_failure(self):
        self.log('1..3\nok 1 /a\nok 2 /b # SKIP gjs is not installed\nok 3 /c # SKIP no small disk can be mounted here\n')
        self.log('1..0 # SKIP CPython\'s tests are not installed\n', 'SKIP')
        self.assertCounts(1, 0, 3)
        self.assertCounts(1, 2, 1, ci='true')

    def test_in_ci_a_part_that_did_not_run_is_a_failure(self):
        self.log('1..1\nok 1 /a\n')
        (self.folder / 'tsan.skipped').write_text('the compiler can not do it here\n', encoding='utf-8')
        self.assertCounts(1, 0, 1)
        self.assertCounts(1, 1, 0, ci='true')

    def test_a_log_that_breaks_off_is_a_failure(self):
        self.log('1..1\nok 1 /a\n')
        with (self.folder / 'plain.json').open('a', encoding='utf-8') as log:
            log.write('{"name": "b", "std')
        (self.folder / 'asan.json').touch()
        self.assertCounts(1, 2, 0)

    def test_nothing_at_all_is_no_success(self):
        self.assertCounts(0, 0, 0)


if __name__ == '__main__':
    tap.main()
