#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes the type stub of a namespace as PyGObject presents it: make-stub.py GIR OVERRIDE STUB

The GIR says what the library has. The source of the override says what that adds or replaces: the names in its __all__, and
those that a function of the override puts there, with their annotations. A class of the override extends the library's class of
that name. If a method replaces one of the library's, its parameters without an annotation have the types of the library's
parameters of the same names. A method that is made from one of the library's, as in `name = decorated (Namespace.Class.name)`,
has the types of that one.

Overrides say what only type checkers need in annotations, which nothing evaluates:

- `__class_getitem__: Generic[T]` makes a class generic.
- `name: Callable[..., R]`, with or without a value, says what a method of the library returns.
- `func: Callable[[*Ts], R], *args: *Ts` stands for overloads with up to MAX_ARGUMENTS arguments that are checked, because mypy
  before 1.7 doesn't know type variable tuples.

PyGObject presents a function as follows. Arguments that C writes to become results. The length of an array is left out, and a
GError is raised. Trailing arguments that may be NULL are optional. A callback at the end may be followed by any number of
values, which are passed to each call; a callback further ahead always gets one value.
"""

import ast
import copy
import pathlib
import re
import sys
import textwrap
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

WIDTH = 120

# Up to how many further arguments of a function are checked
MAX_ARGUMENTS = 4

BASIC = {'none': 'None', 'gboolean': 'bool', 'gfloat': 'float', 'gdouble': 'float', 'utf8': 'str', 'filename': 'str',
         'gunichar': 'str', 'gpointer': 'Any', 'gconstpointer': 'Any', 'GType': 'type[Any] | GObject.GType'}
BASIC.update(dict.fromkeys(['gchar', 'guchar', 'gshort', 'gushort', 'gint', 'guint', 'glong', 'gulong', 'gsize', 'gssize',
                            'goffset', 'gintptr', 'guintptr', 'gint8', 'guint8', 'gint16', 'guint16', 'gint32', 'guint32',
                            'gint64', 'guint64'], 'int'))

# Types that Python presents differently
FOREIGN = {'GLib.Quark': 'int', 'GLib.TimeSpan': 'int', 'GObject.Value': 'Any', 'GObject.Closure': 'Callable[..., Any]',
           'Pillion.Task': 'Pillion.Task[Any]'}
BASES = {'class': 'GObject.Object', 'interface': 'GObject.GInterface', 'record': 'GObject.GBoxed',
         'enumeration': 'GObject.GEnum', 'bitfield': 'GObject.GFlags'}

# The methods of GObject that are used on our classes, if there are no stubs of GObject
OBJECT_METHODS = '''\
def connect(self, detailed_signal: str, handler: Callable[..., Any], *args: Any) -> int: ...
def connect_after(self, detailed_signal: str, handler: Callable[..., Any], *args: Any) -> int: ...'''

# A property that is set to a member of an enumeration or to its name, and is a member
CHOICE_CLASS = '''\
_Member = TypeVar('_Member')

class _Choice(Generic[_Member]):
    def __get__(self, owner: object, kind: Any = None) -> _Member: ...
    def __set__(self, owner: object, value: _Member | str) -> None: ...'''

# The base class of awaitable classes, in place of GObject.Object. Without stubs of GObject, a class derived from that could have any
# type, even asyncio.Future, and type checkers couldn't tell what gather () or wait_for () returns.
AWAITABLE_BASE = '_Object'
AWAITABLE_BASE_CLASS = f'''\
class {AWAITABLE_BASE}:
    __gtype__: ClassVar[GObject.GType]
    ref_count: int
    def bind_property(self, source_property: str, target: Any, target_property: str, flags: Any = ...,
                      transform_to: Callable[..., Any] | None = ..., transform_from: Callable[..., Any] | None = ...,
                      user_data: Any = ...) -> Any: ...
    def chain(self, *args: Any) -> Any: ...
    def connect(self, detailed_signal: str, handler: Callable[..., Any], *args: Any) -> int: ...
    def connect_after(self, detailed_signal: str, handler: Callable[..., Any], *args: Any) -> int: ...
    def connect_data(self, detailed_signal: str, handler: Callable[..., Any], *data: Any, connect_flags: Any = ...) -> int: ...
    def connect_object(self, detailed_signal: str, handler: Callable[..., Any], object: Any, *args: Any) -> int: ...
    def connect_object_after(self, detailed_signal: str, handler: Callable[..., Any], object: Any, *args: Any) -> int: ...
    def disconnect(self, handler_id: int) -> None: ...
    def disconnect_by_func(self, func: Callable[..., Any]) -> int: ...
    def emit(self, signal_name: str, *args: Any) -> Any: ...
    @classmethod
    def find_property(cls, property_name: str) -> Any: ...
    def freeze_notify(self) -> Any: ...
    def get_properties(self, *names: str) -> tuple[Any, ...]: ...
    def get_property(self, property_name: str) -> Any: ...
    def handler_block(self, handler_id: int) -> Any: ...
    def handler_block_by_func(self, func: Callable[..., Any]) -> int: ...
    def handler_disconnect(self, handler_id: int) -> None: ...
    def handler_is_connected(self, handler_id: int) -> bool: ...
    def handler_unblock(self, handler_id: int) -> None: ...
    def handler_unblock_by_func(self, func: Callable[..., Any]) -> int: ...
    @classmethod
    def list_properties(cls) -> list[Any]: ...
    def notify(self, property_name: str) -> None: ...
    def set_properties(self, **properties: Any) -> None: ...
    def set_property(self, property_name: str, value: Any) -> None: ...
    def stop_emission_by_name(self, detailed_signal: str) -> None: ...
    def thaw_notify(self) -> None: ...
    def weak_ref(self, callback: Callable[..., Any] | None = ..., *args: Any) -> Any: ...'''


def tag(element):
    return element.tag.rpartition('}')[2]


def children(element, *tags):
    return [child for child in element if tag(child) in tags]


def is_there(element):
    return element.get('introspectable') != '0' and element.get('shadowed-by') is None


def name_of(element):
    return element.get('shadows') or element.get('name')


def optional(text):
    return text if text in ('Any', 'object') or text.endswith(' | None') else f'{text} | None'


def documentation(element):
    """Returns the first paragraph, without the links of the reference."""
    doc = element.find(CORE + 'doc')
    if doc is None:
        return ''
    text = ' '.join(doc.text.strip().split('\n\n')[0].split())
    text = re.sub(r'\[\w+@[\w.-]+?\.([\w.:-]+)\]', lambda link: link.group(1).replace('::', '.').replace(':', '.props.'), text)
    text = re.sub(r'%(TRUE|FALSE|NULL)\b', lambda word: {'TRUE': 'True', 'FALSE': 'False', 'NULL': 'None'}[word.group(1)], text)
    return re.sub(r'(?<!\w)@(\w+)', r'\1', text)


def docstring(text):
    if not text:
        return []
    text = text.replace('\\', '\\\\').replace('"""', '\'\'\'')
    if text.endswith('"'):
        text += ' '
    # The lines are indented further inside a class or function
    return textwrap.wrap(f'"""{text}"""', WIDTH - 8, break_long_words=False, break_on_hyphens=False)


