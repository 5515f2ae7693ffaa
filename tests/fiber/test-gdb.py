#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""gdb and fibers: a backtrace inside a fiber ends properly, and the script lists parked fibers, in a process and in its core dump."""

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

SCRIPT = pathlib.Path(os.environ['PILLION_SOURCE_DIR']) / 'tools' / 'gdb' / 'pillion-fibers.py'
PROGRAMS = sys.argv[1:3]
MAPPED_GUARDS = sys.argv[3] if len(sys.argv) > 3 else ''


def gdb(*commands, program, core=None):
    run = subprocess.run(['gdb', '-batch', '-nx', '-iex', 'set debuginfod enabled off', '-iex', 'set auto-load no',
                          *(word for command in commands for word in ('-ex', command)), program, *([core] if core else [])],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         encoding='utf-8', errors='replace', check=False, timeout=300)
    return run.stdout


@unittest.skipUnless(shutil.which('gdb'), 'gdb is not installed')
class Gdb(unittest.TestCase):
    def setUp(self):
        if 'exited normally' not in gdb('run', program='/bin/true'):
            self.skipTest('gdb can\'t run programs here')

    def check_list(self, output):
        self.assertRegex(output, r'Fiber \d+: \'patient\' \(.*parked\.c:\d+\): awaits \'the job\' \(.*parked\.c:\d+\)')
        self.assertRegex(output, r'Fiber \d+: \'sleepy\' \(.*parked\.c:\d+\): sleeps')
        self.assertRegex(output, r'Fiber \d+: \'stops\' \(.*parked\.c:\d+\): running')
        patient = output[output.index('\'patient\''):]
        patient = patient.split('Fiber ')[0]
        self.assertEqual(patient.count('wait_deep_down at '), 4, patient)
        self.assertRegex(patient, r'pillion_await at .*\n(.*\n)*.*wait_deep_down at .*\n(.*\n)*.*await_job at .*parked\.c:\d+\n')
        self.assertNotIn('sleep_a_day', patient)
        self.assertRegex(output, r'sleep_a_day at .*parked\.c:\d+')
        self.assertNotIn('Python Exception', output)

    def test_backtrace_inside_ends(self):
        output = gdb('break stop_here', 'run', 'backtrace', program=PROGRAMS[0])
        frames = re.findall(r'^#\d+ .*? (?:in )?(\w+) \(', output, re.MULTILINE)
        self.assertIn('stop', frames)
        self.assertEqual(frames[-1], 'pillion_switch_start', output)
        self.assertNotIn('Backtrace stopped', output)
        self.assertNotIn('corrupt', output)

    def test_list(self):
        for program in PROGRAMS:
            with self.subTest(program):
                output = gdb(f'source {SCRIPT}', 'break stop_here', 'run', 'pillion-fibers', 'backtrace 1', 'continue', program=program)
                self.check_list(output)
                # Nothing was changed in the process
                self.assertRegex(output, r'#0  (0x\w+ in )?stop_here')
                self.assertIn('exited normally', output)

    def test_short_list(self):
        output = gdb(f'source {SCRIPT}', 'break stop_here', 'run', 'pillion-fibers --short', program=PROGRAMS[0])
        self.assertEqual(len(re.findall(r'^Fiber \d+: ', output, re.MULTILINE)), 3, output)
        self.assertNotIn('wait_deep_down', output)

    def test_what_is_broken(self):
        """One fiber's name is not UTF-8, and another's is unreadable: the others are listed, and nothing was changed."""
        task = 'next(iter(fibers(gdb.lookup_static_symbol("pillion_stack_pools").value())))["body"]["task"]'
        for write, expected in ((f'write_memory(int({task}["name"]), b"\\xff")', '\'\ufffdatient\''),
                                (f'write_memory(int({task}["name"].address), bytes(7) + b"\\x01")', 'Cannot access memory')):
            output = gdb(f'source {SCRIPT}', 'break stop_here', 'run', 'up', f'python gdb.selected_inferior().{write}',
                         'pillion-fibers', 'frame', program=PROGRAMS[0])
            self.assertIn(f'Fiber 1: {expected}', output)
            self.assertRegex(output, r'Fiber 2: \'sleepy\'.*\n(.*\n)*.*sleep_a_day at .*\n(.*\n)*Fiber 3: ')
            self.assertRegex(output, r'Fiber 3: .*\n#1 ')

    def test_nothing_to_look_at(self):
        self.assertIn('needs a process', gdb(f'source {SCRIPT}', 'pillion-fibers', program=PROGRAMS[0]))
        self.assertIn('needs Pillion\'s debugging symbols', gdb(f'source {SCRIPT}', 'starti', 'pillion-fibers', program='/bin/true'))

    def test_none(self):
        output = gdb(f'source {SCRIPT}', 'break main', 'run', 'pillion-fibers', 'pillion-fibers --long', program=PROGRAMS[0])
        self.assertIn('No fiber has a stack.', output)
        self.assertIn('usage: pillion-fibers', output)

    def test_core_dump(self):
        with tempfile.TemporaryDirectory(prefix='pillion-gdb-') as folder:
            core = os.path.join(folder, 'core')
            # Before version 16, gdb's own dumps leave out mappings that can't be read as a whole; the kernel's don't
            output = gdb('break stop_here', 'run', f'generate-core-file {core}', 'kill', program=MAPPED_GUARDS)
            self.assertIn('Saved corefile', output)
            self.check_list(gdb(f'source {SCRIPT}', 'pillion-fibers', program=MAPPED_GUARDS, core=core))


if __name__ == '__main__':
    del sys.argv[1:4]
    tap.main()
