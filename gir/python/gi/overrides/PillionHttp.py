# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python adds to the namespace PillionHttp: a client whose results are Python values, and an exception for what servers refuse."""

import http.client
import json
import os
import sys

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import Gio, GLib, Pillion

PillionHttp = get_introspection_module('PillionHttp')
core = sys.modules['gi.overrides.Pillion']

__all__ = []

# The version of the library that this file belongs to
__version__ = '1.0.0'

ERROR = GLib.quark_to_string(PillionHttp.error_quark())
STATUS_ERROR = GLib.quark_to_string(PillionHttp.status_error_quark())


def _public(kind):
    __all__.append(kind.__name__)
    return kind


@_public
class StatusError(GLib.Error):
    """A server refused. `status` is its answer (404, 503…) and `reason` the same in words; `url` is where that was, after redirects;
    `headers` is an http.client.HTTPMessage, and `body` holds the beginning of the body, as bytes."""

    status: int
    reason: str | None
    url: str | None
    headers: http.client.HTTPMessage
    body: bytes

    def __init__(self, message, status, response=None):
        super().__init__(message, STATUS_ERROR, status)
        self.status = status
        self.reason = self.url = None
        self.headers = http.client.HTTPMessage()
        self.body = b''
        if response is not None:
            self.reason = response.get_reason()
            self.url = response.get_url()
            self.body = response.get_body().get_data() or b''
            for name in response.get_header_names():
                # Several Set-Cookie fields can't be joined with commas, and come as lines
                for value in response.get_header(name).split('\n'):
                    self.headers[name] = value

    def __str__(self):
        return self.message

    def __repr__(self):
        return f'PillionHttp.StatusError({self.message!r}, {self.status})'


# It takes the place of the enumeration, and has its names
for _code, _member in PillionHttp.StatusError.__enum_values__.items():
    setattr(StatusError, _member.value_nick.upper().replace('-', '_'), int(_code))


def _make_status_error(error, task):
    response = PillionHttp.Response.from_task(task) if task is not None else None
    return StatusError(error.message, error.code, response)


core.exceptions[STATUS_ERROR] = _make_status_error


class Client(PillionHttp.Client):
    def __new__(cls, loop=None, **properties):
        self = PillionHttp.Client.new(core._or_default(loop))
        self.set_properties(**properties)
        return self

    def __init__(self, *args, **kwargs):
        pass  # it was made by __new__ ()

    def get_bytes(self, url, cancellable=None):
        """Gets a body: a task whose result is bytes."""
        return Pillion.Task._at(PillionHttp.Client.get_bytes(self, url, cancellable), core._site(2))

    def get_json(self, url, cancellable=None):
        """Gets a body of JSON: a task whose result is the Python value."""
        # By Python's own parser: JSON-GLib has no numbers past 64 bits, and no texts with a NUL in them
        site = core._site(2)
        body = Pillion.Task._at(PillionHttp.Client.get_bytes(self, url, cancellable), site)
        parse = core._Start(self.get_loop(), body.get_name(), _parse_json, (PillionHttp.redact_url(url),))
        task = Pillion.Task._at(body.and_then_closure(parse), site)
        task.set_name(body.get_name())
        return task

    def download(self, url, target, sha256=None, cancellable=None):
        """Gets a body into a file, named by a path or a Gio.File: a task whose result is a PillionHttp.Download."""
        return Pillion.Task._at(PillionHttp.Client.download(self, url, _to_file(target), sha256, cancellable), core._site(2))

    def download_into(self, url, folder, sha256=None, cancellable=None):
        """Gets a body into a folder, under the name that the server or the URL gives it."""
        return Pillion.Task._at(PillionHttp.Client.download_into(self, url, _to_file(folder), sha256, cancellable), core._site(2))


def _parse_json(body, url):
    task = Pillion.Task.new(body.get_loop(), body.get_name())
    try:
        task.return_value(json.loads(body.result(), parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        task.return_error(GLib.Error(f'{url}: {error}', ERROR, PillionHttp.Error.INVALID_JSON))
    return task


def _refuse_constant(name):
    raise ValueError(f'{name} is not valid JSON')


def _to_file(file):
    return file if isinstance(file, Gio.File) else Gio.File.new_for_path(os.fspath(file))


Client = _public(override(Client))
