# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python adds to the namespace PillionHttp: a client whose results are Python values, and an exception for what servers refuse."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVarTuple

from gi.module import get_introspection_module
from gi.overrides import _pillion_delivery as delivery
from gi.overrides import override
from gi.repository import Gio, GLib, Pillion

PillionHttp = get_introspection_module('PillionHttp')
core = sys.modules['gi.overrides.Pillion']

__all__ = []

_Ts = TypeVarTuple('_Ts')  # for the annotations, as in Pillion.py

# The version of the library that this file belongs to
__version__ = '1.0.0'

try:
    ERROR = GLib.quark_to_string(PillionHttp.error_quark())
except GLib.Error as error:
    raise ImportError(f'libpillion-http-1.so.0 cannot be used. It must come from the same version of Pillion as libpillion-1.so.0, '
                      f'and be where the system looks for libraries ({error.message}).') from error
STATUS_ERROR = GLib.quark_to_string(PillionHttp.status_error_quark())


def _public(kind):
    __all__.append(kind.__name__)
    return kind


@_public
class StatusError(GLib.Error):
    """A server refused. `status` is the status (404, 503…) and `reason` its name; `url` is the final URL, after
    redirects; `headers` is an http.client.HTTPMessage, and `body` is the beginning of the body, as bytes."""

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
    def __new__(cls, loop: Pillion.Loop | None = None, **properties: Any):
        self = PillionHttp.Client.new(core._or_default(loop))
        self.set_properties(**properties)
        return self

    def __init__(self, *args, **kwargs):
        pass  # it was made by __new__ ()

    def get_bytes(self, url, cancellable=None) -> Pillion.Task[bytes]:
        """Gets a body. Returns a task whose result is bytes."""
        return self._deliver(url, cancellable, _copy)

    def get_json(self, url, cancellable=None) -> Pillion.Task[Any]:
        """Gets a JSON body. Returns a task whose result is the Python value."""
        # By Python's own parser: JSON-GLib has no numbers past 64 bits, and no texts with a NUL in them
        return self._deliver(url, cancellable, _parse_json)

    def _deliver(self, url, cancellable, function):
        """Has `function (body, url)` make the result of a body."""
        body = core._at(PillionHttp.Client.get_bytes(self, url, cancellable), 3)
        start = core._Start(self.get_loop(), body.get_name(), function, (PillionHttp.redact_url(url),))
        task = core._at(core.Pillion.Task.and_then(body, start), 3)
        task.set_name(body.get_name())
        return task

    def download(self, url, target: Gio.File | str | os.PathLike[str], sha256=None, cancellable=None) -> Pillion.Task[Download]:
        """Downloads a body to a file, given as a path or a Gio.File. Returns a task whose result is a
        PillionHttp.Download."""
        return core._at(PillionHttp.Client.download(self, url, _to_file(target), sha256, cancellable))

    def download_into(self, url, folder: Gio.File | str | os.PathLike[str], sha256=None, cancellable=None) -> Pillion.Task[Download]:
        """Downloads a body into a folder, under the name that the server or the URL gives it."""
        return core._at(PillionHttp.Client.download_into(self, url, _to_file(folder), sha256, cancellable))


class TestServer(PillionHttp.TestServer):
    """An HTTP server on the loopback address, for tests. As a context manager it is closed in the end."""

    __test__ = False  # pytest takes a class of this name for tests

    def __new__(cls, loop: Pillion.Loop | None = None):
        return PillionHttp.TestServer.new(core._or_default(loop))

    def __init__(self, *args, **kwargs):
        pass  # it was made by __new__ ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def add_bytes(self, path, body: bytes | bytearray | memoryview | GLib.Bytes, content_type=None) -> None:
        """Answers requests for `path` with fixed bytes."""
        PillionHttp.TestServer.add_bytes(self, path, body if isinstance(body, GLib.Bytes) else GLib.Bytes.new(bytes(body)), content_type)

    def add_handler(self, path, func: Callable[[TestExchange, *_Ts], Awaitable[Any] | None], *args: *_Ts) -> None:
        """Answers requests for `path` with what `func (exchange, *args)` sets, which may be a coroutine function."""
        PillionHttp.TestServer.add_handler(self, path, core._Start(self.get_loop(), path, func, args))


class TestExchange(PillionHttp.TestExchange):
    """A request that a test server got, and the response that it will send."""

    __test__ = False

    def get_body(self) -> bytes:
        """The body of the request, as bytes."""
        return PillionHttp.TestExchange.get_body(self).get_data() or b''

    def set_body(self, body: bytes | bytearray | memoryview | GLib.Bytes, content_type=None) -> None:
        """Sets the body of the response."""
        PillionHttp.TestExchange.set_body(self, body if isinstance(body, GLib.Bytes) else GLib.Bytes.new(bytes(body)), content_type)

    def set_text(self, text, content_type=None) -> None:
        """Sets the body of the response to a text."""
        PillionHttp.TestExchange.set_text(self, text, content_type)


def _copy(body, url):
    data = body.get_bytes()
    if data.get_size() <= delivery.COPY_AT_ONCE:
        return body
    return body.get_loop().run_in_thread(body.get_name(), lambda task, cancellable: delivery.to_bytes(data))


def _parse_json(body, url):
    data = body.get_bytes()
    task = Pillion.Task.new(body.get_loop(), body.get_name())

    def to_error(error):
        return GLib.Error(f'{url}: {error}', ERROR, PillionHttp.Error.INVALID_JSON)

    def build(outline):
        try:
            delivery.build_in_slices(task, *outline.result(), to_error)
        except ValueError as error:
            task.return_error(to_error(error))
        except BaseException as error:
            task._return_exception(error)
            raise

    if data.get_size() > delivery.PARSE_AT_ONCE:
        outline = body.get_loop().run_in_thread(body.get_name(), lambda task, cancellable: delivery.outline(data))
        outline.add_done_callback(build)
    else:
        try:
            task.return_value(delivery.parse(data.get_data() or b''))
        except (ValueError, RecursionError) as error:
            task.return_error(to_error(error))
    return task


def _to_file(file):
    return file if isinstance(file, Gio.File) else Gio.File.new_for_path(os.fspath(file))


Client = _public(override(Client))
TestExchange = _public(override(TestExchange))
TestServer = _public(override(TestServer))
