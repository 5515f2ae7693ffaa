# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes the properties of objects attributes: `client.offline = True`. PyGObject has them only in `props`, and takes an assignment to anything
else for an attribute of the Python object, which C knows nothing of. The value of an enumeration may be given by its name. A value that a property
can't have raises an exception: PyGObject would cut off fractions and take any text for true, and GObject would only warn."""

import difflib
import functools
from numbers import Integral, Real

from gi.repository import GObject

_NOT_SETTABLE = GObject.ParamFlags.CONSTRUCT_ONLY
_plain_setattr = GObject.Object.__setattr__

# What other libraries call a property
_ELSEWHERE = {'timeout': 'total_timeout_usec'}

# How similar two names are of which one is a typo, from 0 to 1
SIMILARITY = 0.8


def member(kind, value, what):
    """Returns a member of an enumeration, which may be given by its name, such as 'no-cache', or by its number."""
    if isinstance(value, kind):
        return value
    if type(value) is int and value in kind.__enum_values__:
        return value
    names = {one.value_nick: one for one in kind.__enum_values__.values()}
    if isinstance(value, str) and value in names:
        return names[value]
    error = ValueError if type(value) in (int, str) else TypeError
    raise error(f'{what} can\'t be {value!r}: it may be {", ".join(map(repr, names))}')


def _checked(method, check, what):
    """Wraps a method whose argument is checked."""
    @functools.wraps(method)
    def call(self, value):
        return method(self, check(value, what))

    return call


def takes_names(method, kind, what):
    """Wraps a method whose argument is a member of an enumeration."""
    return _checked(method, functools.partial(member, kind), what)


def boolean(value, what):
    """Returns a value for a property that is true or false. A text is neither, even if it says 'no'."""
    if isinstance(value, (str, bytes)):
        raise TypeError(f'{what} is True or False, and not {value!r}')
    return value


def _whole(low, high, value, what):
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f'{what} is a number, and not {value!r}')
    if not isinstance(value, Integral) and value % 1 != 0:
        unit = ' of microseconds (a second has 1_000_000)' if what.endswith('_usec') else ''
        raise TypeError(f'{what} can\'t be {value!r}: it is a whole number{unit}')
    if value < low:
        raise ValueError(f'{what} can\'t be {value!r}: it is at least {low}')
    if value > high:
        raise ValueError(f'{what} can\'t be {value!r}: it is at most {high}')
    return int(value)


def _checks(pspec):
    """Returns a function that checks a value for a property, or None."""
    kind = pspec.value_type
    if kind.is_a(GObject.TYPE_ENUM):
        return functools.partial(member, type(pspec.default_value))
    if kind == GObject.TYPE_BOOLEAN:
        return boolean
    if kind in (GObject.TYPE_INT, GObject.TYPE_UINT, GObject.TYPE_INT64, GObject.TYPE_UINT64):
        return functools.partial(_whole, pspec.minimum, pspec.maximum)
    return None


def _attribute(name, flags, check):
    what = name.replace('-', '_')

    def get(self):
        return self.get_property(name)

    def set(self, value):
        self.set_property(name, value if check is None else check(value, what))

    settable = flags & GObject.ParamFlags.WRITABLE and not flags & _NOT_SETTABLE
    return property(get if flags & GObject.ParamFlags.READABLE else None, set if settable else None)


def add_attributes(kind, **checks):
    """Adds the properties of a class as attributes, except for those whose names it has already. `checks` has functions `check (value, name)` that
    return the values of properties, or raise an exception. Returns the class."""
    for pspec in kind.list_properties():
        name = pspec.name.replace('-', '_')
        if pspec.owner_type != kind.__gtype__:
            continue
        check = checks.get(name) or _checks(pspec)
        if not hasattr(kind, name):
            setattr(kind, name, _attribute(pspec.name, pspec.flags, check))
        if (name in checks or pspec.value_type.is_a(GObject.TYPE_ENUM)) and hasattr(kind, f'set_{name}'):
            setattr(kind, f'set_{name}', _checked(getattr(kind, f'set_{name}'), check, name))
    return kind


def _find_meant(kind, name):
    """Returns the attribute that was meant, or None."""
    names = [pspec.name.replace('-', '_') for pspec in kind.list_properties()]
    if _ELSEWHERE.get(name) in names:
        return _ELSEWHERE[name]
    close = [one for one in names if sorted(one) == sorted(name)] or difflib.get_close_matches(name, names, 1, SIMILARITY)
    # A list of things is no typo
    return close[0] if close and name != f'{close[0]}s' else None


def _error(kind, name, meant):
    return AttributeError(f'{kind.__name__!r} object has no attribute {name!r}' + (f': did you mean {meant!r}?' if meant is not None else ''))


def set_properties(object, properties):
    """Sets properties that were passed as keywords."""
    kind = type(object)
    for name, value in properties.items():
        if kind.find_property(name) is None:
            meant = _find_meant(kind, name)
            raise TypeError(f'{kind.__name__} () has no argument {name!r}' + (f': did you mean {meant!r}?' if meant is not None else ''))
        setattr(object, name, value)


def refuse_others(kind):
    """Refuses to set attributes that a class with settings doesn't have: they would be typos. No class can be derived from these. Returns the
    class."""
    def set_attribute(self, name, value):
        if name[:1] != '_' and not hasattr(kind, name):
            raise _error(kind, name, _find_meant(kind, name))
        _plain_setattr(self, name, value)

    kind.__setattr__ = set_attribute
    return kind


def refuse_typos(kind):
    """Refuses to set attributes whose names are nearly those of properties. A program may keep what it likes under any other name, as it does
    with tasks and loops. Returns the class."""
    checked = {}

    def set_attribute(self, name, value):
        if name[:1] != '_' and not hasattr(kind, name):
            if name not in checked:
                checked[name] = _find_meant(kind, name)
            if checked[name] is not None:
                raise _error(kind, name, checked[name])
        _plain_setattr(self, name, value)

    kind.__setattr__ = set_attribute
    return kind
