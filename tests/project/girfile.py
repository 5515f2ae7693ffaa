# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The two libraries, and the functions that their GIRs describe."""

import dataclasses
import os
import re
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

SOURCE = os.environ['PILLION_SOURCE_DIR']
BUILD = os.environ['PILLION_BUILD_DIR']


@dataclasses.dataclass(frozen=True)
class Library:
    namespace: str  # PillionHttp
    name: str       # pillion-http
    macro: str      # PILLION_HTTP

    @property
    def gir(self):
        return os.path.join(BUILD, 'src', f'{self.namespace}-1.gir')

    @property
    def vapi(self):
        return os.path.join(BUILD, 'src', f'{self.name}-1.vapi')

    @property
    def binary(self):
        return os.path.join(BUILD, 'src', f'lib{self.name}-1.so')


PILLION = Library('Pillion', 'pillion', 'PILLION')
PILLION_HTTP = Library('PillionHttp', 'pillion-http', 'PILLION_HTTP')
LIBRARIES = (PILLION, PILLION_HTTP)


def for_bindings():
    """The symbols that only the overrides use: exported and in the GIR, but in no installed header."""
    with open(os.path.join(SOURCE, 'src/core/pillion-binding.h'), encoding='utf-8') as header:
        return set(re.findall(r'\b(pillion_\w+)\s*\(', header.read()))


@dataclasses.dataclass
class Function:
    symbol: str          # pillion_task_cancel
    kind: str            # constructor, method or function
    owner: str           # Task, or '' for a function of the namespace
    name: str            # cancel
    introspectable: bool
    shadows: str         # the plain function that this one replaces in bindings, or ''
    shadowed: bool       # whether another one replaces this in bindings
    element: ElementTree.Element


def namespace(library=PILLION):
    return ElementTree.parse(library.gir).getroot().find(CORE + 'namespace')


def functions(library=PILLION):
    """All functions, methods and constructors of the namespace, by symbol."""
    found = {}

    def collect(parent, owner):
        for kind in ('constructor', 'method', 'function'):
            for element in parent.findall(CORE + kind):
                if element.get('moved-to'):
                    continue
                symbol = element.get(C + 'identifier')
                found[symbol] = Function(symbol, kind, owner, element.get('name'),
                                         element.get('introspectable') != '0', element.get('shadows', ''),
                                         element.get('shadowed-by') is not None, element)

    top = namespace(library)
    collect(top, '')
    for child in top:
        if child.tag in (CORE + t for t in ('class', 'interface', 'record', 'enumeration', 'bitfield')):
            collect(child, child.get('name'))
    return found


def get_type_functions(library=PILLION):
    """The symbols of the functions that register the namespace's types."""
    found = {element.get(GLIB + 'get-type') for element in namespace(library).iter()}
    return {symbol for symbol in found if symbol and symbol != 'intern'}
