# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Delivers large results to Python without holding up the host: bytes are copied on a worker thread, and JSON is parsed in
slices.

Python's parser holds the interpreter, whichever thread it runs on. So C divides the text on a worker thread, and the parts are
parsed one at a time, between the host's other work.
"""

import codecs
import ctypes
import gc
import json
import time

from gi.module import get_introspection_module
from gi.overrides._pillion_interrupts import keep
from gi.repository import GLib

Pillion = get_introspection_module('Pillion')

# Looked up once: see _pillion_values.py
Bytes = GLib.Bytes
_get_address = Pillion.bytes_get_address
_peek = Pillion.bytes_peek

# Results up to this many bytes are made at once
COPY_AT_ONCE = 262144
PARSE_AT_ONCE = 16384

# How many bytes of text to parse at a time, and how many seconds a slice takes
PART = 16384
SLICE = 0.0005

VALUE, ARRAY, OBJECT, MEMBERS, KEY, STRING, PART_OF_STRING, END, ERROR = range(9)

_new_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.argtypes, _new_bytes.restype = [ctypes.c_void_p, ctypes.c_ssize_t], ctypes.py_object
_address_of = ctypes.pythonapi.PyBytes_AsString
_address_of.argtypes, _address_of.restype = [ctypes.py_object], ctypes.c_void_p


def to_bytes(data):
    """Copies a GLib.Bytes. Other threads can use the interpreter meanwhile."""
    copy = _peek(data, COPY_AT_ONCE)
    if copy:
        return copy
    size = data.get_size()
    if size == 0:
        return b''
    # Nothing else has this object yet, so it may still be written to
    copy = _new_bytes(None, size)
    ctypes.memmove(_address_of(copy), _get_address(data), size)
    return copy


def _refuse_constant(name):
    raise ValueError(f'{name} is not a value of JSON')


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def parse(text):
    """Parses bytes of JSON at once."""
    if not text:
        raise ValueError('it is empty')
    return json.loads(text, parse_constant=_refuse_constant)


def outline(data):
    """Divides a GLib.Bytes of JSON, on a worker thread. Returns the bytes in UTF-8, and the steps."""
    encoding = json.detect_encoding(data.new_from_bytes(0, min(4, data.get_size())).get_data())
    if not encoding.startswith('utf-8'):
        data = _recode(data, encoding)
    numbers = Pillion.outline_json(data, PART)
    return data, numbers


def _recode(data, encoding):
    memory = view(data)
    decoder = codecs.getincrementaldecoder(encoding)('surrogatepass')
    parts = [decoder.decode(memory[start:start + PART]).encode('utf-8', 'surrogatepass') for start in range(0, len(memory), PART)]
    parts.append(decoder.decode(b'', True).encode('utf-8', 'surrogatepass'))
    return Bytes.new(b''.join(parts))


def view(data):
    """The memory of a GLib.Bytes as a read-only memoryview, which keeps the bytes."""
    size = data.get_size()
    if size == 0:
        return memoryview(b'')
    memory = (ctypes.c_char * size).from_address(_get_address(data))
    memory.owner = data
    return memoryview(memory).cast('B').toreadonly()


def build(data, numbers):
    """Yields after each part, and returns the value."""
    memory = view(data)
    steps = iter(numbers)
    containers = []  # that have begun
    keys = []  # of the next values, one for each object in `containers`
    pieces = None  # of a long string
    value = None

    def text(start, end):
        return str(memory[start:end], 'utf-8', 'surrogatepass')

    def put(value):
        container = containers[-1]
        if type(container) is list:
            container.append(value)
        else:
            container[keys.pop()] = value

    for step, start, end in zip(steps, steps, steps):
        try:
            if step == MEMBERS:
                container = containers[-1]
                if type(container) is list:
                    container += _decode(f'[{text(start, end)}]')
                else:
                    container.update(_decode(f'{{{text(start, end)}}}'))
            elif step == KEY:
                keys.append(_decode(text(start, end)))
            elif step == PART_OF_STRING:
                pieces.append(_decode(f'"{text(start, end)}"'))
            elif step == STRING:
                pieces = []
                continue
            elif step == END:
                if pieces is not None:
                    value, pieces = ''.join(pieces), None
                else:
                    value = containers.pop()
                if containers:
                    put(value)
                continue
            elif step == VALUE:
                value = _decode(text(start, end))
            elif step == ERROR:
                raise ValueError('Unexpected character, or the end')
            else:
                containers.append([] if step == ARRAY else {})
                continue
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            where = f'at byte {start}' if start == end else f'between bytes {start} and {end}'
            raise ValueError(f'{getattr(error, "msg", error)}, {where}') from None
        yield
    return value


def build_in_slices(task, data, numbers, to_error):
    """Finishes a task with the value. Parses one slice in each turn of the loop's context, after more urgent sources."""
    steps = build(data, numbers)

    def go_on(*_):
        if task.is_done() or task.return_if_cancelled():
            return False
        end = time.monotonic() + SLICE
        try:
            while time.monotonic() < end:
                next(steps)
            _promote()
            return True
        except StopIteration as stop:
            task.return_value(stop.value)
        except (ValueError, RecursionError) as error:
            task.return_error(to_error(error))
        except BaseException as error:
            task._return_exception(error)
            if not isinstance(error, Exception):
                keep(error)
        return False

    source = GLib.idle_source_new()
    source.set_callback(go_on)
    source.attach(task.get_loop().get_context())


def _promote():
    """Makes the garbage collector treat what was built so far as old. Otherwise it would visit all of it again and again, for longer
    each time, and hold up the host."""
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
