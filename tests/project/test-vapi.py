#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Each vapi has everything that the GIR has, with the same nullability, ownership and errors."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import girfile
import tap
from girfile import C, CORE, GLIB

# What Vala does not need, or has in another form
LEFT_OUT = {
    'Kick.copy': 'the report is a struct: assignment copies it',
    'Kick.free': 'the report is a struct, on the stack',
    'Kick.slowest_name': 'is read by get_slowest_name ()',
    'Kick.reserved': 'is room to grow',
    'Task.wait_finish': 'is the second half of `yield task.wait_async ()`',
    'WaitFunc': 'is what set_wait_func () takes',
} | {
    f'{function.owner}.{function.name}'.lstrip('.'): 'is for overrides'
    for symbol, function in girfile.functions().items() if symbol in girfile.for_bindings()
}

# Types that are passed by value, so nothing owns them
VALUES = {'gboolean', 'gint', 'guint', 'gint64', 'guint64', 'gdouble', 'gsize', 'none', 'GLib.Quark', 'GLib.TimeSpan', 'GType',
          'GLib.IOCondition'}


class Member:
    """A method or a delegate, as declared by the vapi."""

    def __init__(self, line):
        line = re.sub(r'\[CCode \([^\]]*\)\] ?', '', line)
        match = re.match(r'(?P<before>.*?)(?P<name>[@\w.]+) \((?P<parameters>.*)\)(?P<throws> throws GLib\.Error)?;$', line)
        self.before = match['before'].split()
        self.throws = bool(match['throws'])
        self.parameters = {}
        for parameter in re.split(r', (?![^<]*>)', match['parameters']) if match['parameters'] else []:
            words = parameter.split(' = ')[0].split()
            self.parameters[words[-1].lstrip('@')] = words[:-1]


def read_vapi(library):
    """For each name of a type, the lines that declare its members; for '', those of the namespace."""
    types = {'': []}
    inside = None
    with open(library.vapi, encoding='utf-8') as file:
        for line in file:
            opening = re.match(r'\tpublic (?:sealed )?(?:class|interface|struct|enum|errordomain) (\w+)', line)
            if opening:
                inside = types.setdefault(opening[1], [])
            elif line == '\t}\n':
                inside = None
            elif inside is not None and line.startswith('\t\t') and not line.startswith('\t\t['):
                inside.append(line.strip())
            elif inside is None and line.startswith('\tpublic '):
                types[''].append(line.strip())
    return types


def is_nullable(element):
    return element.get('nullable') == '1'


