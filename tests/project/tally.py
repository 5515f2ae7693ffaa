#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Counts what the parts of a test run did, from Meson's logs.

For each part, the folder contains NAME.json (Meson's log, one test per line), or NAME.failed or NAME.skipped with one line
that says why it ran no test. A test program that writes TAP counts once per subtest, any other program once. The last line
is the sum; the exit code says whether everything succeeded.

If the variable CI is set, a part that did not run is a failure, and so is a test that was skipped because something "is
not installed" (or "are not installed"): what can be installed has to be there, or CI would pass with fewer tests.
"""

import json
import os
import pathlib
import re
import sys

TAP_LINE = re.compile(r'^(not )?ok\b\s*\d*\s*(.*)$')
TAP_PLAN = re.compile(r'^1\.\.(\d+)\s*(#\s*SKIP.*)?', re.IGNORECASE)
NOT_INSTALLED = re.compile(r'\b(is|are) not installed\b')
DIRECTIVE = re.compile(r'#\s*(SKIP|TODO)\b\s*(.*)', re.IGNORECASE)


class Count:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def refuse_missing(self, whole_part):
        """Turns skips because of something that can be installed into failures."""
        refused = [skip for skip in self.skipped if whole_part or NOT_INSTALLED.search(skip[1])]
        self.skipped = [skip for skip in self.skipped if skip not in refused]
        self.failed += refused


def count_tap(name, output):
    """Counts the subtests in a program's TAP; returns the planned number too (None if no plan was printed)."""
    count = Count()
    planned = None
    for line in output.splitlines():
        plan = TAP_PLAN.match(line)
        if plan and planned is None:
            planned = int(plan.group(1))
            if planned == 0:
                count.skipped.append((name, (plan.group(2) or '').lstrip('# ')))
            continue
        match = TAP_LINE.match(line)
        if not match:
            continue
        bad, text = match.group(1), match.group(2)
        directive = DIRECTIVE.search(text)
        subtest = f'{name} {DIRECTIVE.sub("", text).strip(" -")}'
        if directive and directive.group(1).upper() == 'SKIP':
            count.skipped.append((subtest, directive.group(2)))
        elif bad and not directive:
            count.failed.append((subtest, 'not ok'))
        else:
            count.passed += 1
    return count, planned


def count_test(entry):
    """Counts one line of Meson's log."""
    name, result = entry['name'], entry['result']
    count, planned = count_tap(name, entry.get('stdout', ''))
    if planned is None:
        count = Count()
        if result in ('OK', 'EXPECTEDFAIL'):
            count.passed = 1
        elif result == 'SKIP':
            lines = entry.get('stdout', '').strip().splitlines()
            count.skipped.append((name, lines[-1] if lines else ''))
        else:
            count.failed.append((name, result.lower()))
        return count

    seen = count.passed + len(count.failed) + len(count.skipped)
    if result not in ('OK', 'SKIP', 'EXPECTEDFAIL') and not count.failed:
        # A crash, a timeout, or something that a sanitizer found after the last subtest
        count.failed.append((name, f'{result.lower()}, exit code {entry["returncode"]}'))
    elif seen < planned and not count.failed:
        count.failed.append((name, f'only {seen} of {planned} subtests ran'))
    return count


def count_log(path):
    count = Count()
    lines = path.read_text(encoding='utf-8').splitlines()
    try:
        for line in lines:
            count.add(count_test(json.loads(line)))
    except json.JSONDecodeError:
        lines = None
    if not lines:
        # As after Meson was killed
        count.failed.append((path.stem, 'the log breaks off'))
    return count


def main():
    folder = pathlib.Path(sys.argv[1])
    total = Count()
    for path in sorted(folder.iterdir()):
        count = Count()
        if path.suffix == '.json':
            count = count_log(path)
        elif path.suffix == '.failed':
            count.failed.append((path.stem, path.read_text(encoding='utf-8').strip()))
        elif path.suffix == '.skipped':
            count.skipped.append((path.stem, path.read_text(encoding='utf-8').strip()))
        else:
            continue
        if os.environ.get('CI'):
            count.refuse_missing(path.suffix == '.skipped')
        print(f'{path.stem}: {count.passed} passed, {len(count.failed)} failed, {len(count.skipped)} skipped.')
        for name, why in count.skipped:
            print(f'  skipped: {name}: {why}')
        for name, why in count.failed:
            print(f'  FAILED:  {name}: {why}')
        total.add(count)

    print(f'{total.passed} passed, {len(total.failed)} failed, {len(total.skipped)} skipped')
    return 1 if total.failed or total.passed == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