def indented(lines):
    return ['    ' + line if line else line for line in lines]


class Stub:
    def __init__(self, gir, override):
        root = ElementTree.parse(gir).getroot()
        self.namespace = root.find(CORE + 'namespace')
        # Except those that Gio includes anyway
        self.includes = {include.get('name') for include in root.findall(CORE + 'include')} & {'Pillion'}
        self.here = {name_of(element): element for element in self.namespace if tag(element) in (*BASES, 'callback')}
        self.override = Override(override, self.namespace.get('name'))
        self.results = []  # the classes of multiple results
        # The functions that closure variants stand for, by the symbols of the variants
        self.shadowed = {element.get(C + 'identifier'): next(other for other in parent if other.get('name') == element.get('shadows'))
                         for parent in self.namespace.iter() for element in parent if element.get('shadows')}

    def function_of(self, element):
        """Returns the parameter that a closure of this function stands for."""
        shadowed = self.shadowed[element.get(C + 'identifier')]
        return next(parameter for parameter in self.parameters(shadowed) if parameter.get('scope'))

    # Types

    def type_of(self, element, *, given):
        """Returns the type of a parameter, a result, a field or a property, as passed to C or as received from it."""
        array = element.find(CORE + 'array')
        if array is not None:
            return self.array(array, given)
        kind = element.find(CORE + 'type')
        name = kind.get('name')
        if name in ('GLib.List', 'GLib.SList', 'GLib.PtrArray', 'GLib.Array'):
            return self.array(kind, given)
        if name == 'GLib.HashTable':
            key, value = (self.named(part.get('name')) for part in kind.findall(CORE + 'type'))
            return f'dict[{key}, {value}]'
        named = self.named(name, is_function=element.get('scope') is not None)
        # The overrides take the names of members, too
        return f'{named} | str' if given and self.is_choice(element) else named

    def is_choice(self, element):
        """Whether this is a member of an enumeration of the namespace."""
        kind = element.find(CORE + 'type')
        found = self.here.get(kind.get('name')) if kind is not None else None
        return found is not None and tag(found) == 'enumeration' and found.get(GLIB + 'error-domain') is None

    def array(self, element, given):
        item = self.named(element.find(CORE + 'type').get('name'))
        return f'Sequence[{item}]' if given else f'list[{item}]'

    def named(self, name, is_function=False):
        if name in BASIC:
            return BASIC[name]
        if name in FOREIGN:
            return FOREIGN[name]
        if name in self.here:
            return self.callback(self.here[name]) if tag(self.here[name]) == 'callback' else self.override.type_of(name)
        if '.' in name:
            # A GIR doesn't describe the names of other GIRs. Functions are passed as functions in any case.
            return 'Callable[..., Any]' if is_function else name
        raise SystemExit(f'{name}: no such type')

    def callback(self, element, data=()):
        """Returns the type of a function that C calls. It may return None in place of a result, which stands for false. If C wants
        no result, it may return anything. data: the types of its last parameters."""
        parameters = [parameter for parameter in self.parameters(element) if parameter.get('closure') is None]
        types = []
        for parameter in parameters:
            kind = self.type_of(parameter, given=False)
            types.append(optional(kind) if parameter.get('nullable') == '1' else kind)
        result = element.find(CORE + 'return-value')
        returns = self.type_of(result, given=True)
        if returns == 'None':
            returns = 'object'
        elif returns == 'bool' or result.get('nullable') == '1':
            returns = optional(returns)
        return f'Callable[[{", ".join((*types, *data))}], {returns}]'

    # Functions

    @staticmethod
    def parameters(element):
        found = element.find(CORE + 'parameters')
        return [] if found is None else found.findall(CORE + 'parameter')

    def signatures(self, element):
        """Yields the parameters and the result, once for each way of calling."""
        parameters = self.parameters(element)
        hidden, data = set(), {}
        for index, parameter in enumerate(parameters):
            array = parameter.find(CORE + 'array')
            if array is not None and array.get('length') is not None:
                hidden.add(int(array.get('length')))
            if parameter.get('destroy') is not None and parameter.get('scope') is not None:
                hidden.add(int(parameter.get('destroy')))
            if parameter.get('closure') is not None and parameter.get('scope') is not None:
                data[int(parameter.get('closure'))] = index
        result = element.find(CORE + 'return-value')
        array = result.find(CORE + 'array')
        if array is not None and array.get('length') is not None:
            hidden.add(int(array.get('length')))

        given = [index for index, parameter in enumerate(parameters)
                 if index not in hidden and parameter.get('direction', 'in') != 'out']
        first_optional = len(given)
        while first_optional > 0 and (given[first_optional - 1] in data or
                                      'nullable' in parameters[given[first_optional - 1]].attrib):
            first_optional -= 1

        plain, with_data = [], None
        for place, index in enumerate(given):
            parameter = parameters[index]
            name = parameter.get('name')
            default = ' = None' if place >= first_optional else ''
            if index in data:
                function = parameters[data[index]]
                if place == len(given) - 1:
                    with_data = [*plain, f'{name}: Any', '*more: Any']
                    with_data[given.index(data[index])] = f'{function.get("name")}: Callable[..., Any]'
                    continue
                plain.append(f'{name}: Any{default}')
                continue
            kind = self.type_of(parameter, given=True)
            if parameter.find(CORE + 'type[@name="GObject.Closure"]') is not None and element.get('shadows'):
                kind = self.callback(self.here[self.function_of(element).find(CORE + 'type').get('name')])
            if index in data.values() and tag(self.here.get(parameter.find(CORE + 'type').get('name'), parameter)) == 'callback':
                last = next(at for at, of in data.items() if of == index) == given[-1]
                kind = self.callback(self.here[parameter.find(CORE + 'type').get('name')], () if last else ('Any',))
            plain.append(f'{name}: {optional(kind) if parameter.get("nullable") == "1" else kind}{default}')

        results = []  # pairs of a name and a type
        if result.find(CORE + 'type[@name="none"]') is None and result.get('skip') != '1':
            # A constructor that fails sets an error, or PyGObject raises one
            results.append(('', self.result(result, may_be_none=tag(element) != 'constructor')))
        results += [(parameter.get('name'), self.result(parameter)) for index, parameter in enumerate(parameters)
                    if index not in hidden and parameter.get('direction', 'in') != 'in']
        returns = 'None' if not results else results[0][1] if len(results) == 1 else self.several(element, results)
        # If there are values, none of them is optional
        return [(plain, returns)] + ([([part.replace(' = None', '') for part in with_data], returns)] if with_data else [])

    def result(self, element, may_be_none=True):
        kind = self.type_of(element, given=False)
        if kind == 'GObject.Object':
            # It returns the class itself, which C doesn't say
            return 'Any'
        # A NULL array becomes an empty list
        is_list = kind.startswith('list[')
        return optional(kind) if element.get('nullable') == '1' and may_be_none and not is_list else kind

    def several(self, element, results):
        """Returns the class of multiple results: a tuple, in which the arguments that C writes to have names."""
        name = ''.join(['_', *(part.title() for part in element.get(C + 'identifier', name_of(element)).split('_')[1:])])
        lines = [f'class {name}(tuple[{", ".join(kind for _, kind in results)}]):']
        for label, kind in results:
            if label:
                lines += indented(['@property', f'def {label}(self) -> {kind}: ...'])
        if lines not in self.results:
            self.results.append(lines)
        return name

    def function(self, element, prefix='', own_returns=None):
        kind = tag(element)
        first = {'constructor': ['cls'], 'method': ['self'], 'virtual-method': ['self']}.get(kind, [])
        decorators = {'constructor': ['@classmethod']}.get(kind, [])
        if kind == 'function' and element in self.static:
            decorators = ['@staticmethod']
        signatures = self.signatures(element)
        lines = []
        for index, (parameters, returns) in enumerate(signatures):
            lines += (['@overload'] if len(signatures) > 1 else []) + decorators
            head = f'def {prefix}{name_of(element)}({", ".join(first + parameters)}) -> {own_returns or returns}:'
            doc = docstring(documentation(self.shadowed.get(element.get(C + 'identifier'), element))) if index == 0 else []
            lines += [head, *indented(doc)] if doc else [head + ' ...']
        return lines

    # Types of the namespace

    def enumeration(self, element):
        """An exception that replaces an enumeration of errors has its names, as numbers."""
        name = element.get('name')
        own = self.override.classes.get(name)
        bases = own.bases if own else [BASES[tag(element)]]
        lines = [f'class {name}({", ".join(bases)}):', *indented(docstring((own and own.doc) or documentation(element)))]
        for member in children(element, 'member'):
            lines += indented([f'{member.get("name").upper()}: ClassVar[{"int" if own else name}]', *docstring(documentation(member))])
        return lines + (indented(own.lines({})) if own else self.functions(element))

    def functions(self, element, without=(), returns={}):
        """returns: the types of results, for those methods whose result the override declares."""
        lines = []
        self.static = set(children(element, 'function'))
        for child in children(element, 'constructor', 'function', 'method'):
            if is_there(child) and name_of(child) not in without:
                lines += indented(self.function(child, own_returns=returns.get(name_of(child))))
        for child in children(element, 'virtual-method'):
            if is_there(child) and 'do_' + name_of(child) not in without:
                lines += indented(self.function(child, prefix='do_'))
        return lines

    def parameter_types(self, element):
        """Returns the types of the parameters of each function, by name. Python functions may take others."""
        types = {}
        for child in children(element, 'constructor', 'function', 'method'):
            if is_there(child):
                plain, _ = self.signatures(child)[0]
                pairs = [part.partition(' = ')[0].split(': ', 1) for part in plain]
                types[name_of(child)] = {label: re.sub(r'Callable\[\[.*\], .*?\]', 'Callable[..., Any]', kind) for label, kind in pairs}
                if child.get('shadows'):
                    types[name_of(child)][self.function_of(child).get('name')] = 'Callable[..., Any]'
        return types

    def property_types(self, element):
        """Yields the name of each property, its types for setting and for getting, and its element."""
        methods = {name_of(method): method for method in children(element, 'method')}
        for child in children(element, 'property'):
            if not is_there(child):
                continue
            getter = methods.get(child.get('getter'))
            had = self.type_of(child, given=False)
            may_be_none = getter is not None and getter.find(CORE + 'return-value').get('nullable') == '1'
            yield (child.get('name').replace('-', '_'), self.type_of(child, given=True) + (' | None' if may_be_none else ''),
                   optional(had) if may_be_none else had, child)

    def attribute(self, label, kind, element):
        """The lines of a property."""
        doc = docstring(documentation(element))
        if element.get('writable') == '1' and element.get('construct-only') != '1':
            return [f'{label}: {kind}', *doc]
        head = f'def {label}(self) -> {kind}:'
        return ['@property', *([head, *indented(doc)] if doc else [head + ' ...'])]

    def record(self, element):
        name = element.get('name')
        bases = [element.get('parent') or BASES[tag(element)],
                 *(child.get('name') for child in children(element, 'implements'))]
        own = self.override.classes.get(name)
        returns = own.take_returns({name_of(child) for child in children(element, 'method')}) if own else {}
        without = own.names if own else set()
        is_awaitable = '__await__' in without
        if is_awaitable:
            bases = [AWAITABLE_BASE if base == BASES['class'] else base for base in bases]
        if own:
            bases = [base for base in own.bases if base not in (name, 'object')] + bases + own.generic
        lines = [f'class {name}({", ".join(bases)}):', *indented(docstring((own and own.doc) or documentation(element)))]
        for field in children(element, 'field'):
            if field.get('private') != '1' and field.get('readable') != '0':
                kind = self.type_of(field, given=False)
                lines += indented([f'{field.get("name")}: {kind}', *docstring(documentation(field))])

        properties = list(self.property_types(element))
        if properties:
            # Not derived from GObject's class, which would have any attribute if there are no stubs of it
            lines += indented(['class Props:'])
            for label, given, had, child in properties:
                lines += indented(indented(self.attribute(label, had, child)))
            lines += indented(['props: Props' + ('' if is_awaitable else '  # type: ignore[assignment]')])
            parents = {element.get('parent'), *(child.get('name') for child in children(element, 'implements'))}
            taken = without | {name_of(child) for base in (element, *self.namespace) if base is element or base.get('name') in parents
                               for child in children(base, 'method', 'virtual-method')}
            for label, given, had, child in properties:
                if label not in taken:
                    is_choice = self.is_choice(child) and child.get('writable') == '1'
                    lines += indented(self.attribute(label, f'_Choice[{had}]' if is_choice else had, child))
        if tag(element) == 'class':
            if '__init__' not in without:
                settable = [f'{label}: {given} = ...' for label, given, had, child in properties
                            if child.get('writable') == '1']
                lines += indented([f'def __init__({", ".join(["self", *(["*"] if settable else []), *settable])}) -> None: ...'])
            if element.get('parent') not in self.here and not is_awaitable:
                lines += indented([line for line in OBJECT_METHODS.splitlines() if line[len('def '):line.index('(')] not in without])
        elif tag(element) == 'record' and '__init__' not in without:
            lines += indented(['def __init__(self) -> None: ...'])
        lines += self.functions(element, without, returns)
        if own:
            lines += indented(own.lines(self.parameter_types(element)))
        return lines if len(lines) > 1 else [lines[0] + ' ...']

    def text(self):
        name = self.namespace.get('name')
        parts = [[
            f'"""The namespace {name} as PyGObject presents it, for type checkers and editors: made from {name}\'s GIR and the',
            'override."""',
            '',
            '# Made by the build: changes are lost',
            '',
            'from collections.abc import Callable, Sequence',
            'from typing import Any, ClassVar, Generic, TypeVar, overload',
            '',
            f'from gi.repository import {", ".join(sorted({"Gio", "GLib", "GObject", *self.includes}))}',
        ]]
        self.static = set()
        names = self.override.functions
        for element in self.namespace:
            kind = tag(element)
            if kind == 'constant' and element.get('name') not in self.override.others:
                parts.append([f'{element.get("name")}: {self.type_of(element, given=False)}'])
            elif kind in ('enumeration', 'bitfield'):
                parts.append(self.enumeration(element))
            elif kind in ('class', 'interface', 'record') and element.get(GLIB + 'is-gtype-struct-for') is None and \
                    element.get('disguised') != '1' and is_there(element):
                parts.append(self.record(element))
            elif kind == 'function' and is_there(element) and name_of(element) not in names:
                parts.append(self.function(element))
        if any('__await__' in own.names for own in self.override.classes.values()):
            parts.append(AWAITABLE_BASE_CLASS.splitlines())
        if any('_Choice[' in line for part in parts for line in part):
            parts.append(CHOICE_CLASS.splitlines())
        parts += self.results
        parts += self.override.parts(self.here)
        rest = '\n'.join('\n'.join(part) for part in parts[1:])
        parts[0] += self.override.imports_for(rest)
        return '\n\n'.join('\n'.join(part) for part in parts) + '\n'


