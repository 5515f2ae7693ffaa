# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs a module's unittest cases and reports in TAP.

A failed subtest (`with self.subTest (…)`) is part of its test; a skip gives its reason.
"""

import os
import sys
import unittest

from sample import sample_suite


class TapResult(unittest.TestResult):
    def __init__(self, stream):
        super().__init__()
        self.tap = stream
        self.good = True
        self.directive = ''

    def say(self, text):
        print(text, file=self.tap, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.good = True
        self.directive = ''

    def stopTest(self, test):
        # Here rather than one by one, because a test and its clean-up may both fail
        super().stopTest(test)
        _, case, method = test.id().rsplit('.', 2)
        directive = self.directive if self.good else ''
        self.say(f'{"ok" if self.good else "not ok"} {self.testsRun} {case}.{method}{directive}')

    def fail(self, test, err):
        self.good = False
        # To stderr, which Meson shows for a failed test
        print(f'{test.id()}:\n{self._exc_info_to_string(err, test)}', file=sys.stderr, flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        self.fail(test, err)
        if not isinstance(test, unittest.TestCase):  # a class or a module that could not be set up
            self.testsRun += 1
            self.say(f'not ok {self.testsRun} {test}')

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.directive = f' # SKIP {reason}'

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.fail(subtest, err)


def main(module='__main__', sampled=False):
    """Runs the module's tests, or a sample of them; names on the command line choose some of them."""
    loader = unittest.defaultTestLoader
    module = sys.modules[module]
    names = sys.argv[1:]
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    if sampled and not names:
        suite = sample_suite(suite)

    # What tests print goes to stderr, so that it can't break the TAP
    tap = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    print(f'1..{suite.countTestCases()}', file=tap, flush=True)
    result = TapResult(tap)
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
