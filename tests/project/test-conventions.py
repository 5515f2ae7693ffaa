#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The interface follows docs/conventions.md, as far as the GIRs show."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap
from girfile import C, CORE, GLIB

# Words for a length of time, which must have its own type
SPANS = {'delay', 'delta', 'duration', 'interval', 'timeout'}

# g_test_add_data_func () has this order
AS_IN_GLIB = {'pillion_test_add_data_func', 'pillion_host_suite_add'}

# Points in time that a function returns, without a unit in its name, as GLib's do
POINTS = {'pillion_loop_get_now', 'pillion_loop_get_deadline', 'pillion_host_get_now', 'pillion_poll_source_get_ready_time'}

# Where NULL can be a success although there is an error to return: the result of a task
READERS = {'pillion_' + name for name in (
    'await_boxed', 'await_bytes', 'await_object', 'await_pointer', 'await_string', 'await_variant', 'task_get_boxed', 'task_get_bytes',
    'task_get_object', 'task_get_pointer', 'task_get_string', 'task_get_variant',
)}

# What returns a task that is new, but begins no work: it combines tasks, waits, or has an owner that cancels
WITHOUT_CANCELLABLE = {'pillion_' + name for name in (
    'completions_next', 'event_wait', 'loop_next_frame', 'loop_spawn', 'loop_spawn_at', 'loop_spawn_full', 'loop_spawn_static',
    'queue_get', 'queue_put', 'queue_put_object', 'queue_put_pointer', 'scope_join', 'scope_start', 'scope_start_closure',
    'semaphore_acquire', 'task_all', 'task_and_then', 'task_and_then_closure', 'task_any', 'task_race', 'task_settle', 'task_shield',
    'task_with_deadline', 'task_with_timeout',
)}


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

    def test_what_begins_work_can_be_cancelled(self):
        for symbol, function in girfile.functions(self.library).items():
            result = function.element.find(f'{CORE}return-value')
            kind = result.find(CORE + 'type')
            names = [name for name, _, _ in parameters(function)]
            if kind is None or kind.get(C + 'type') != 'PillionTask*' or result.get('transfer-ownership') != 'full' or result.get('nullable'):
                continue
            with self.subTest(symbol):
                self.assertEqual('cancellable' in names, symbol not in WITHOUT_CANCELLABLE)

    def test_cancellables_and_functions_are_annotated(self):
        for symbol, function in girfile.functions(self.library).items():
            elements = function.element.findall(f'{CORE}parameters/{CORE}parameter')
            names = [element.get('name') for element in elements]
            for element in elements:
                with self.subTest(f'{symbol} {element.get("name")}'):
                    if element.get('name') == 'cancellable':
                        self.assertEqual(element.get('nullable'), '1')
                    if element.get('name') == 'func' and 'destroy' in names:
                        self.assertEqual(element.get('scope'), 'notified')
                        self.assertEqual(int(element.get('closure')), names.index('user_data'))
                        self.assertEqual(int(element.get('destroy')), names.index('destroy'))

    def test_an_error_is_no_reason_to_be_nullable(self):
        for symbol, function in girfile.functions(self.library).items():
            if function.element.get('throws') == '1' and function.element.find(CORE + 'return-value').get('nullable') == '1':
                with self.subTest(symbol):
                    self.assertIn(symbol, READERS)

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
                may_be_null = [parameter.get('nullable') for one in (function, all_functions[symbol[:-len(function.name)] + function.shadows])
                               for parameter in one.element.iterfind(f'{CORE}parameters/{CORE}parameter')
                               if parameter.get('name') in ('func', 'closure')]
                self.assertEqual(may_be_null[0], may_be_null[1])

    def test_times_say_their_unit(self):
        for symbol, function in girfile.functions(self.library).items():
            for name, kind, _ in parameters(function):
                with self.subTest(f'{symbol} {name}'):
                    if name in SPANS:
                        self.assertEqual(kind.rstrip('*'), 'GTimeSpan')
                    if name.endswith('_usec'):
                        self.assertEqual(kind, 'gint64')

    def test_microseconds_are_in_the_name(self):
        """Of properties, fields, and functions that return them."""
        for owner in girfile.namespace(self.library):
            for element in [*owner.findall(CORE + 'property'), *owner.findall(CORE + 'field')]:
                kind, doc = element.find(CORE + 'type'), element.find(CORE + 'doc')
                if kind is None or kind.get('name') not in ('gint64', 'guint64'):
                    continue
                with self.subTest(f'{owner.get("name")}:{element.get("name")}'):
                    says = doc is not None and 'µs' in doc.text
                    self.assertEqual(re.search('[-_]usec$', element.get('name')) is not None, says)
        for symbol, function in girfile.functions(self.library).items():
            result = function.element.find(CORE + 'return-value')
            kind, doc = result.find(CORE + 'type'), result.find(CORE + 'doc')
            if kind is not None and kind.get('name') == 'gint64' and doc is not None and 'µs' in doc.text:
                with self.subTest(symbol):
                    self.assertTrue(symbol.endswith('_usec') or symbol in POINTS)

    def test_each_property_has_a_getter(self):
        hosts = {owner.get('name') for owner in girfile.namespace(self.library) if owner.find(f'{CORE}implements[@name="Host"]') is not None}
        for owner in girfile.namespace(self.library):
            for element in owner.findall(CORE + 'property'):
                with self.subTest(f'{owner.get("name")}:{element.get("name")}'):
                    if owner.get('name') not in hosts or element.get('name') != 'name':
                        self.assertTrue(element.get('getter'))
                    if element.get('writable') == '1' and element.get('construct-only') != '1':
                        self.assertTrue(element.get('setter'))

    def test_accessors_have_the_name_of_their_property(self):
        for owner in girfile.namespace(self.library):
            for element in owner.findall(CORE + 'property'):
                name = element.get('name').replace('-', '_')
                with self.subTest(f'{owner.get("name")}:{element.get("name")}'):
                    if element.get('getter'):
                        self.assertIn(element.get('getter'), (f'get_{name}', f'is_{name}', f'dup_{name}'))
                    if element.get('setter'):
                        self.assertEqual(element.get('setter'), f'set_{name}')
                    self.assertFalse(element.get('name').endswith('timeout'))

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
