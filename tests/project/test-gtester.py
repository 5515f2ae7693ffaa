#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Every GLib test program (the arguments) also runs under gtester.

All of their tests run under Meson, so here the first of each is enough, and all of the program that tests what Pillion adds to
GLib's tests.
"""

import os
import re
import shutil
import subprocess
import sys


WHOLE = 'test-test'


def first_test(program):
    run = subprocess.run([program, '-l'], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return next((line for line in run.stdout.splitlines() if line.startswith('/')), None)


def gtester(program):
    """Returns whether it succeeds, and what it prints."""
    first = None if os.path.basename(program) == WHOLE else first_test(program)
    which = ['-p', first] if first else []
    run = subprocess.run(['gtester', '--verbose', '--keep-going', *which, program], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', check=False)
    # gtester succeeds even if the program printed nothing at all, so look for its verdict and for the test, too
    ran = not first or re.search(rf'^ *{re.escape(first)}: +(OK|SKIP)$', run.stdout, re.MULTILINE)
    return run.returncode == 0 and f'PASS: {program}' in run.stdout and bool(ran), run.stdout


def main():
    programs = sys.argv[1:]
    if not shutil.which('gtester'):
        print('1..0 # SKIP gtester is not installed')
        return 0
    print(f'1..{len(programs)}')
    failed = 0
    for number, program in enumerate(programs, 1):
        good, said = gtester(program)
        if not good:
            failed += 1
            for line in said.splitlines():
                print('#', line)
        print(f'{"ok" if good else "not ok"} {number} {os.path.basename(program)}', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
