#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A sample of what takes long and is much the same.

If PILLION_SAMPLE is set, one in so many is chosen, by PILLION_SEED, which is printed. Otherwise all of them are.

As a program, sample.py BUILD-FOLDER, it prints the names of the unit tests that run under valgrind: a sample of those whose rooms know nothing of
stacks, tasks and loops, and all others.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import unittest

SAMPLED_ROOMS = {'http', 'chaos', 'fuzz', 'tools'}


def keep_seed():
    """Returns the seed, which all processes of a test have from now on."""
    return os.environ.setdefault('PILLION_SEED', str(random.SystemRandom().randrange(1000000)))


def sample(things):
    """Returns a list of the chosen ones, in the same order."""
    things = list(things)
    one_in = int(os.environ.get('PILLION_SAMPLE') or 1)
    if one_in == 1:
        return things
    seed = keep_seed()
    print(f'PILLION_SAMPLE={one_in} PILLION_SEED={seed}', file=sys.stderr, flush=True)
    numbers = random.Random(seed).sample(range(len(things)), -(-len(things) // one_in))
    return [things[number] for number in sorted(numbers)]


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def sample_suite(suite):
    """The same for unittest."""
    return unittest.TestSuite(sample(cases(suite)))


def room(test):
    """The folder that the test's program is in."""
    for argument in test['cmd']:
        if '/tests/' in argument:
            return pathlib.PurePath(argument.rpartition('/tests/')[2]).parts[0]
    return None


def main():
    tests = json.loads(subprocess.run(['meson', 'introspect', '--tests', sys.argv[1]], capture_output=True, check=True).stdout)
    unit_tests = [test for test in tests if test['suite'] == ['pillion:unit']]
    sampled = sample(test['name'] for test in unit_tests if room(test) in SAMPLED_ROOMS)
    print(*(test['name'] for test in unit_tests if room(test) not in SAMPLED_ROOMS), *sampled, sep='\n')


if __name__ == '__main__':
    main()
