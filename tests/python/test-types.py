#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The type stubs describe what PyGObject really presents, and with them mypy finds what is wrong and nothing else."""

import ast
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.module import get_introspection_module
from gi.repository import Pillion, PillionHttp

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import tap

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
BUILD = pathlib.Path(os.environ['PILLION_BUILD_DIR'])
STUBS = [BUILD / 'gir/python/gi-stubs/repository' / f'{name}.pyi' for name in ('Pillion', 'PillionHttp')]
FENCE = re.compile(r'^```python\n(.*?)^```$', re.DOTALL | re.MULTILINE)

# How mypy can be strict without stubs for PyGObject, and with a small one
STRICT = {'plain': ['--strict', '--allow-subclassing-any', '--no-warn-unused-ignores'], 'known': ['--strict']}

# A name that no override has
OVERRIDE = '''
"""An override"""
from __future__ import annotations
import asyncio
import collections
import typing
from typing import Any, TypeVar
from gi.repository import GLib
from gi.overrides import override
from gi.module import get_introspection_module

Pillion = get_introspection_module('Pillion')
__all__ = ['Trouble', 'count']
T = TypeVar('T')
Ts = typing.TypeVarTuple('Ts')
T_co = TypeVar('T_co', covariant=True)
_Name = typing.Union[str, int]


class _Waits:
    def wait_long(self, name: _Name) -> 'Pillion.Task[str]':
        """Waits.

        For long."""
        return self._wait(name)

    def _wait(self, name):
        pass


class Task(Pillion.Task, _Waits):
    """A task that can be awaited."""

    __class_getitem__: typing.Generic[T_co] = classmethod(tuple)

    limit: int = 3

    def __new__(cls, name: str):
        return cls.new(name)

    def __init__(self, *args):
        pass

    def give(self, value: T_co) -> None:
        """Gives."""

    def __await__(self) -> typing.Generator[Any, None, Any]:
        yield

    __iter__ = __await__

    @property
    def loop(self) -> Pillion.Loop:
        return self.get_loop()

    def get_name(self) -> bytes:
        return b''

    async def all_of_it(self) -> typing.AsyncIterator[Pillion.Task]:
        yield self

    async def one(self, default: T, *rest, key=object()) -> T:
        return default

Task = override(Task)
__all__.append  # what is appended by += is seen
__all__ += ['Task']


class Trouble(GLib.Error):
    status: int


def count(tasks: list[Pillion.Task]):
    return len(tasks)


def _public(kind):
    __all__.append(kind.__name__)
    return kind


def _decorated(function):
    return function


class Loop(Pillion.Loop):
    def __new__(cls, name=None):
        return cls.get_default()

    kick = _decorated(Pillion.Loop.kick)

    def sleep(self, delay, cancellable=None, *args):
        return Pillion.Loop.sleep(self, delay, cancellable)

    def call_soon(self, func, *args):
        pass

    run_until_complete: typing.Callable[..., 'T'] = _decorated(Pillion.Loop.run_until_complete)
    get_now: typing.Callable[..., float]

    def call_later(self, delay, func: typing.Callable[[*Ts], T], *args: *Ts, cancellable=None) -> T:
        """Calls it."""

    @typing.overload
    def hold(self, name: str) -> str:
        """Holds it."""

    @typing.overload
    def hold(self, name: int) -> int:
        ...

    def hold(self, name):
        return name

Loop = _public(override(Loop))
Progress = collections.namedtuple('Progress', 'completed total')
_public(Progress)


@_public
class Worse(Trouble):
    pass


class Nothing:
    """Not public"""
'''