class Override:
    """Reads what the source of an override adds to a namespace."""

    def __init__(self, path, namespace):
        self.namespace = namespace
        tree = ast.parse(pathlib.Path(path).read_text(encoding='utf-8'))
        self.everything = {}
        public, self.imports = set(), []
        publishers = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)
                      and any(isinstance(part, ast.Attribute) and ast.unparse(part) == '__all__.append' for part in ast.walk(node))}
        for node in self.flattened(tree.body):
            public |= self.published(node, publishers)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                # Type checkers don't need PyGObject's internals, or the namespace itself
                module = getattr(node, 'module', None) or ''
                node.names = [name for name in node.names if name.name.split('.')[0] not in ('gi', namespace)]
                if module.split('.')[0] == 'gi' and module != 'gi.repository' or module == '__future__':
                    continue
                if node.names:
                    self.imports.append(node)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if node.targets[0].id == '__all__':
                    public = set(ast.literal_eval(node.value))
                else:
                    self.everything.setdefault(node.targets[0].id, []).append(node)
            elif isinstance(node, ast.AugAssign) and ast.unparse(node.target) == '__all__':
                public |= set(ast.literal_eval(node.value))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.everything.setdefault(node.target.id, []).append(node)
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                self.everything.setdefault(node.name, []).append(node)
        missing = public - set(self.everything)
        if missing:
            raise SystemExit(f'{path}: in __all__, but not there: {", ".join(sorted(missing))}')
        # Type variables that stand for any number of types
        self.tuples = {name for name, nodes in self.everything.items() if isinstance(nodes[0], ast.Assign)
                       and re.match(r'(typing\.)?TypeVarTuple\(', ast.unparse(nodes[0].value))}
        self.wanted = self.with_what_they_need(public)
        self.classes, self.functions, self.others = {}, {}, {}
        for name, nodes in self.everything.items():
            if name not in self.wanted or name in self.tuples:
                continue
            # A class may be registered by assigning to its own name: the class is what counts
            first = nodes[0]
            if isinstance(first, ast.ClassDef):
                self.classes[name] = Class(self, first)
            elif isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions[name] = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
            else:
                self.others[name] = first

    def imports_for(self, text):
        """Returns the imports, with those of their names that a text uses."""
        for node in self.imports:
            names = [name for name in node.names if re.search(rf'\b{name.asname or name.name.split(".")[0]}\b', text)]
            if names:
                yield ast.unparse(ast.ImportFrom(node.module, names, node.level) if isinstance(node, ast.ImportFrom) else ast.Import(names))

    def type_of(self, name):
        """Returns the type of an object of a class that may be generic, if nothing more is known."""
        own = self.classes.get(name)
        return f'{name}[Any]' if own and own.generic else name

    @staticmethod
    def published(node, publishers):
        """Returns what a function puts into __all__, by decorating it or by being called with it."""
        def publishes(expression):
            return isinstance(expression, ast.Name) and expression.id in publishers

        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            return {node.name} if any(publishes(decorator) for decorator in node.decorator_list) else set()
        call = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
        if isinstance(call, ast.Call) and publishes(call.func):
            name = node.targets[0] if isinstance(node, ast.Assign) else call.args[0]
            return {name.id} if isinstance(name, ast.Name) else set()
        return set()

    def flattened(self, body):
        for node in body:
            if isinstance(node, ast.If):
                yield from self.flattened(node.body)
            elif isinstance(node, ast.Try):
                yield from self.flattened(node.body)
            else:
                yield node

    def with_what_they_need(self, names):
        """Returns the names, and those of private types that their annotations and bases use."""
        found, left = set(), set(names)
        while left:
            name = left.pop()
            found.add(name)
            for node in self.everything[name]:
                used = set()
                for part in ast.walk(node):
                    for field in ('annotation', 'returns', 'bases'):
                        value = getattr(part, field, None)
                        for expression in value if isinstance(value, list) else [value]:
                            if expression is not None:
                                used |= {leaf.id for leaf in ast.walk(self.plain(expression)) if isinstance(leaf, ast.Name)}
                if isinstance(node, ast.Assign) and not isinstance(self.everything[name][0], ast.ClassDef):
                    used |= {leaf.id for leaf in ast.walk(node.value) if isinstance(leaf, ast.Name)}
                left |= (used & set(self.everything)) - found
        return found

    def plain(self, expression):
        """Returns an annotation without quotes and without the name of the namespace."""
        namespace = self.namespace

        class Plain(ast.NodeTransformer):
            def visit_Constant(self, node):
                return self.visit(ast.parse(node.value, mode='eval').body) if isinstance(node.value, str) else node

            def visit_Attribute(self, node):
                self.generic_visit(node)
                if isinstance(node.value, ast.Name) and node.value.id == namespace:
                    return ast.Name(node.attr, ast.Load())
                return node

            def visit_Subscript(self, node):
                # The strings of a Literal aren't types
                return node if ast.unparse(node.value).rpartition('.')[2] == 'Literal' else self.generic_visit(node)

        return Plain().visit(copy.deepcopy(expression))

    def definitions(self, node, name=None, owner=None, types={}):
        """Returns a function for the stub, more than once if the types of its further arguments are checked."""
        vararg = node.args.vararg
        further = vararg.annotation if vararg is not None else None
        if not isinstance(further, ast.Starred) or further.value.id not in self.tuples:
            return self.definition(node, name, owner, types)
        lines = []
        for count in range(MAX_ARGUMENTS + 2):
            some = Further(further.value.id, count).visit(copy.deepcopy(node))
            if count > 0:
                some.body = [ast.Pass()]  # one docstring is enough
            some.decorator_list.insert(0, ast.Name('overload', ast.Load()))
            lines += self.definition(some, name, owner, types)
        return lines

    def definition(self, node, name=None, owner=None, types={}):
        """Returns a function for the stub. types: for parameters without an annotation."""
        node = copy.deepcopy(node)
        node.name = name or node.name
        arguments = node.args
        everyone = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        for argument in everyone:
            if argument is not None and argument.annotation is not None:
                argument.annotation = self.plain(argument.annotation)
        in_class = bool(everyone) and everyone[0] is not None and everyone[0].arg in ('self', 'cls')
        for argument in everyone[1 if in_class else 0:]:
            if argument is not None and argument.annotation is None:
                single = argument not in (arguments.vararg, arguments.kwarg)
                argument.annotation = ast.Name(types.get(argument.arg, 'Any') if single else 'Any', ast.Load())
        arguments.defaults = [value if isinstance(value, ast.Constant) else ast.Constant(...) for value in arguments.defaults]
        arguments.kw_defaults = [value if value is None or isinstance(value, ast.Constant) else ast.Constant(...)
                                 for value in arguments.kw_defaults]
        if node.returns is not None:
            node.returns = self.plain(node.returns)
        else:
            returns = {'__init__': 'None', '__new__': owner, '__repr__': 'str', '__str__': 'str', '__len__': 'int', '__bool__': 'bool'}
            node.returns = ast.Name(returns.get(node.name, 'Any'), ast.Load())
        kept = ('property', 'staticmethod', 'classmethod', 'overload')
        node.decorator_list = [decorator for decorator in node.decorator_list if ast.unparse(decorator).split('.')[-1] in
                               (*kept, 'setter')]
        doc = (ast.get_docstring(node) or '').split('\n\n')[0]
        is_generator = any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node))
        if isinstance(node, ast.AsyncFunctionDef) and is_generator:
            # Its annotation says what it returns at once, which isn't awaited
            node = ast.FunctionDef(**{field: getattr(node, field) for field in node._fields}, lineno=0)
        node.body = [ast.Expr(ast.Constant(...))]
        lines = ast.unparse(ast.fix_missing_locations(node)).splitlines()
        assert lines[-1].strip() == '...'
        if any(isinstance(argument.annotation, ast.Name) and argument.annotation.id.endswith('_co') for argument in everyone if argument):
            # As strict as can be: a Task[bool] may be used as a Task[int], and would take any integer then
            lines[-2] += '  # type: ignore[misc]'
        doc = indented(docstring(' '.join(doc.split())))
        return [*lines[:-1], *doc] if doc else [*lines[:-2], lines[-2].replace(':  #', ': ...  #') if '  # type: ' in lines[-2] else lines[-2] + ' ...']

    def parts(self, of_the_library):
        """Returns what isn't part of a class of the library."""
        for name, node in self.others.items():
            if isinstance(node, ast.AnnAssign):
                yield [f'{name}: {ast.unparse(self.plain(node.annotation))}']
            elif isinstance(node.value, ast.Constant):
                yield [f'{name}: {type(node.value.value).__name__}']
            else:
                # A type variable, whose name stays in quotes, or an alias
                value = node.value if isinstance(node.value, ast.Call) else self.plain(node.value)
                yield [f'{name} = {ast.unparse(value)}']
        if self.tuples & self.wanted:
            yield [f'{argument_type(number)} = TypeVar({argument_type(number)!r})' for number in range(1, MAX_ARGUMENTS + 1)]
        for name, own in self.classes.items():
            if name not in of_the_library:
                bases = own.bases + own.generic
                head = f'class {name}({", ".join(bases)}):' if bases else f'class {name}:'
                lines = indented([*docstring(own.doc), *own.lines({})])
                yield [head, *lines] if lines else [head + ' ...']
        for nodes in self.functions.values():
            yield [line for node in nodes for line in self.definitions(node)]


