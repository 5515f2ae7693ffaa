# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes the properties of objects attributes: `client.offline = True`. PyGObject has them only in `props`, and takes an assignment to anything
else for an attribute of the Python object, which C knows nothing of."""

from gi.repository import GObject

_NOT_SETTABLE = GObject.ParamFlags.CONSTRUCT_ONLY
_plain_setattr = GObject.Object.__setattr__


def _attribute(name, flags):
    def get(self):
        return self.get_property(name)

    def set(self, value):
        self.set_property(name, value)

    settable = flags & GObject.ParamFlags.WRITABLE and not flags & _NOT_SETTABLE
    return property(get if flags & GObject.ParamFlags.READABLE else None, set if settable else None)


def add_attributes(kind):
    """Adds the properties of a class as attributes, except for those whose names it has already. Returns the class."""
    for pspec in kind.list_properties():
        name = pspec.name.replace('-', '_')
        if pspec.owner_type == kind.__gtype__ and not hasattr(kind, name):
            setattr(kind, name, _attribute(pspec.name, pspec.flags))
    return kind


def refuse_others(kind):
    """Refuses to set attributes that a class with settings doesn't have: they would be typos. No class can be derived from these. Returns the
    class."""
    def set_attribute(self, name, value):
        if name[:1] != '_' and not hasattr(kind, name):
            raise AttributeError(f'{kind.__name__!r} object has no attribute {name!r}', name=name, obj=self)
        _plain_setattr(self, name, value)

    kind.__setattr__ = set_attribute
    return kind