class Described:
    """A stub against the library, as it is imported."""

    namespace = None
    least = 0  # how many functions there are to check

    @classmethod
    def setUpClass(cls):
        name = cls.namespace.__name__.rpartition('.')[2]
        cls.library = get_introspection_module(name)  # without the override
        cls.tree = ast.parse((BUILD / 'gir/python/gi-stubs/repository' / f'{name}.pyi').read_text(encoding='utf-8'))
        cls.classes = {node.name: node for node in cls.tree.body if isinstance(node, ast.ClassDef)}

        cls.assigned = {target.id for node in cls.tree.body if isinstance(node, ast.Assign) for target in node.targets}

    @staticmethod
    def functions(body):
        """By name; of several overloads, the last, which has the most parameters."""
        return {node.name: node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}

    def bare(self, name):
        """The functions of a type that are the library's own still: name, and what PyGObject has."""
        owner, ours = getattr(self.library, name, object), getattr(self.namespace, name, object)
        if not issubclass(ours, owner):
            return {}  # an exception in the place of an enumeration
        replaced = set() if ours is owner else set(vars(ours))
        return {label: value for label, value in vars(owner).items()
                if isinstance(value, gi._gi.FunctionInfo) and not label.startswith('_') and label not in replaced}

    def test_every_function_is_there_with_its_parameters(self):
        compared = 0
        for name in ('', *self.classes):
            if name == '':
                present = {label: getattr(self.namespace, label) for label in dir(self.namespace)}
                present = {label: value for label, value in present.items() if isinstance(value, gi._gi.FunctionInfo)}
            else:
                present = self.bare(name)
            described = self.functions(self.classes[name].body if name else self.tree.body)
            for label, function in present.items():
                with self.subTest(f'{name}.{label}'):
                    self.assertIn(label, described)
                    # PyGObject's own words: name(self, first:type=None) -> result
                    words = re.match(r'\w+\((.*?)\)', function.__doc__).group(1)
                    wanted = [re.split('[:=]', word)[0] for word in words.split(', ') if word]
                    arguments = described[label].args
                    given = [argument.arg for argument in arguments.args if argument.arg != 'cls']
                    self.assertEqual(given, wanted)
                    compared += 1
        self.assertGreater(compared, self.least)

    def test_as_many_parameters_as_pygobject_takes(self):
        """What it says without arguments."""
        compared = 0
        for name, node in self.classes.items():
            for label in self.bare(name):
                described = self.functions(node.body)[label].args
                number = len([argument for argument in described.args if argument.arg != 'cls'])
                if number == len(described.defaults):
                    continue  # it would be called
                with self.subTest(f'{name}.{label}'):
                    with self.assertRaisesRegex(TypeError, r'takes exactly \d+') as caught:
                        getattr(getattr(self.namespace, name), label)()
                    self.assertEqual(int(re.search(r'exactly (\d+)', str(caught.exception)).group(1)), number)
                    compared += 1
        self.assertGreater(compared, self.least * 3 // 4)

    def test_every_type_is_there(self):
        present = {name for name in dir(self.namespace) if isinstance(getattr(self.namespace, name), type) and name[0] != '_'}
        present -= {name for name in present if name.endswith(('Class', 'Interface'))}
        self.assertEqual(present - set(self.classes) - self.assigned, set())
        for name in present:
            owner = getattr(self.namespace, name)
            if issubclass(owner, int) and name in self.classes:
                with self.subTest(name):
                    members = {label for label, value in vars(owner).items() if isinstance(value, owner)}
                    described = {node.target.id for node in self.classes[name].body if isinstance(node, ast.AnnAssign)}
                    self.assertEqual(described, members)

    def test_every_property_is_there(self):
        for name, node in self.classes.items():
            owner = getattr(self.namespace, name, None)
            if not hasattr(owner, 'list_properties'):
                continue
            with self.subTest(name):
                own = {spec.name.replace('-', '_') for spec in owner.list_properties() if spec.owner_type == owner.__gtype__}
                props = next((child for child in node.body if isinstance(child, ast.ClassDef)), None)
                described = {child.name if isinstance(child, ast.FunctionDef) else child.target.id
                             for child in (props.body if props else ()) if not isinstance(child, ast.Expr)}
                self.assertEqual(described, own)

    def test_nothing_is_there_that_is_not(self):
        for name, node in self.classes.items():
            if name[0] == '_':
                continue
            owner = getattr(self.namespace, name)
            for label in self.functions(node.body):
                if not label.startswith('do_'):
                    with self.subTest(f'{name}.{label}'):
                        self.assertTrue(hasattr(owner, label))


class DescribedCore(Described, unittest.TestCase):
    namespace = Pillion
    least = 190


class DescribedHttp(Described, unittest.TestCase):
    namespace = PillionHttp
    least = 25


class Merged(unittest.TestCase):
    """What an override adds is in the stub."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-stub-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def make(self, override):
        (self.folder / 'override.py').write_text(override, encoding='utf-8')
        return subprocess.run([sys.executable, SOURCE / 'gir' / 'python' / 'make-stub.py', BUILD / 'src' / 'Pillion-1.gir',
                               self.folder / 'override.py', self.folder / 'Pillion.pyi'], capture_output=True, text=True, check=False)

    def test_an_override(self):
        made = self.make(OVERRIDE)
        self.assertEqual((made.returncode, made.stderr), (0, ''))
        text = (self.folder / 'Pillion.pyi').read_text(encoding='utf-8')
        tree = ast.parse(text)
        names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        self.assertEqual(names.count('Task'), 1)
        task = ast.unparse(next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == 'Task'))
        for there in ('class Task(_Waits, _Object, typing.Generic[T_co]):', 'A task that can be awaited.', 'limit: int',
                      'def __await__(self) -> typing.Generator[Any, None, Any]', 'def __iter__(self) -> typing.Generator',
                      '@property\n    def loop(self) -> Loop:', 'def get_name(self) -> bytes:',
                      '\n    def all_of_it(self) -> typing.AsyncIterator[Task]:',
                      'async def one(self, default: T, *rest: Any, key: Any=...) -> T:', 'def cancel(self) -> None:'):
            self.assertIn(there, task)
        self.assertEqual(task.count('def get_name'), 1)
        self.assertIn('def __init__(self: Task[Any], name: str) -> None:', task)
        self.assertNotIn('__new__', task)
        self.assertIn('    def give(self, value: T_co) -> None:  # type: ignore[misc]\n', text)
        for there in ('class Trouble(GLib.Error):\n    status: int', 'def count(tasks: list[Task]) -> Any: ...', 'class _Waits:',
                      'def wait_long(self, name: _Name) -> Task[str]:\n        """Waits."""', 'import typing', 'T = TypeVar(\'T\')',
                      '_Name = typing.Union[str, int]'):
            self.assertIn(there, text)
        for absent in ('get_introspection_module', 'def _wait', 'gi.overrides', '__future__', 'import asyncio', 'Nothing', '_decorated'):
            self.assertNotIn(absent, text)

        # What a function puts into __all__; and types that only the library tells
        loop = ast.unparse(next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == 'Loop'))
        for there in ('def __new__(cls, name: Any=None) -> Loop:', 'def kick(self) -> bool:',
                      'def sleep(self, delay: int, cancellable: Gio.Cancellable | None=None, *args: Any) -> Any:',
                      'def call_soon(self, func: Callable[..., Any], *args: Any) -> Any:'):
            self.assertIn(there, loop)
        self.assertEqual((loop.count('def kick('), loop.count('def sleep('), loop.count('def call_soon(')), (1, 1, 1))

        # What only type checkers need
        for there in ('def run_until_complete(self, task: Task[Any]) -> T:', 'def get_now(self) -> float:',
                      'def get_live_tasks(self) -> int:', 'def run_in_thread(', 'def hold(self, name: str) -> str:',
                      'def hold(self, name: int) -> int:',
                      '@overload\n    def call_later(self, delay: int, func: typing.Callable[[], T], *, cancellable: Any=None) -> T:',
                      '@overload\n    def call_later(self, delay: int, func: typing.Callable[[_Argument1], T], arg1: _Argument1, /, *, '
                      'cancellable: Any=None) -> T:',
                      'def call_later(self, delay: int, func: typing.Callable[..., T], arg1: Any, arg2: Any, arg3: Any, arg4: Any, '
                      'arg5: Any, /, *args: Any, cancellable: Any=None) -> T:'):
            self.assertIn(there, loop)
        self.assertEqual((loop.count('def hold('), loop.count('def call_later(')), (2, 6))
        self.assertIn('_Argument4 = TypeVar(\'_Argument4\')', text)
        self.assertNotIn('Ts', text)
        self.assertIn('class Worse(Trouble): ...', text)
        self.assertIn('Progress = collections.namedtuple(\'Progress\', \'completed total\')', text)

    def test_the_overrides_say_what_they_return(self):
        """What an override adds has types, and what it replaces would lose them."""
        known = {'__init__', '__new__', '__repr__', '__str__', '__len__', '__bool__'}  # to make-stub.py
        for name in ('Pillion', 'PillionHttp'):
            tree = ast.parse((SOURCE / 'gir/python/gi/overrides' / f'{name}.py').read_text(encoding='utf-8'))
            public = sys.modules[f'gi.overrides.{name}'].__all__
            for owner in (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in public):
                overloaded = {node.name for node in owner.body if getattr(node, 'decorator_list', None)
                              and ast.unparse(node.decorator_list[0]) == 'overload'}
                for function in owner.body:
                    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.returns is None:
                        with self.subTest(f'{owner.name}.{function.name}'):
                            private = function.name.startswith('_') and not function.name.endswith('__')
                            self.assertTrue(private or function.name in known | overloaded)

    def test_tasks_say_what_they_give(self):
        """Those with unknown results are those that are looked up."""
        unknown = set()
        for stub in STUBS:
            for owner in (node for node in ast.parse(stub.read_text(encoding='utf-8')).body if isinstance(node, ast.ClassDef)):
                unknown |= {function.name for function in Described.functions(owner.body).values()
                            if function.returns is not None and re.search(r'\bTask\[Any\]', ast.unparse(function.returns))}
        self.assertEqual(unknown, {'new', 'get_json', 'get_children', 'find_task', 'adopt', 'take_failed', 'take_task'})

    def test_a_name_that_is_not_there(self):
        made = self.make('__all__ = ["Nobody"]\n')
        self.assertEqual(made.returncode, 1)
        self.assertIn('in __all__, but not there: Nobody', made.stderr)

    def test_the_override_s_names_are_there(self):
        for stub in STUBS:
            names = set()
            for node in ast.parse(stub.read_text(encoding='utf-8')).body:
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, 'target', None)]
                names |= {getattr(node, 'name', ''), *(target.id for target in targets if target is not None)}
            self.assertEqual(set(sys.modules[f'gi.overrides.{stub.stem}'].__all__) - names, set())


@unittest.skipUnless(shutil.which('mypy'), 'mypy is not installed')
class Checked(unittest.TestCase):
    """By mypy, without a stub for PyGObject and with a small one."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-types-')
        cls.addClassCleanup(temporary.cleanup)
        cls.top = pathlib.Path(temporary.name)
        for mode in ('plain', 'known'):
            shutil.copytree(SOURCE / 'gir' / 'python' / 'gi-stubs', cls.top / mode / 'gi')
            for stub in STUBS:
                shutil.copy(stub, cls.top / mode / 'gi' / 'repository')
        shutil.copytree(HERE / 'stubs', cls.top / 'known' / 'gi' / 'repository', dirs_exist_ok=True)

    def mypy(self, mode, *arguments):
        """Returns what it reports."""
        env = dict(os.environ, MYPYPATH=f'{self.top / mode}:{SOURCE / "python"}')
        # With other options it would forget what it knows of the standard library
        cache = self.top / mode / '-'.join(['cache', *(argument for argument in arguments if str(argument).startswith('--'))])
        run = subprocess.run(['mypy', f'--config-file={HERE / "mypy.ini"}', f'--cache-dir={cache}',
                              '--no-error-summary', '--hide-error-context', *arguments], cwd=self.top, env=env,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertIn(run.returncode, (0, 1), run.stdout + run.stderr)
        return run.stdout + run.stderr

    def test_the_stub(self):
        for mode, options in STRICT.items():
            with self.subTest(mode):
                self.assertEqual(self.mypy(mode, *options, '-m', 'gi.repository.Pillion', '-m', 'gi.repository.PillionHttp'), '')

    def test_the_package(self):
        for mode in ('plain', 'known'):
            with self.subTest(mode):
                self.assertEqual(self.mypy(mode, '-p', 'pillion', '-m', 'pillion_pytest'), '')

    def test_what_is_public_has_types(self):
        """So that a strictly checked program can use it."""
        program = ['import pillion', 'from pillion import async_loop, hosts, testing']
        for module in ('pillion', 'pillion.async_loop', 'pillion.hosts', 'pillion.testing'):
            for name in importlib.import_module(module).__all__:
                program.append(f'reveal_type({module.rpartition(".")[2]}.{name})')
        (self.top / 'public.py').write_text('\n'.join(program) + '\n', encoding='utf-8')
        said = self.mypy('known', '--strict', 'public.py')
        self.assertEqual(len(re.findall('Revealed type', said)), len(program) - 2, said)
        self.assertNotRegex(said, r'error|Revealed type is "(Any|def \(.*\) -> Any)"')

    def test_examples_and_snippets(self):
        folder = self.top / 'snippets'
        folder.mkdir(exist_ok=True)
        number = 0  # of snippets
        for path in [SOURCE / 'README.md', *sorted((SOURCE / 'docs').glob('*.md'))]:
            text = path.read_text(encoding='utf-8')
            for match in FENCE.finditer(text):
                if 'import' in match.group(1):
                    line = text[:match.start()].count('\n') + 2
                    (folder / f'{path.stem}_{line}.py'.replace('-', '_')).write_text(match.group(1), encoding='utf-8')
                    number += 1
        self.assertGreater(number, 10)
        for path in (SOURCE / 'examples').glob('*.py'):
            shutil.copy(path, folder / f'example_{path.name}'.replace('-', '_'))
        # They don't check for None if it can't occur, and mypy can't type a lambda with a default
        options = [f'--disable-error-code={code}' for code in ('union-attr', 'misc', 'func-returns-value')]
        for mode in ('plain', 'known'):
            with self.subTest(mode):
                self.assertEqual(self.mypy(mode, *options, *sorted(folder.glob('*.py'))), '')

    def test_what_tasks_give(self):
        lines = (HERE / 'reveals.py').read_text(encoding='utf-8').splitlines()
        expected = {number: line.rpartition('  # ')[2] for number, line in enumerate(lines, 1) if 'reveal_type(' in line}
        self.assertGreater(len(expected), 50)
        for mode, options in STRICT.items():
            with self.subTest(mode):
                said = self.mypy(mode, *options, HERE / 'reveals.py')
                self.assertNotIn('error', said)
                found = {}
                for number, kind in re.findall(r'reveals\.py:(\d+): note: Revealed type is "(.*)"', said):
                    kind = re.sub(r'\b[\w.]+\.(\w+)', r'\1', kind).replace('Tuple[', 'tuple[')  # without the modules
                    found[int(number)] = re.sub(r'^Union\[(.*), None\]$', r'\1 | None', re.sub(r'Union\[([^,]*), None\]\]', r'\1 | None]', kind))
                self.assertEqual(found, expected)

    def test_wrong_calls(self):
        lines = (HERE / 'wrong-calls.py').read_text(encoding='utf-8').splitlines()
        wrong = {number for number, line in enumerate(lines, 1) if line.endswith('  # error')}
        hidden = {number for number, line in enumerate(lines, 1) if line.endswith('  # error where GObject is known')}
        self.assertGreater(len(wrong), 20)
        for mode, expected in {'plain': wrong, 'known': wrong | hidden}.items():
            with self.subTest(mode):
                said = self.mypy(mode, HERE / 'wrong-calls.py')
                found = {int(number) for number in re.findall(r'wrong-calls\.py:(\d+): error', said)}
                self.assertEqual(found, expected, said)


if __name__ == '__main__':
    tap.main()
