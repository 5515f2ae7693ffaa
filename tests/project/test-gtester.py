#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Every GLib test program (the arguments) also runs under gtester."""

import os
import shutil
import subprocess
import sys


def main():
    programs = sys.argv[1:]
    if not shutil.which('gtester'):
        print('1..0 # SKIP gtester is not installed')
        return 0
    print(f'1..{len(programs)}')
    failed = 0
    for number, program in enumerate(programs, 1):
        run = subprocess.run(['gtester', '--verbose', '--keep-going', program], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                             check=False)
        # gtester succeeds even if the program printed nothing at all, so look for its verdict, too
        good = run.returncode == 0 and f'PASS: {program}' in run.stdout
        if not good:
            failed += 1
            for line in run.stdout.splitlines():
                print('#', line)
        print(f'{"ok" if good else "not ok"} {number} {os.path.basename(program)}', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
