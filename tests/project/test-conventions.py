#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The interface follows docs/conventions.md, as far as the GIRs show."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap
from girfile import C, CORE, GLIB

# Words for a length of time, which must have its own type
SPANS = {'delay', 'delta', 'duration', 'interval', 'timeout'}

# g_test_add_data_func () has this order
AS_IN_GLIB = {'pillion_test_add_data_func'}

# Seconds, as GSocket:timeout has them
SECONDS = {'idle-timeout'}


def parameters(function):
    """The names and C types of a function's parameters, without the instance."""
    found = []
    for parameter in function.element.iterfind(f'{CORE}parameters/{CORE}parameter'):
        kind = parameter.find(CORE + 'type')
        found.append((parameter.get('name'), '' if kind is None else kind.get(C + 'type', ''), parameter.get('scope')))
    return found


class Conventions:
    library: girfile.Library

    def test_cancellable_comes_before_the_function(self):
        for symbol, function in girfile.functions(self.library).items():
            names = [name for name, _, _ in parameters(function)]
            for last in {'func', 'callback', 'closure', 'user_data', 'destroy'} & set(names):
                if 'cancellable' in names:
                    with self.subTest(symbol):
                        self.assertLess(names.index('cancellable'), names.index(last))

    def test_function_data_and_destroy_end_the_parameters(self):
        count = 0
        for symbol, function in girfile.functions(self.library).items():
            names = [name for name, _, _ in parameters(function)]
            if 'user_data' not in names or symbol in AS_IN_GLIB:
                continue
            count += 1
            with self.subTest(symbol):
                tail = names[names.index('user_data') - 1:]
                self.assertIn(tail, (['func', 'user_data', 'destroy'], ['callback', 'user_data']))
        if self.library is girfile.PILLION:
            self.assertGreater(count, 10)

    def test_each_function_pointer_has_a_closure_for_bindings(self):
        for symbol, function in girfile.functions(self.library).items():
            if not function.introspectable or symbol in girfile.for_bindings():
                continue
            if any(scope == 'notified' for _, _, scope in parameters(function)):
                with self.subTest(symbol):
                    self.assertTrue(function.shadowed, 'there is no closure form with (rename-to)')

    def test_closures_stand_in_for_a_function_pointer(self):
        all_functions = girfile.functions(self.library)
        for symbol, function in all_functions.items():
            if not symbol.endswith('_closure') or not function.introspectable:
                continue
            with self.subTest(symbol):
                self.assertTrue(function.shadows)
                plain = [name for name, _, _ in parameters(all_functions[symbol[:-len(function.name)] + function.shadows])]
                own = [name for name, _, _ in parameters(function)]
                self.assertEqual(own, plain[:plain.index('func')] + ['closure'])

    def test_times_say_their_unit(self):
        for symbol, function in girfile.functions(self.library).items():
            for name, kind, _ in parameters(function):
                with self.subTest(f'{symbol} {name}'):
                    if name in SPANS:
                        self.assertEqual(kind.rstrip('*'), 'GTimeSpan')
                    if name.endswith('_usec'):
                        self.assertEqual(kind, 'gint64')

    def test_accessors_have_the_name_of_their_property(self):
        for owner in girfile.namespace(self.library):
            for element in owner.findall(CORE + 'property'):
                name = element.get('name').replace('-', '_')
                with self.subTest(f'{owner.get("name")}:{element.get("name")}'):
                    if element.get('getter'):
                        self.assertIn(element.get('getter'), (f'get_{name}', f'is_{name}', f'dup_{name}'))
                    if element.get('setter'):
                        self.assertEqual(element.get('setter'), f'set_{name}')
                    if element.get('name').endswith('timeout'):
                        self.assertIn(element.get('name'), SECONDS)

    def test_all_that_is_public_is_described_and_dated(self):
        count = 0
        for symbol, function in girfile.functions(self.library).items():
            if symbol in girfile.get_type_functions(self.library):
                continue
            count += 1
            with self.subTest(symbol):
                self.assertIsNotNone(function.element.find(CORE + 'doc'))
                self.assertTrue(function.element.get('version'), 'Since: is missing')
        for owner in girfile.namespace(self.library):
            for element in [*owner.findall(CORE + 'property'), *owner.findall(GLIB + 'signal')]:
                count += 1
                with self.subTest(f'{owner.get("name")}:{element.get("name")}'):
                    self.assertIsNotNone(element.find(CORE + 'doc'))
                    self.assertTrue(element.get('version'), 'Since: is missing')
        self.assertGreater(count, 40)


class Core(Conventions, unittest.TestCase):
    library = girfile.PILLION


class Http(Conventions, unittest.TestCase):
    library = girfile.PILLION_HTTP


if __name__ == '__main__':
    tap.main()