def argument_type(number):
    """Returns the type variable of a further argument."""
    return f'_Argument{number}'


class Further(ast.NodeTransformer):
    """Makes a variant with this many arguments of a function with `*args: *Ts`. Beyond MAX_ARGUMENTS, the types aren't checked."""

    def __init__(self, types, count):
        self.types = types
        self.count = count
        self.is_checked = count <= MAX_ARGUMENTS

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        arguments = node.args
        numbers = range(1, self.count + 1)
        if numbers:
            # They are positional, and so is everything before them
            arguments.posonlyargs = [*arguments.posonlyargs, *arguments.args, *(
                ast.arg(f'arg{number}', ast.Name(argument_type(number) if self.is_checked else 'Any', ast.Load())) for number in numbers)]
            arguments.args = []
            arguments.defaults = []
        if self.is_checked:
            arguments.vararg = None
        else:
            arguments.vararg.annotation = ast.Name('Any', ast.Load())
        return node

    def visit_Subscript(self, node):
        self.generic_visit(node)
        is_function = ast.unparse(node.value).rpartition('.')[2] == 'Callable' and isinstance(node.slice.elts[0], ast.List)
        types = node.slice.elts[0].elts if is_function else []
        if types and isinstance(types[-1], ast.Starred) and types[-1].value.id == self.types:
            if self.is_checked:
                types[-1:] = [ast.Name(argument_type(number), ast.Load()) for number in range(1, self.count + 1)]
            else:
                node.slice.elts[0] = ast.Constant(...)
        return node