class Vapi:
    library = None

    @classmethod
    def setUpClass(cls):
        cls.types = read_vapi(cls.library)
        cls.namespace = girfile.namespace(cls.library)
        cls.values = set(VALUES)
        for tag in ('enumeration', 'bitfield', 'alias'):
            cls.values |= {element.get('name') for element in cls.namespace.findall(CORE + tag)}
        cls.callbacks = {element.get('name') for element in cls.namespace.findall(CORE + 'callback')}

    def find(self, owner, pattern, what):
        if what in LEFT_OUT:
            self.assertEqual([line for line in self.types[owner] if re.search(pattern, line)], [], f'{what} is there')
            return None
        with self.subTest(what):
            found = [line for line in self.types.get(owner, []) if re.search(pattern, line)]
            self.assertEqual(len(found), 1, f'{what} is not in the vapi')
            return found[0]

    def element_type(self, element):
        found = element.find(CORE + 'type')
        return found.get('name') if found is not None else 'array'

    def compare(self, what, line, element, is_constructor=False):
        """Compares a callable in the vapi with that in the GIR"""
        member = Member(line)
        returned = element.find(CORE + 'return-value')
        name = self.element_type(returned)
        with self.subTest(what):
            # The second half of an asynchronous function throws its errors
            self.assertEqual(member.throws, element.get('throws') == '1' or 'async' in member.before, 'throws')
            if not is_constructor:
                self.assertEqual(member.before[-1].endswith('?'), is_nullable(returned), 'the result may be null')
                if name not in self.values and name != 'array':
                    self.assertEqual('unowned' in member.before, returned.get('transfer-ownership') == 'none', 'who owns the result')
        parameters = element.find(CORE + 'parameters')
        for parameter in parameters.findall(CORE + 'parameter') if parameters is not None else []:
            with self.subTest(f'{what}: {parameter.get("name")}'):
                self.compare_parameter(member, parameter, element)

    def compare_parameter(self, member, parameter, element):
        parameters = element.find(CORE + 'parameters')
        words = member.parameters.get(parameter.get('name'))
        kind = self.element_type(parameter)
        hidden = {int(other.get(key)) for other in parameters.findall(CORE + 'parameter') for key in ('closure', 'destroy')
                  if other.get(key)}
        hidden |= {int(array.get('length')) for array in element.iter(CORE + 'array') if array.get('length')}
        index = parameters.findall(CORE + 'parameter').index(parameter)
        if index in hidden or kind in ('GLib.DestroyNotify', 'Gio.AsyncReadyCallback') or parameter.get('name') == 'user_data':
            self.assertIsNone(words)
            return
        self.assertIsNotNone(words, 'is not there')
        self.assertEqual('out' in words, parameter.get('direction') == 'out', 'out')
        if kind not in self.values and parameter.get('direction') != 'out':
            self.assertEqual(words[-1].endswith('?'), is_nullable(parameter), 'may be null')
            wanted = parameter.get('transfer-ownership') == 'full' or (kind in self.callbacks and parameter.get('destroy') is not None)
            self.assertEqual('owned' in words, wanted, 'who owns it')

    def test_functions(self):
        functions = girfile.functions(self.library)
        self.assertGreater(len(functions), 20)
        for function in functions.values():
            # Vala calls the plain function where other languages pass a closure
            if function.shadows or not (function.introspectable or function.shadowed):
                continue
            what = f'{function.owner}.{function.name}' if function.owner else function.name
            if function.kind == 'constructor':
                suffix = function.name[4:] if function.name != 'new' else ''
                name = function.owner + (rf'\.{suffix}' if suffix else '')
                pattern = rf'^public {name} \('
            else:
                pattern = rf'^public .*[ ]@?{function.name} \((?!.*signal)'
            line = self.find(function.owner, pattern, what)
            if line is not None:
                self.compare(what, line, function.element, function.kind == 'constructor')

    def test_types(self):
        for tag in ('class', 'interface', 'record', 'enumeration', 'bitfield'):
            for element in self.namespace.findall(CORE + tag):
                if element.get(GLIB + 'is-gtype-struct-for') or element.get('disguised') == '1' or element.get('introspectable') == '0':
                    continue
                with self.subTest(element.get('name')):
                    self.assertIn(element.get('name'), self.types)

    def test_members(self):
        for element in self.namespace.findall(CORE + 'enumeration') + self.namespace.findall(CORE + 'bitfield'):
            for member in element.findall(CORE + 'member'):
                name = member.get('name').upper()
                self.find(element.get('name'), rf'^{name}[,;]?$', f'{element.get("name")}.{name}')
        for element in self.namespace.findall(CORE + 'record'):
            if element.get(GLIB + 'is-gtype-struct-for') or element.get('disguised') == '1' or element.get('introspectable') == '0':
                continue
            for field in element.findall(CORE + 'field'):
                self.find(element.get('name'), rf' {field.get("name")};$', f'{element.get("name")}.{field.get("name")}')

    def test_properties(self):
        for element in self.namespace.findall(CORE + 'class'):
            owner = element.get('name')
            methods = {method.get('name'): method for method in element.findall(CORE + 'method')}
            for prop in element.findall(CORE + 'property'):
                name = prop.get('name').replace('-', '_')
                line = self.find(owner, rf'^public .* {name} \{{', f'{owner}:{name}')
                if line is None:
                    continue
                with self.subTest(f'{owner}:{name}'):
                    self.assertEqual(' set;' in line, prop.get('writable') == '1' and prop.get('construct-only') != '1')
                    self.assertEqual(' construct;' in line, prop.get('construct-only') == '1')
                    getter = methods.get(prop.get('getter'))
                    if getter is not None:
                        self.assertEqual(line.split(f' {name} ')[0].endswith('?'), is_nullable(getter.find(CORE + 'return-value')),
                                         'may be null')

    def test_signals(self):
        for element in self.namespace.findall(CORE + 'class'):
            owner = element.get('name')
            for signal in element.findall(GLIB + 'signal'):
                name = signal.get('name').replace('-', '_')
                line = self.find(owner, rf'^public signal .* {name} \(', f'{owner}::{name}')
                if line is not None:
                    self.compare(f'{owner}::{name}', line, signal)

    def test_virtual_methods(self):
        for element in self.namespace.findall(CORE + 'interface'):
            for method in element.findall(CORE + 'virtual-method'):
                self.find(element.get('name'), rf'^public (abstract|virtual) .*{method.get("name")} \(',
                          f'{element.get("name")}.{method.get("name")}')

    def test_delegates(self):
        for element in self.namespace.findall(CORE + 'callback'):
            if element.get('introspectable') == '0':
                continue
            line = self.find('', rf'^public delegate .* {element.get("name")} \(', element.get('name'))
            if line is not None:
                self.compare(element.get('name'), line, element)

    def test_constants(self):
        for element in self.namespace.findall(CORE + 'constant'):
            self.find('', rf'^public const \w+ {element.get("name")};$', element.get('name'))


class Core(Vapi, unittest.TestCase):
    library = girfile.PILLION

    def test_what_is_left_out_is_in_the_gir(self):
        known = {f'{function.owner}.{function.name}'.lstrip('.') for function in girfile.functions().values()}
        known |= {f'{record.get("name")}.{field.get("name")}' for record in self.namespace.findall(CORE + 'record')
                  for field in record.findall(CORE + 'field')}
        known |= {callback.get('name') for callback in self.namespace.findall(CORE + 'callback')}
        self.assertEqual(sorted(set(LEFT_OUT) - known), [])


class Http(Vapi, unittest.TestCase):
    library = girfile.PILLION_HTTP


if __name__ == '__main__':
    tap.main()
