#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes a page of the documentation from the docstrings and signatures of the Python interface.

    python-reference.py PACKAGE STUB... OUTPUT.md

PACKAGE is the folder of the package `pillion`; each STUB is a NAMESPACE.pyi, which has the docstrings of the library and
of its override together.
"""

import ast
import inspect
import pathlib
import re
import sys

HEAD = '''Title: Python reference
SPDX-FileCopyrightText: 2026 The Pillion authors
SPDX-License-Identifier: LGPL-2.1-or-later

# Python reference

This page lists the package `pillion`, and the library as Python sees it through `gi.repository`. To learn how to use
them, read [Coming from asyncio](python.html). Times are in microseconds unless they say otherwise.
'''


def prose(text):
    """A docstring as Markdown: only code is marked up in it, with backticks or by being indented."""
    parts = re.split(r'(`[^`]*`|^    .*$)', inspect.cleandoc(text), flags=re.MULTILINE)
    return ''.join(part if part.startswith(('`', '    ')) else re.sub(r'([*_<\[\]])', r'\\\1', part) for part in parts)


def item(name, text):
    return f'- `{name}`: {" ".join(prose(text).split())}'


def is_public(node):
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or node.name.startswith('_'):
        return False
    # What only the overrides use
    return not (ast.get_docstring(node) or '').startswith(('For language bindings', 'For the Python override'))


def signature(function, owner=None):
    arguments = ast.unparse(function.args)
    decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
    if owner is not None and 'staticmethod' not in decorators:
        arguments = re.sub(r'^\w+(, /)?(, )?', '', arguments)  # without self or cls
    returns = f' -> {ast.unparse(function.returns)}' if function.returns is not None else ''
    is_async = 'async ' if isinstance(function, ast.AsyncFunctionDef) else ''
    prefix = f'{owner}.' if owner is not None and decorators & {'staticmethod', 'classmethod'} else ''
    return f'{is_async}{prefix}{function.name} ({arguments}){returns}'


def function_entry(function, level, owner=None):
    yield f'{"#" * level} `{signature(function, owner)}`\n'
    yield prose(ast.get_docstring(function)) + '\n'


def of_further_arguments(body):
    """The members of a class. Overloads by the number of further arguments become one function, the last, which takes any number."""
    functions = {}
    for child in body:
        if isinstance(child, ast.FunctionDef):
            functions.setdefault(child.name, []).append(child)
    for child in body:
        last = functions.get(getattr(child, 'name', None), [child])[-1]
        named = getattr(last, 'args', ast.arguments(posonlyargs=[])).posonlyargs
        if named and named[-1].arg.startswith('arg') and last.args.vararg is not None:
            last.args.args = [argument for argument in named if not argument.arg.startswith('arg')]
            last.args.posonlyargs = []
            child.args = last.args
        yield child


def properties(node):
    for child in node.body:
        if isinstance(child, ast.ClassDef) and child.name == 'Props':
            for function in child.body:
                if is_public(function) and ast.get_docstring(function) and not any(
                        'setter' in ast.unparse(decorator) for decorator in function.decorator_list):
                    yield item(f'props.{function.name}: {ast.unparse(function.returns)}', ast.get_docstring(function))


def class_entry(node, module):
    yield f'## {module}.{node.name}\n'
    yield prose(ast.get_docstring(node) or '') + '\n'
    for child in node.body:
        if isinstance(child, ast.FunctionDef) and child.name == '__init__' and len(child.args.args) > 1:
            child.args.args[0].annotation = None
            arguments = re.sub(r'^self(, )?', '', ast.unparse(child.args))
            yield f'`{module}.{node.name} ({arguments})`\n'
    yield '\n'.join(properties(node)) + '\n'
    # An enumeration: its members, with the docstring that follows each
    members = [item(before.target.id, after.value.value) for before, after in zip(node.body, node.body[1:])
               if isinstance(before, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)]
    yield '\n'.join(members) + '\n'
    for child in of_further_arguments(node.body):
        if is_public(child) and not isinstance(child, ast.ClassDef) and ast.get_docstring(child):
            yield from function_entry(child, 4, f'{module}.{node.name}')


def package(folder):
    """The public functions and classes of the package, wherever they are defined in it."""
    modules = {}
    for path in sorted(folder.rglob('*.py')):
        parts = path.relative_to(folder.parent).with_suffix('').parts
        modules['.'.join(parts[:-1] if parts[-1] == '__init__' else parts)] = ast.parse(path.read_text(encoding='utf-8'))
    defined = {node.name: node for tree in modules.values() for node in tree.body if is_public(node)}
    for name in ('pillion', 'pillion.async_loop', 'pillion.hosts', 'pillion.testing'):
        yield f'## {name}\n'
        yield prose(ast.get_docstring(modules[name]).partition('\n\n')[0]) + '\n'
        exported = next(ast.literal_eval(node.value) for node in modules[name].body
                        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '__all__')
        for node in (defined[name] for name in exported if name in defined):
            if isinstance(node, ast.ClassDef):
                yield f'#### `class {node.name}`\n'
                yield prose(ast.get_docstring(node)) + '\n'
                for child in node.body:
                    if is_public(child) and ast.get_docstring(child):
                        yield from function_entry(child, 4, node.name)
            else:
                yield from function_entry(node, 4)


def namespace(stub):
    tree = ast.parse(stub.read_text(encoding='utf-8'))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and is_public(node):
            yield from class_entry(node, stub.stem)
    yield f'## {stub.stem}\n'
    yield 'Functions of the namespace.\n'
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and is_public(node) and ast.get_docstring(node):
            yield from function_entry(node, 4)


def main():
    folder, *stubs, output = map(pathlib.Path, sys.argv[1:])
    lines = [HEAD, *package(folder)]
    for stub in stubs:
        lines += namespace(stub)
    output.write_text(re.sub(r'\n{3,}', '\n\n', '\n'.join(lines)), encoding='utf-8')


if __name__ == '__main__':
    main()