class Class:
    def __init__(self, override, node):
        self.override = override
        self.name = node.name
        self.bases = [ast.unparse(override.plain(base)) for base in node.bases]
        self.doc = ' '.join((ast.get_docstring(node) or '').split('\n\n')[0].split())
        self.members = []  # pairs of a name and a node
        self.generic = []  # the base that makes it generic, if it is
        defined = {}
        for member in node.body:
            if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
                before = defined.get(member.name)
                defined[member.name] = member
                if before is None or not self.is_overload(before) or self.is_overload(member):
                    self.members.append((member.name, member))
            elif isinstance(member, ast.AnnAssign) and member.target.id == '__class_getitem__':
                self.generic = [ast.unparse(override.plain(member.annotation))]
            elif isinstance(member, ast.AnnAssign):
                self.members.append((member.target.id, member))
            elif isinstance(member, ast.Assign):
                if f'{override.namespace}.{node.name}.{ast.unparse(member.targets[0])}' in map(ast.unparse, ast.walk(member.value)):
                    continue
                for target in member.targets:
                    same = defined.get(member.value.id) if isinstance(member.value, ast.Name) else None
                    self.members.append((target.id, same or member))
        self.members = [(name, member) for name, member in self.members
                        if not name.startswith('_') or name.startswith('__') and name.endswith('__')
                        if name not in ('__slots__', '__doc__')]
        if {'__new__', '__init__'} <= set(defined):
            self.tell_how_to_make(defined['__new__'])
        self.names = {name for name, _ in self.members}

    @staticmethod
    def is_overload(function):
        return any(ast.unparse(decorator) in ('overload', 'typing.overload') for decorator in function.decorator_list)

    def tell_how_to_make(self, new):
        """If a class has __new__ () and an __init__ () that does nothing, writes the latter with the parameters of the former."""
        init = copy.deepcopy(new)
        init.name = '__init__'
        made = ast.unparse(self.override.plain(new.returns)) if new.returns else f'{self.name}[Any]' if self.generic else None
        # The class with its own type variables need not be named
        plain = made is None or made in (base.replace('Generic', self.name) for base in self.generic)
        init.args.args[0] = ast.arg('self', None if plain else ast.Name(made, ast.Load()))
        init.returns = ast.Constant(None)
        self.members = [(name, init if name == '__init__' else member) for name, member in self.members if name != '__new__']

    def take_returns(self, methods):
        """Returns what methods of the library return, by annotations. These methods aren't the override's."""
        returns = {}
        for name, member in self.members:
            if name in methods and isinstance(member, ast.AnnAssign):
                head, result = member.annotation.slice.elts
                assert ast.unparse(member.annotation.value).endswith('Callable') and ast.unparse(head) == '...', name
                returns[name] = ast.unparse(self.override.plain(result))
        self.members = [(name, member) for name, member in self.members if name not in returns]
        self.names -= set(returns)
        return returns

    def lines(self, types):
        """types: of the library's parameters, by the names of the methods."""
        lines = []
        for name, member in self.members:
            if isinstance(member, ast.AnnAssign):
                lines.append(f'{name}: {ast.unparse(self.override.plain(member.annotation))}')
            elif isinstance(member, ast.Assign):
                constant = member.value.value if isinstance(member.value, ast.Constant) else None
                lines.append(f'{name}: {"Any" if constant is None else type(constant).__name__}')
            else:
                lines += self.override.definitions(member, name, self.override.type_of(self.name), types.get(name, {}))
        return lines


def main():
    gir, override, stub = sys.argv[1:]
    pathlib.Path(stub).write_text(Stub(gir, override).text(), encoding='utf-8')


if __name__ == '__main__':
    main()
