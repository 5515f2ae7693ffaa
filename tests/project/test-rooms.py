#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Which parts of the sources know which: arrows point down only, and no two rooms of one floor include each other.

A room is a folder of src/. A file knows what it includes; a header with a file's own name, with or without `-private`, is the
same file.
"""

import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])

# The rooms of libpillion-1, from the ground up. libpillion-http-1 is beside them, on the public interface and one private header.
FLOORS = [{'base'}, {'core'}, {'host', 'task'}, {'loop', 'fiber'}, {'test'}]
HTTP = 'http'
PRIVATE = 'core/pillion-private.h'


def includes(path):
    """The names in quotation marks, and those of the public headers."""
    text = re.sub(r'/\*.*?\*/', '', path.read_text(encoding='utf-8'), flags=re.DOTALL)
    return re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', text, re.MULTILINE)


def sources(folder):
    return sorted(path for path in (SOURCE / folder).rglob('*') if path.suffix in ('.c', '.h', '.S'))


def unit(name):
    return re.sub(r'(-private)?\.[chS]$', '', name)


def circles(graph):
    """The sets of nodes that reach each other (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            circle = set()
            while not circle or last != node:
                last = stack.pop()
                circle.add(last)
            if len(circle) > 1:
                found.append(frozenset(circle))

    for node in graph:
        if node not in index:
            visit(node)
    return found


class Rooms(unittest.TestCase):
    def setUp(self):
        self.floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

    def test_each_room_has_a_floor(self):
        rooms = {path.name for path in (SOURCE / 'src').iterdir() if path.is_dir()}
        self.assertEqual(rooms, set(self.floor) | {HTTP})

    def test_arrows_point_down(self):
        wrong = []
        for path in sources('src'):
            room = path.parent.name
            for name in includes(path):
                other, _, _ = name.partition('/')
                if room in self.floor and other in self.floor and other != room and self.floor[other] >= self.floor[room]:
                    wrong.append(f'{path.relative_to(SOURCE)}: {name}')
        self.assertEqual(wrong, [])

    def test_core_library_knows_nothing_of_http(self):
        for path in sources('src'):
            if path.parent.name != HTTP:
                for name in includes(path):
                    self.assertNotRegex(name, '^http/|pillion-http|soup|json-glib', path)

    def test_http_stands_on_the_public_interface_and_one_header(self):
        known = {name for path in sources('src/http') for name in includes(path) if name.partition('/')[0] in self.floor}
        self.assertEqual(known, {PRIVATE})

    def test_that_header_stands_on_base_alone(self):
        self.assertEqual({name.partition('/')[0] for name in includes(SOURCE / 'src' / PRIVATE)}, {'base', 'pillion'})

    def test_base_knows_no_type_of_the_public_interface(self):
        for path in sources('src/base'):
            for name in includes(path):
                self.assertNotRegex(name, '^pillion', path)

    def test_everything_else_uses_the_public_interface_alone(self):
        """The command, the examples and the hosts show what any program can do."""
        for folder in ('tools', 'examples', 'hosts', 'bench'):
            for path in sources(folder):
                for name in includes(path):
                    self.assertNotRegex(name, r'-private\.h$', path)
                    self.assertNotIn(name.partition('/')[0], {*self.floor, HTTP}, f'{path}: {name}')
                    if name.startswith('pillion'):
                        self.assertIn(name, ('pillion/pillion.h', 'pillion-http/pillion-http.h'), path)
        for name in ('tools/pillion', 'examples', 'bench'):
            self.assertNotIn('internal', (SOURCE / name / 'meson.build').read_text(encoding='utf-8'), name)


class Circles(unittest.TestCase):
    def test_files_of_a_room_know_each_other_one_way(self):
        graph = {}
        for path in sources('src'):
            own = unit(f'{path.parent.name}/{path.name}')
            known = {unit(name) for name in includes(path) if re.match(r'\w+/pillion-', name)}
            graph.setdefault(own, set()).update(known - {own})
        self.assertEqual(circles(graph), [])

    def test_a_circle_is_seen(self):
        self.assertEqual(circles({'a': {'b'}, 'b': {'c'}, 'c': {'a', 'd'}, 'd': set()}), [frozenset('abc')])
        self.assertEqual(circles({'a': {'b', 'c'}, 'b': {'c'}, 'c': set()}), [])


if __name__ == '__main__':
    tap.main()
