# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Converts values and errors between Python and C."""

import functools
import json
from asyncio import CancelledError

import gi
from gi.module import get_introspection_module
from gi.overrides._pillion_delivery import to_bytes
from gi.repository import Gio, GLib, GObject

Pillion = get_introspection_module('Pillion')

# Looked up once: in the modules of gi.repository, a name without an override is only found after an AttributeError
Bytes, Variant, GBoxed, Value = GLib.Bytes, GLib.Variant, GObject.GBoxed, GObject.Value
GioError, PillionError = Gio.IOErrorEnum, Pillion.Error

IO_ERROR = GLib.quark_to_string(Gio.io_error_quark())
ERROR = GLib.quark_to_string(Pillion.error_quark())

# Functions that make exceptions from the errors of other domains, by domain. They take an error, and its task or None.
exceptions = {}

# Types whose values are the same in both
PLAIN = frozenset((bool, int, float, str, bytes, type(None)))

# Types whose values to_python () returns as they are: those, and the classes of objects that were results already
UNCHANGED = set(PLAIN)


def to_python(value):
    """Converts the result of a task to a Python value."""
    kind = type(value)
    convert = _converters.get(kind) or _find_converter(kind)
    return convert(value)


def _find_converter(kind):
    convert = own if issubclass(kind, GBoxed) else _same
    if kind.__module__ == 'gi.repository.Json':
        convert = {'Parser': _read_parser, 'Node': _read_node}.get(kind.__name__, convert)
    if issubclass(kind, (GBoxed, GObject.Object)):
        # Such a class is never freed anyway
        _converters[kind] = convert
        if convert is _same:
            UNCHANGED.add(kind)
    return convert


def _same(value):
    return value


def _read_parser(parser):
    root = parser.get_root()
    return None if root is None else _read_node(root)


def _read_node(node):
    return json.loads(_need_json().to_string(node, False))


# Functions by the types that they convert
_converters = {**dict.fromkeys(PLAIN, _same), Bytes: to_bytes, Variant: Variant.unpack}


def own(value):
    """Copies a boxed value that peek_value () returned, because the task may go first. Returns other values unchanged."""
    if isinstance(value, GBoxed):
        return Value(value.__gtype__, value).get_value()
    return value


@functools.cache
def _need_json():
    """Returns JSON-GLib's namespace. It must be loaded before the first of its objects arrives, which would lack its methods otherwise."""
    gi.require_version('Json', '1.0')
    from gi.repository import Json
    return Json


def to_value(value):
    """Returns what PyGObject turns into the right GValue: a value of a C type if that holds all of it, or else the object itself."""
    kind = type(value)
    if kind is int:
        if -2**31 <= value < 2**31:
            return value
        if -2**63 <= value < 2**63:
            return Value(GObject.TYPE_INT64, value)
    elif kind is str:
        if '\0' not in value and (value.isascii() or _is_utf8(value)):
            return value
    elif kind in PLAIN and kind is not bytes:
        return value
    elif hasattr(kind, '__gtype__') and not issubclass(kind, BaseException):
        return value
    return Value(GObject.TYPE_PYOBJECT, value)


def _is_utf8(text):
    try:
        text.encode()
    except UnicodeEncodeError:  # for instance, the escaped bytes of a file name
        return False
    return True


def to_exception(error, task=None):
    """Returns the exception for a GLib error: CancelledError, TimeoutError, one of another library's, or the error itself."""
    if error.domain == IO_ERROR:
        if error.code == GioError.CANCELLED:
            return CancelledError(error.message)
        if error.code == GioError.TIMED_OUT:
            return TimeoutError(error.message)
    make = exceptions.get(error.domain)
    return error if make is None else make(error, task)


def to_error(exception):
    """Returns the GLib error that tells C about an exception."""
    if isinstance(exception, GLib.Error):
        return exception
    text = str(exception)
    text = f'{type(exception).__name__}: {text}' if text else type(exception).__name__
    if isinstance(exception, CancelledError):
        return GLib.Error(text, IO_ERROR, GioError.CANCELLED)
    if isinstance(exception, TimeoutError):
        return GLib.Error(text, IO_ERROR, GioError.TIMED_OUT)
    return GLib.Error(text, ERROR, PillionError.FAILED)
