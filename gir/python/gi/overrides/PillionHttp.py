# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python adds to the namespace PillionHttp: a client whose results are Python values, and an exception for refusals."""

from __future__ import annotations

import codecs
import http.client
import json
import os
import re
import sys
import urllib.parse
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from time import monotonic
from contextvars import ContextVar
from datetime import timedelta
from types import TracebackType
from typing import IO, Any, Self, TypeVarTuple, Union

from gi.module import get_introspection_module
from gi.overrides import _pillion_delivery as delivery
from gi.overrides import _pillion_request as requests
from gi.overrides import override
from gi.overrides._pillion_properties import add_attributes, refuse_others, set_properties, takes_names
from gi.overrides._pillion_values import exceptions
from gi.repository import Gio, GLib, GObject, Pillion

PillionHttp = get_introspection_module('PillionHttp')
core = sys.modules['gi.overrides.Pillion']

__all__ = []

_Ts = TypeVarTuple('_Ts')  # for the annotations, as in Pillion.py

# How the cache is used: a mode, or its name in the Fetch standard
_Mode = Union['CacheMode', str, None]
_Conflict = Union['NameConflict', str, None]

# Types of arguments: names with values, and bytes
_Pairs = Union[Mapping[str, Any], Iterable[tuple[str, Any]]]
_Bytes = Union[bytes, bytearray, memoryview, GLib.Bytes]

# A user and a password, credentials, the value of the field Authorization, or a function that gets a token
_Auth = Union[tuple[str, str], 'Credentials', str, Callable[[], Any], None]

_Path = Union[str, os.PathLike[str], Gio.File]

# What is read while it is sent, and the files of a form
_Content = Union[_Bytes, str, os.PathLike[str], Gio.File, Gio.InputStream, IO[bytes]]
_Part = Union[_Bytes, os.PathLike[str], Gio.File, IO[bytes]]
_File = Union[_Part, tuple[Union[str, None], Union[_Part, str]], tuple[Union[str, None], Union[_Part, str], Union[str, None]]]
_Files = Union[Mapping[str, Union[_File, list[_File]]], Iterable[tuple[str, _File]]]

# For how many functions a client keeps the tokens
MAX_RENEWALS = 16

# The version of the library that this file is for
__version__ = '1.0.0'

try:
    ERROR = GLib.quark_to_string(PillionHttp.error_quark())
except GLib.Error as error:
    raise ImportError(f'libpillion-http-1.so.0 cannot be used. It must come from the same version of Pillion as libpillion-1.so.0, '
                      f'and be where the system looks for libraries ({error.message}).') from error
STATUS_ERROR = GLib.quark_to_string(PillionHttp.status_error_quark())

# Looked up once: see _pillion_values.py
_request = PillionHttp.Client.request
_try_read = PillionHttp.Stream.try_read
_get_status = PillionHttp.Response.get_status
_peek_body = PillionHttp.Response.peek_body


def _public(kind):
    __all__.append(kind.__name__)
    return kind


@_public
class StatusError(GLib.Error):
    """A server refused. `status` is the status (404, 503…) and `reason` its name; `url` is the final URL, after
    redirects; `headers` is an http.client.HTTPMessage, and `body` is the beginning of the body, as bytes. `response` has
    the same as a PillionHttp.Response, with `text` and `json ()`."""

    status: int
    reason: str | None
    url: str | None
    headers: http.client.HTTPMessage
    body: bytes
    response: Response | None

    def __init__(self, message, status, response=None):
        super().__init__(message, STATUS_ERROR, status)
        self.status = status
        self.response = response
        self.reason = self.url = None
        self.headers = _Headers()
        self.body = b''
        if response is not None:
            self.reason = response.get_reason()
            self.url = response.get_url()
            self.body = response.get_body().get_data() or b''
            self.headers = _headers(response)

    def __str__(self):
        return self.message

    def __repr__(self):
        return f'PillionHttp.StatusError({self.message!r}, {self.status})'


# It replaces the enumeration, and has its names
for _code, _member in PillionHttp.StatusError.__enum_values__.items():
    setattr(StatusError, _member.value_nick.upper().replace('-', '_'), int(_code))


class _Headers(http.client.HTTPMessage):
    """A field that is missing raises KeyError, as in any mapping."""

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value


def _headers(response):
    headers = _Headers()
    for name in response.get_header_names():
        # Several Set-Cookie fields can't be joined with commas, so they come as lines
        for value in response.get_header(name).split('\n'):
            headers[name] = value
    return headers


# A link of the field Link (RFC 8288), and a parameter of one. They take linear time, whatever the server sends.
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[^\s=;,<>"]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)')
_PARAMETER = re.compile(r';\s*([^\s=;,<>"]+)(?:\s*=\s*(?:"([^"]*)"|([^\s;,"]*)))?')


def _links(response):
    links = {}
    for target, parameters in _LINK.findall(', '.join(response.headers.get_all('Link', ()))):
        try:
            link = {'url': urllib.parse.urljoin(response.url, target)}
        except ValueError:
            continue  # not a URL
        for name, quoted, plain in _PARAMETER.findall(parameters):
            link.setdefault(name.lower(), quoted or plain)
        for relation in link.get('rel', '').split():
            links.setdefault(relation.lower(), link)
    return links


def _make_status_error(error, task):
    response = PillionHttp.Response.from_task(task) if task is not None else None
    return StatusError(error.message, error.code, response)


exceptions[STATUS_ERROR] = _make_status_error


class Response(PillionHttp.Response):
    """The answer of a server."""

    @property
    def status(self) -> int:
        """The status, such as 200."""
        return self.get_status()

    @property
    def reason(self) -> str | None:
        """The name of the status."""
        return self.get_reason()

    @property
    def ok(self) -> bool:
        """Whether the status is less than 400."""
        return self.get_status() < 400

    @property
    def url(self) -> str:
        """The final URL, after redirects."""
        return self.get_url()

    @property
    def headers(self) -> http.client.HTTPMessage:
        """The header fields. A field that is missing raises KeyError; get () returns None."""
        try:
            return self._headers
        except AttributeError:
            self._headers = _headers(self)
            return self._headers

    @property
    def content(self) -> bytes:
        """The body. Each use makes a copy. If the body is large, keep the copy, or use `buffer`."""
        return _peek_body(self, delivery.COPY_AT_ONCE) or delivery.to_bytes(self.get_body())

    @property
    def buffer(self) -> memoryview:
        """The body without a copy: a read-only view that files, sockets, NumPy and others accept in place of bytes."""
        return delivery.view(self.get_body())

    @property
    def text(self) -> str:
        """The body as text, in the encoding that the server names, or else UTF-8. Bytes that can't be decoded are replaced."""
        charset = self.headers.get_content_charset('utf-8')
        try:
            # Python's punycode takes minutes for a megabyte
            if codecs.lookup(charset).name != 'punycode':
                return self.content.decode(charset, 'replace')
        except (LookupError, ValueError):  # unknown, or unable to replace, as idna is
            pass
        return self.content.decode('utf-8', 'replace')

    @property
    def http_version(self) -> str:
        """The version of HTTP, such as 1.1."""
        return self.get_http_version()

    @property
    def elapsed(self) -> timedelta:
        """How long the call took, until the whole body was there, or the header of a stream's response. For the phases see get_elapsed ()."""
        times = self.get_elapsed(PillionHttp.Phase.BODY), self.get_elapsed(PillionHttp.Phase.FIRST_BYTE)
        return timedelta(microseconds=max(0, *times))

    @property
    def history(self) -> list[Response]:
        """The responses that redirected here, the first one first."""
        return self.get_history()

    @property
    def from_cache(self) -> bool:
        """Whether the body comes from the client's cache."""
        return self.is_from_cache()

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The links of the header field Link, by their relations: `links['next']['url']` is the absolute URL of the next page."""
        return _links(self)

    def json(self) -> Any:
        """Returns the Python value of a JSON body. This parses it at once; use get_json () for large bodies."""
        try:
            return delivery.parse(self.get_body().get_data() or b'')
        except (ValueError, RecursionError) as error:
            self.remove_from_cache()
            raise _json_error(self.url, error) from None

    def raise_for_status(self) -> Self:
        """Raises StatusError if the status is 400 or more: the server refused, or there was none to ask. Returns the response."""
        if _get_status(self) >= 400:
            error = self.get_network_error()
            if error is not None:
                raise StatusError(f'{self.url}: the server could not be reached: {error.message}', self.status, self)
            # A server may have a Pillion of its own, but answers from an address
            if self.get_peer() is None and self.get_header('Cache-Status') == 'Pillion; detail=only-if-cached':
                raise StatusError(f'{self.url}: {self.status}: the cache has no response that can be used, and the network must not be',
                                  self.status, self)
            reason = f' ({self.reason})' if self.reason else ''
            raise StatusError(f'{self.url}: the server answered {self.status}{reason}', self.status, self)
        return self

    def __repr__(self):
        return f'<PillionHttp.Response {self.status} {self.url}>'


class Request(PillionHttp.Request):
    """A request: `PillionHttp.Request('POST', url, json={'name': 'value'}, priority='high')`. The arguments up to `timeout` are as for
    Client.request (), and the others are properties."""

    def __new__(cls, method: str, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
                content: _Content | None = None, data: _Pairs | _Bytes | str | None = None, files: _Files | None = None, json: Any = None,
                timeout: float | None = None, **properties: Any):
        self = requests.make(method, url, params, headers, content, data, json, None, timeout, files=files)
        set_properties(self, properties)
        return self

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    def __repr__(self):
        return f'<PillionHttp.Request {self.get_method()} {PillionHttp.redact_url(self.get_url())}>'


class Stream(PillionHttp.Stream):
    """A response whose body is read as it arrives: `async for piece in stream` gives bytes."""

    _unparsed = ''  # a line of JSON that was read, but whose reader was cancelled

    @property
    def response(self) -> Response:
        """The response, without its body."""
        return self.get_response()

    @property
    def status(self) -> int:
        """The status, such as 200."""
        return self.get_response().get_status()

    @property
    def reason(self) -> str | None:
        """The name of the status."""
        return self.get_response().get_reason()

    @property
    def ok(self) -> bool:
        """Whether the status is less than 400."""
        return self.status < 400

    @property
    def url(self) -> str:
        """The final URL, after redirects."""
        return self.get_response().get_url()

    @property
    def headers(self) -> http.client.HTTPMessage:
        """The header fields."""
        return self.get_response().headers

    @property
    def history(self) -> list[Response]:
        """The responses that redirected here, the first one first."""
        return self.get_response().get_history()

    def raise_for_status(self) -> Self:
        """Raises StatusError if the server refused, with a status of 400 or more. Returns the stream."""
        self.get_response().raise_for_status()
        return self

    def read(self, max=0, cancellable=None) -> Pillion.Task[bytes]:
        """Reads the next piece, of at most `max` bytes unless that is 0. Returns a task whose result is bytes, which are empty at the end."""
        return core._at(PillionHttp.Stream.read(self, max, cancellable))

    def read_line(self, cancellable=None) -> Pillion.Task[str | None]:
        """Reads the next line. Returns a task whose result is a str without the line's end, or None at the end of the body."""
        return core._at(PillionHttp.Stream.read_line(self, cancellable))

    async def read_json(self) -> Any:
        """Reads the next line that is not blank, as JSON. Returns its value, or None at the end of the body. To tell that from a line that
        is null, use json_lines ()."""
        # With Python's own parser: see Client.get_json ()
        return await anext(self.json_lines(), None)

    def lines(self) -> AsyncIterator[str]:
        """Reads the body line by line, as UTF-8. What can't be decoded is replaced."""
        return _Lines(self)

    def json_lines(self) -> AsyncIterator[Any]:
        """Reads a body of which each line is a JSON value (JSON Lines, NDJSON). Blank lines are skipped. A line that is not valid raises
        GLib.Error, which names it; the next iteration goes on with the line after it."""
        return _JsonLines(self)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces(self)

    def __repr__(self):
        return f'<PillionHttp.Stream {self.status} {self.url}>'


class _Pieces:
    def __init__(self, stream):
        self.stream = stream
        self.turns = core._Turns()

    def __aiter__(self):
        return self

    async def __anext__(self):
        turns = self.turns
        if monotonic() < turns.end:
            data = _try_read(self.stream, 0)
            if data is not None:
                return delivery.to_bytes(data)
        piece = await turns.wait(PillionHttp.Stream.read, self.stream, 0, None)
        if not piece:
            raise StopAsyncIteration
        return piece


class _Lines(_Pieces):
    async def __anext__(self):
        line = await self.turns.wait(PillionHttp.Stream.read_line, self.stream, None)
        if line is None:
            raise StopAsyncIteration
        return line


class _JsonLines(_Lines):
    async def __anext__(self):
        line, self.stream._unparsed = self.stream._unparsed, ''
        while not line.strip():
            line = await super().__anext__()
        url = f'{self.stream.url}: line {self.stream.get_line_number()}'
        data = line.encode()
        if len(data) > delivery.PARSE_AT_ONCE:
            try:
                return await _parse(self.turns.loop, f'parse {url}', GLib.Bytes.new(data), url, self.stream.get_response())
            except BaseException as error:
                if not isinstance(error, GLib.Error):
                    self.stream._unparsed = line
                raise
        try:
            return delivery.parse(data)
        except (ValueError, RecursionError) as error:
            self.stream.get_response().remove_from_cache()
            raise _json_error(url, error) from None


class _Opening(AbstractAsyncContextManager):
    """Opens a stream for a block."""

    def __init__(self, client, request, cancellable):
        self.client = client
        self.request = request
        self.cancellable = cancellable
        self.stream = None

    async def __aenter__(self):
        self.stream = await core._at(self.client._send(PillionHttp.Client.open, self.request, self.cancellable))
        return self.stream

    async def __aexit__(self, kind, error, traceback):
        self.stream.close()


class Event(PillionHttp.Event):
    """A server-sent event: it has a `type`, `data` and an `id`."""

    def json(self) -> Any:
        """The Python value of data that are JSON. Raises ValueError if they are not."""
        return delivery.parse(self.data)

    def __repr__(self):
        return f'<PillionHttp.Event {self.type} {self.data!r}>'


class EventStream(PillionHttp.EventStream):
    """Receives server-sent events, and reconnects: `async for event in stream`. As a context manager it is closed in the end."""

    _turns = None

    def __new__(cls, client, request):
        return PillionHttp.EventStream.new(client, request)

    def __init__(self, *args, **kwargs):
        pass  # it was made by __new__ ()

    def next(self, cancellable=None) -> Pillion.Task[Event | None]:
        """Waits for the next event. Returns a task whose result is an Event, or None if there will be no more."""
        return core._at(PillionHttp.EventStream.next(self, cancellable))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._turns is None:
            self._turns = core._Turns()
        event = await self._turns.wait(PillionHttp.EventStream.next, self, None)
        if event is None:
            raise StopAsyncIteration
        return event

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        traceback: TracebackType | None) -> None:
        self.close()

    def __repr__(self):
        last = self.get_last_event_id()
        return f'<PillionHttp.EventStream{f" after event {last!r}" if last else ""}>'


class Cookie(PillionHttp.Cookie):
    """A cookie. What is not an argument can be set as an attribute."""

    def __new__(cls, name: str, value: str, domain: str, path: str | None = None):
        return PillionHttp.Cookie.new(requests.text(name), requests.text(value), requests.text(domain),
                                      None if path is None else requests.text(path))

    def __init__(self, *args, **kwargs):
        super().__init__()

    def __repr__(self):
        return f'<PillionHttp.Cookie {self.name} {self.domain}{self.path}>'


class CookieJar(PillionHttp.CookieJar):
    """Keeps cookies, in a file that is given as a path or a Gio.File, or in memory: `for cookie in jar`."""

    def __new__(cls, file: Gio.File | str | os.PathLike[str] | None = None, *, save_session_cookies: bool = False):
        self = PillionHttp.CookieJar.new() if file is None else PillionHttp.CookieJar.new_for_file(_to_file(file))
        self.set_save_session_cookies(save_session_cookies)
        return self

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    def load(self, loop=None, cancellable=None) -> Pillion.Task[bool]:
        """Reads the file, and says if it is broken."""
        return core._at(PillionHttp.CookieJar.load(self, core._or_default(loop), cancellable))

    def save(self, loop=None, cancellable=None) -> Pillion.Task[bool]:
        """Writes the file."""
        return core._at(PillionHttp.CookieJar.save(self, core._or_default(loop), cancellable))

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self.list(None))

    def __len__(self) -> int:
        return len(self.list(None))

    def __bool__(self) -> bool:
        return True  # also while it is empty

    def __repr__(self):
        file = self.get_file()
        return f'<PillionHttp.CookieJar {file.get_parse_name()}>' if file is not None else '<PillionHttp.CookieJar>'


class Cache(PillionHttp.Cache):
    """Keeps responses in a folder, whose path is given: `PillionHttp.Client(cache=PillionHttp.Cache(path))`."""

    def __new__(cls, path: str | os.PathLike[str], *, max_size: int | None = None):
        path = os.fspath(path)
        if not path:
            raise ValueError('a cache needs the path of a folder, and not an empty one')
        self = PillionHttp.Cache.new(path)
        if max_size is not None:
            self.max_size = max_size
        return self

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    def open(self, loop=None, cancellable=None) -> Pillion.Task[bool]:
        """Opens the folder, and says if that is impossible."""
        return core._at(PillionHttp.Cache.open(self, core._or_default(loop), cancellable))

    def remove(self, url, loop=None, cancellable=None) -> Pillion.Task[bool]:
        """Removes what is stored for a URL. The result is whether there was anything."""
        return core._at(PillionHttp.Cache.remove(self, url, core._or_default(loop), cancellable))

    def clear(self, loop=None, cancellable=None) -> Pillion.Task[bool]:
        """Removes everything."""
        return core._at(PillionHttp.Cache.clear(self, core._or_default(loop), cancellable))

    def flush(self, loop=None, cancellable=None) -> Pillion.Task[bool]:
        """Writes everything that was stored so far, and says if that is impossible."""
        return core._at(PillionHttp.Cache.flush(self, core._or_default(loop), cancellable))

    def list(self, url=None, loop=None, cancellable=None) -> Pillion.Task[Gio.ListModel]:
        """Lists what is stored, or only what is stored for a URL. The result is a list model of responses without bodies."""
        return core._at(PillionHttp.Cache.list(self, url, core._or_default(loop), cancellable))

    def verify(self, loop=None, cancellable=None) -> Pillion.Task[int]:
        """Reads everything and removes what is damaged. The result is how many responses were removed."""
        return core._at(PillionHttp.Cache.verify(self, core._or_default(loop), cancellable))

    def __repr__(self):
        return f'<PillionHttp.Cache {self.get_path()}>'


class Credentials(PillionHttp.Credentials):
    """A user and a password that are sent once a server asks for them. new_basic () and new_bearer () make those that are sent at once."""

    def __new__(cls, user: str, password: str):
        return PillionHttp.Credentials.new(requests.text(user), requests.text(password))

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    def __repr__(self):
        return '<PillionHttp.Credentials>'


class _Answer(core._Start):
    """A function that gives credentials, or an awaitable of them, or None."""

    convert = staticmethod(requests.credentials)

    def _start(self, *values):
        answer = self.function(*values, *self.args)
        if answer is None:
            return None
        if not isinstance(answer, Awaitable):
            return self._return(answer)
        if not isinstance(answer, Pillion.Task):
            answer = Pillion.Task.from_awaitable(answer, self.loop, self.name)
        return core._at(core.Pillion.Task.and_then(answer, core._Start(self.loop, self.name, self._pass_on, ())))

    def _pass_on(self, task):
        return self._return(task.result())

    def _return(self, answer):
        task = Pillion.Task.new(self.loop, self.name)
        task.return_object(self.convert(answer))
        return task


# The credentials whose token the running code gets, in a function for that or in a task that it has started
_renewing: ContextVar[tuple[PillionHttp.Credentials, ...]] = ContextVar('renewing', default=())


class _Renewal(_Answer):
    """A function that gives a token, or a token and for how many seconds it is valid."""

    __slots__ = ('credentials',)

    convert = staticmethod(requests.token)

    def _start(self, loop):
        # In a context of its own
        _renewing.set((*_renewing.get(), self.credentials))
        return super()._start()


class _Weakly:
    """Calls a function if it is still there. C holds this instead of the function: the garbage collector can't look into C, and the function
    may refer to the client, which refers to its credentials."""

    __slots__ = ('function',)

    def __init__(self, function):
        self.function = weakref.ref(function)

    def __call__(self, *values):
        function = self.function()
        return None if function is None else function(*values)


class WebSocket(PillionHttp.WebSocket):
    """A WebSocket. Its messages are str and bytes: `await socket.send (message)`, and `async for message in socket`."""

    _turns = None

    @property
    def subprotocol(self) -> str | None:
        """The protocol that the server chose of those that were offered."""
        return self.get_protocol()

    @property
    def close_code(self) -> int | None:
        """The code that it was closed with, or None while it is open."""
        return self.get_close_code() or None

    @property
    def close_reason(self) -> str | None:
        """The reason that came with the code."""
        return self.dup_close_reason()

    def send(self, message: str | _Bytes) -> Pillion.Task[bool]:
        """Sends a str as a text, or bytes as they are. Returns a task that is done when the socket has taken it."""
        if isinstance(message, str):
            return core._at(PillionHttp.WebSocket.send_text(self, requests.text(message), None))
        return core._at(self.send_bytes(message))

    def send_json(self, value: Any) -> Pillion.Task[bool]:
        """Sends a value as JSON in a text. Returns a task like send ()."""
        return core._at(PillionHttp.WebSocket.send_text(self, json.dumps(value), None))

    def send_text(self, text: str, cancellable: Gio.Cancellable | None = None) -> Pillion.Task[bool]:
        """Sends a text. Returns a task like send ()."""
        return core._at(PillionHttp.WebSocket.send_text(self, requests.text(text), cancellable))

    def send_bytes(self, data: _Bytes | GLib.Bytes, cancellable: Gio.Cancellable | None = None) -> Pillion.Task[bool]:
        """Sends bytes. Returns a task like send ()."""
        return core._at(PillionHttp.WebSocket.send_bytes(self, requests.encode_bytes(data), cancellable))

    def receive(self, cancellable: Gio.Cancellable | None = None) -> Pillion.Task[WebSocketMessage | None]:
        """Receives the next message. Returns a task whose result is a WebSocketMessage, or None if the WebSocket was closed."""
        return core._at(PillionHttp.WebSocket.receive(self, cancellable))

    async def recv(self) -> str | bytes | None:
        """Receives the next message, a str or bytes. Returns None if the WebSocket was closed."""
        message = await core._at(PillionHttp.WebSocket.receive(self, None))
        return None if message is None else message.value

    def close(self, code: int = 1000, reason: str = '', cancellable: Gio.Cancellable | None = None) -> Pillion.Task[bool]:
        """Closes it. Returns a task that is done when the server has closed as well; it need not be awaited."""
        return core._at(PillionHttp.WebSocket.close(self, code, requests.text(reason), cancellable))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        if self._turns is None:
            self._turns = core._Turns()
        message = await self._turns.wait(PillionHttp.WebSocket.receive, self, None)
        if message is None:
            raise StopAsyncIteration
        return message.value

    def __repr__(self):
        return f'<PillionHttp.WebSocket {self.get_response().get_url()}>'


class WebSocketMessage(PillionHttp.WebSocketMessage):
    """A message of a WebSocket: `text` is a str, or None if it is binary."""

    @property
    def value(self) -> str | bytes:
        """The message as a str, if it is a text, or as bytes."""
        data = delivery.to_bytes(self.data)
        return data if self.text is None else data.decode()

    def __repr__(self):
        return f'<PillionHttp.WebSocketMessage {self.value!r}>'


class _Connecting(AbstractAsyncContextManager):
    """Opens a WebSocket for a block, or by being awaited."""

    def __init__(self, client, request, protocols):
        self.client = client
        self.request = request
        self.protocols = protocols
        self.socket = None

    async def open(self):
        return await core._at(self.client._send(PillionHttp.Client.open_web_socket, self.request, self.protocols, None))

    def __await__(self):
        return self.open().__await__()

    async def __aenter__(self):
        self.socket = await self.open()
        return self.socket

    async def __aexit__(self, kind, error, traceback):
        await self.socket.close(1000 if kind is None or issubclass(kind, GeneratorExit) else 1001)


class _CacheOfClient:
    """Client.cache, which may be given as a path."""

    def __get__(self, client: Any, kind: Any = None) -> Cache | None:
        return self if client is None else client.get_cache()

    def __set__(self, client: Any, cache: Cache | str | os.PathLike[str] | None) -> None:
        client.set_cache(cache if cache is None or isinstance(cache, PillionHttp.Cache) else Cache(cache))


class Client(PillionHttp.Client):
    """Sends requests. get (), post () and the like return a task whose result is a response, whatever its status. get_bytes (),
    get_json () and the downloads fail with StatusError if the server refuses."""

    cache: _CacheOfClient = _CacheOfClient()

    def __new__(cls, loop: Pillion.Loop | None = None, *, headers: _Pairs | None = None, auth: _Auth = None,
                verify: bool | str | os.PathLike[str] | Gio.File | Gio.TlsDatabase = True,
                cert: _Path | tuple[_Path, _Path] | Gio.TlsCertificate | None = None, pinned_keys: str | Iterable[str] | None = None,
                unix_socket_path: str | os.PathLike[str] | None = None, local_address: str | Gio.InetSocketAddress | None = None,
                cache: PillionHttp.Cache | str | os.PathLike[str] | None = None, **properties: Any):
        self = PillionHttp.Client.new(core._or_default(loop))
        set_properties(self, properties)
        if cache is not None:
            self.cache = cache
        _trust(self, verify, cert)
        if pinned_keys is not None:
            self.set_pinned_keys(pinned_keys.split(';') if isinstance(pinned_keys, str) else list(pinned_keys))
        if unix_socket_path is not None:
            self.set_unix_socket_path(os.fspath(unix_socket_path))
        if local_address is not None:
            self.set_local_address(_to_address(local_address))
        if isinstance(auth, str):
            self.set_header('Authorization', requests.text(auth))
        elif auth is not None:
            self.set_credentials(requests.credentials(self._auth(auth)))
        if headers is not None:
            for name, value in requests.pairs(headers):
                self.set_header(name, value)
        return self

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        traceback: TracebackType | None) -> None:
        # Transfers carry on, as they do when the client is dropped
        jar = self.get_cookie_jar()
        cache = self.get_cache()
        try:
            if jar is not None:
                await jar.save(self.get_loop())
        finally:
            # So that the folder can be removed, or handed on. A disk that refuses is no fault of the calls.
            if cache is not None:
                with suppress(GLib.Error):
                    await cache.flush(self.get_loop())

    def __repr__(self):
        base_url = self.get_base_url()
        return f'<PillionHttp.Client{f" of {PillionHttp.redact_url(base_url)}" if base_url else ""}>'

    # Function → its credentials, and what they call
    _renewals = None

    def _auth(self, auth):
        """Returns the same credentials each time for the same function, so that its token is used again."""
        if not callable(auth):
            return auth
        if self._renewals is None:
            self._renewals = {}
        renewals = self._renewals
        if auth not in renewals:
            while len(renewals) >= MAX_RENEWALS:
                del renewals[next(iter(renewals))]
            loop = self.get_loop()
            renewal = _Renewal(loop, 'renew', auth, ())
            renewal.credentials = PillionHttp.Credentials.new_renewing(loop, _Weakly(renewal))
            renewals[auth] = renewal.credentials, renewal
        return renewals[auth][0]

    def _send(self, function, request, *args):
        """Calls a method that sends a request. One that gets a token can't wait for that."""
        renewing = _renewing.get()
        if renewing and request.get_use_credentials() and (request.get_credentials() or self.get_credentials()) in renewing:
            request.set_use_credentials(False)
            try:
                return self._keep(function(self, request, *args))
            finally:
                request.set_use_credentials(True)
        return self._keep(function(self, request, *args))

    def _keep(self, sent):
        """Keeps the functions that renew tokens for as long as `sent`, a task or a stream of events, needs them: the client may be dropped,
        and may forget them. Returns it."""
        if self._renewals is not None and sent is not None:
            sent._renewals = [renewal for _, renewal in self._renewals.values()]
        return sent

    def connect(self, detailed_signal: str, handler: Callable[..., Any], *args: Any) -> int:
        """Connects a handler to a signal. One of `authenticate` returns a PillionHttp.Credentials, a user and a password, a token, or None,
        and may be a coroutine function."""
        if detailed_signal == 'authenticate':
            handler, args = _Answer(self.get_loop(), detailed_signal, handler, args), ()
        return GObject.Object.connect(self, detailed_signal, handler, *args)

    def request(self, method: str, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
                content: _Content | None = None, data: _Pairs | _Bytes | str | None = None, files: _Files | None = None, json: Any = None,
                auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True, cache: _Mode = None,
                cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Sends a request. Returns a task whose result is a Response, whatever its status.

        `params` are added to the URL, and `headers` to the header: mappings, whose values may be lists, or pairs. The body is one of
        `content` (bytes, a str, a path, an open file, a Gio.File or Gio.InputStream), `json` (a value), and a form of `data` (its
        fields) and `files`: paths, open files, bytes, or a file name with one of these and maybe a media type. `auth` is a user and a password, which are sent
        at once, a PillionHttp.Credentials, the value of the header field Authorization, or a function that returns a token, or a
        token and for how many seconds it is valid; it may be a coroutine function. `timeout` is for the whole call, in seconds. `cache` is how the
        client's cache is used: a PillionHttp.CacheMode, or its name in the Fetch standard, such as 'no-store'."""
        return self._request(requests.text(method).upper(), url, params, headers, content, data, json, auth, timeout, follow_redirects,
                             cancellable, files, cache)

    def _request(self, method, url, params, headers, content, data, json, auth, timeout, follow_redirects, cancellable, files=None, cache=None):
        body = None
        if params is headers is auth is timeout is cache is None and follow_redirects is True and not _renewing.get():
            body = requests.encode(content, data, json, files)
        if body is not None:
            sent = _request(self, method, requests.text(url), *body, cancellable)
            if self._renewals is not None:
                self._keep(sent)
        else:
            request = requests.make(method, url, params, headers, content, data, json, self._auth(auth), timeout, follow_redirects, files, cache)
            request.accept_statuses(200, 999)
            sent = self._send(PillionHttp.Client.send, request, cancellable)
        return core._at(sent, 3)

    def send(self, request, cancellable=None) -> Pillion.Task[Response]:
        """Sends a request. Returns a task whose result is a Response."""
        return core._at(self._send(PillionHttp.Client.send, request, cancellable))

    def stream(self, method: str, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
               content: _Bytes | str | None = None, data: _Pairs | _Bytes | str | None = None, json: Any = None,
               auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True, cache: _Mode = None,
               cancellable: Gio.Cancellable | None = None) -> AbstractAsyncContextManager[Stream]:
        """Sends a request whose response is read as it arrives: `async with client.stream ('GET', url) as response`. The block begins when
        the head of the response is there, whatever its status, and closes the stream in the end. For the rest see request ()."""
        request = requests.make(method, url, params, headers, content, data, json, self._auth(auth), timeout, follow_redirects, cache=cache)
        request.accept_statuses(200, 999)
        return _Opening(self, request, cancellable)

    def open_web_socket(self, request, protocols: Sequence[str] | None = None,
                        cancellable: Gio.Cancellable | None = None) -> Pillion.Task[WebSocket]:
        """Opens a WebSocket. Returns a task whose result is a WebSocket."""
        return core._at(self._send(PillionHttp.Client.open_web_socket, request, protocols, cancellable))

    def open(self, request, cancellable=None) -> Pillion.Task[Stream]:
        """Sends a request. Returns a task whose result is a Stream."""
        return core._at(self._send(PillionHttp.Client.open, request, cancellable))

    def events(self, url: str, *, method: str = 'GET', params: _Pairs | None = None, headers: _Pairs | None = None,
               content: _Bytes | str | None = None, data: _Pairs | _Bytes | str | None = None, json: Any = None,
               auth: _Auth = None, follow_redirects: bool = True, last_event_id: str | None = None) -> EventStream:
        """Receives server-sent events: `async for event in client.events (url)`. It connects with the first event that is waited for, and
        again when the connection ends. With another method than GET it connects once. For the rest see request ()."""
        request = requests.make(method, url, params, headers, content, data, json, self._auth(auth), None, follow_redirects)
        if last_event_id:
            request.set_header('Last-Event-ID', requests.text(last_event_id))
        return self._keep(PillionHttp.EventStream.new(self, request))

    def websocket(self, url: str, *, protocols: Iterable[str] = (), params: _Pairs | None = None, headers: _Pairs | None = None,
                  auth: tuple[str, str] | str | None = None) -> AbstractAsyncContextManager[WebSocket]:
        """Opens a WebSocket: `async with client.websocket ('wss://…') as socket`, or `socket = await client.websocket ('wss://…')`. The
        block closes it in the end. `protocols` are those to offer, the best one first. For the rest see request ()."""
        request = requests.make('GET', url, params, headers, auth=self._auth(auth))
        return _Connecting(self, request, [requests.text(protocol) for protocol in protocols])

    def get(self, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
            auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True, cache: _Mode = None,
            cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Gets a URL: see request ()."""
        return self._request('GET', url, params, headers, None, None, None, auth, timeout, follow_redirects, cancellable, cache=cache)

    def head(self, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
             auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True, cache: _Mode = None,
             cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Gets only the header: see request ()."""
        return self._request('HEAD', url, params, headers, None, None, None, auth, timeout, follow_redirects, cancellable, cache=cache)

    def options(self, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
                auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True,
                cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Asks what a URL allows: see request ()."""
        return self._request('OPTIONS', url, params, headers, None, None, None, auth, timeout, follow_redirects, cancellable)

    def delete(self, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
               auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True,
               cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Deletes what a URL names: see request ()."""
        return self._request('DELETE', url, params, headers, None, None, None, auth, timeout, follow_redirects, cancellable)

    def post(self, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
             content: _Content | None = None, data: _Pairs | _Bytes | str | None = None, files: _Files | None = None, json: Any = None,
             auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True,
             cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Posts to a URL: see request ()."""
        return self._request('POST', url, params, headers, content, data, json, auth, timeout, follow_redirects, cancellable, files)

    def put(self, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
            content: _Content | None = None, data: _Pairs | _Bytes | str | None = None, files: _Files | None = None, json: Any = None,
            auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True,
            cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Puts a body at a URL: see request ()."""
        return self._request('PUT', url, params, headers, content, data, json, auth, timeout, follow_redirects, cancellable, files)

    def patch(self, url: str, *, params: _Pairs | None = None, headers: _Pairs | None = None,
              content: _Content | None = None, data: _Pairs | _Bytes | str | None = None, files: _Files | None = None, json: Any = None,
              auth: _Auth = None, timeout: float | None = None, follow_redirects: bool = True,
              cancellable: Gio.Cancellable | None = None) -> Pillion.Task[Response]:
        """Changes what a URL names: see request ()."""
        return self._request('PATCH', url, params, headers, content, data, json, auth, timeout, follow_redirects, cancellable, files)

    def post_json(self, url, json: Any, cancellable=None, *, params: _Pairs | None = None, headers: _Pairs | None = None,
                  auth: _Auth = None, timeout: float | None = None) -> Pillion.Task[Response]:
        """Posts a Python value as JSON. Returns a task whose result is a Response, and which fails with StatusError if the
        server refuses. The rest is as for request ()."""
        request = requests.make('POST', url, params, headers, auth=self._auth(auth), timeout=timeout)
        request.set_body(requests.encode_bytes(requests.encode_json(json).encode()), 'application/json')
        if request.get_header('Accept') is None:
            request.set_header('Accept', 'application/json')
        return core._at(self._send(PillionHttp.Client.send, request, cancellable))

    def upload(self, url, file: Gio.File | str | os.PathLike[str], cancellable=None, *, params: _Pairs | None = None,
               headers: _Pairs | None = None, auth: _Auth = None,
               timeout: float | None = None) -> Pillion.Task[Response]:
        """Puts a file at a URL. Returns a task whose result is a Response, whose progress counts the bytes that were sent, and which
        fails with StatusError if the server refuses. The rest is as for request ()."""
        request = requests.make('PUT', url, params, headers, auth=self._auth(auth), timeout=timeout)
        request.set_body_from_file(_to_file(file), None)
        return core._at(self._send(PillionHttp.Client.send, request, cancellable))

    def get_bytes(self, url, cancellable=None, *, params: _Pairs | None = None, headers: _Pairs | None = None,
                  auth: _Auth = None, timeout: float | None = None, cache: _Mode = None) -> Pillion.Task[bytes]:
        """Gets a body. Returns a task whose result is bytes. The rest is as for request ()."""
        return self._deliver(url, params, headers, auth, timeout, cache, cancellable, _copy)

    def get_json(self, url, cancellable=None, *, params: _Pairs | None = None, headers: _Pairs | None = None,
                 auth: _Auth = None, timeout: float | None = None, cache: _Mode = None) -> Pillion.Task[Any]:
        """Gets a JSON body. Returns a task whose result is the Python value. The rest is as for request ()."""
        # With Python's own parser: JSON-GLib has no numbers beyond 64 bits, and no strings with a NUL in them
        return self._deliver(url, params, headers, auth, timeout, cache, cancellable, _parse_json, _parse_response)

    def _deliver(self, url, params, headers, auth, timeout, cache, cancellable, function, of_response=None):
        """Returns a task whose result `function (body, url)` makes from a body, or `of_response (response, url)` if the client has a cache, from
        which the response may have to be removed."""
        if self.get_cache() is None:
            of_response = None
        if params is headers is auth is timeout is cache is of_response is None and not _renewing.get():
            body = core._at(self._keep(PillionHttp.Client.get_bytes(self, url, cancellable)), 3)
        else:
            request = requests.make('GET', url, params, headers, auth=self._auth(auth), timeout=timeout, cache=cache)
            sent = core._at(self._send(PillionHttp.Client.send, request, cancellable), 3)
            if of_response is not None:
                body, function = sent, of_response
            else:
                body = core._at(core.Pillion.Task.and_then(sent, core._Start(self.get_loop(), sent.get_name(), _take_body, ())), 3)
                body.set_name(sent.get_name())
        start = core._Start(self.get_loop(), body.get_name(), function, (PillionHttp.redact_url(url),))
        task = core._at(core.Pillion.Task.and_then(body, start), 3)
        task.set_name(body.get_name())
        return task

    def download(self, url, target: Gio.File | str | os.PathLike[str], sha256=None, cancellable=None, *, params: _Pairs | None = None,
                 headers: _Pairs | None = None, auth: _Auth = None, timeout: float | None = None,
                 name_conflict: _Conflict = None, only_if_changed: bool = False,
                 preserve_time: bool = False, resume: bool = True, mirrors: Sequence[str] = ()) -> Pillion.Task[Download]:
        """Downloads a body to a file, given as a path or a Gio.File. Returns a task whose result is a
        PillionHttp.Download. `sha256` may be any digest that PillionHttp.DownloadOptions takes, and `name_conflict`, `only_if_changed`,
        `preserve_time`, `resume` and `mirrors` are its properties of these names. The rest is as for request ()."""
        request = requests.make('GET', url, params, headers, auth=self._auth(auth), timeout=timeout)
        options = DownloadOptions(digest=sha256, name_conflict=name_conflict, only_if_changed=only_if_changed, preserve_time=preserve_time,
                                  resume=resume, mirrors=mirrors)
        return core._at(self._send(PillionHttp.Client.send_to_file, request, _to_target(target), options, cancellable))

    def download_into(self, url, folder: Gio.File | str | os.PathLike[str], sha256=None, cancellable=None, *,
                      params: _Pairs | None = None, headers: _Pairs | None = None, auth: _Auth = None,
                      timeout: float | None = None, name_conflict: _Conflict = None, only_if_changed: bool = False,
                      preserve_time: bool = False, resume: bool = True, mirrors: Sequence[str] = ()) -> Pillion.Task[Download]:
        """Downloads a body into a folder, under the name that the server or the URL gives it. The rest is as for download ()."""
        request = requests.make('GET', url, params, headers, auth=self._auth(auth), timeout=timeout)
        options = DownloadOptions(digest=sha256, name_conflict=name_conflict, only_if_changed=only_if_changed, preserve_time=preserve_time,
                                  resume=resume, mirrors=mirrors)
        return core._at(self._send(PillionHttp.Client.send_into, request, _to_file(folder), options, cancellable))

    def send_to_file(self, request, target: Gio.File | str | os.PathLike[str], options=None, cancellable=None) -> Pillion.Task[Download]:
        """Sends a request, and saves the body of the response."""
        return core._at(self._send(PillionHttp.Client.send_to_file, request, _to_target(target), options, cancellable))

    def send_into(self, request, folder: Gio.File | str | os.PathLike[str], options=None, cancellable=None) -> Pillion.Task[Download]:
        """Sends a request, and saves the body of the response in a folder."""
        return core._at(self._send(PillionHttp.Client.send_into, request, _to_file(folder), options, cancellable))


class Download(PillionHttp.Download):
    def __repr__(self):
        return f'<PillionHttp.Download {self.get_file().get_parse_name()!r} {self.get_outcome().value_nick}: {self.get_size()} bytes>'


class DownloadOptions(PillionHttp.DownloadOptions):
    def __init__(self, *, digest: str | None = None, mirrors: Sequence[str] | None = None, name_conflict: _Conflict = None,
                 only_if_changed: bool = False, preserve_time: bool = False, resume: bool = True):
        super().__init__()
        self.set_digest(digest)
        self.set_mirrors(mirrors)
        if name_conflict is not None:
            self.name_conflict = name_conflict
        self.only_if_changed = only_if_changed
        self.preserve_time = preserve_time
        self.resume = resume

    def __repr__(self):
        usual = PillionHttp.DownloadOptions.new()
        names = [pspec.name.replace('-', '_') for pspec in self.list_properties()]
        values = [(name, getattr(self, name)) for name in names if getattr(self, name) != getattr(usual, name)]
        shown = [f' {name}={self._redact(value)!r}' for name, value in values]
        return f'<PillionHttp.DownloadOptions{"".join(shown)}>'

    @staticmethod
    def _redact(value):
        # Mirrors may have passwords
        return [PillionHttp.redact_url(url) for url in value] if isinstance(value, list) else getattr(value, 'value_nick', value)


class Challenge(PillionHttp.Challenge):
    def __repr__(self):
        return f'<PillionHttp.Challenge {self.get_scheme()} of {"the proxy " if self.get_is_proxy() else ""}{self.get_origin()}>'


class Part(PillionHttp.Part):
    """What an unfinished download left in a folder."""

    remove: Callable[..., Pillion.Task[bool]]

    def __repr__(self):
        length = self.get_length()
        return f'<PillionHttp.Part {self.get_name()!r}: {self.get_size()}{f" of {length}" if length >= 0 else ""} bytes>'

    @staticmethod
    def list(loop, folder: Gio.File | str | os.PathLike[str], cancellable=None) -> Pillion.Task[Gio.ListModel]:
        """Finds the parts in a folder. Returns a task whose result is a list model of them."""
        return core._at(PillionHttp.Part.list(loop, _to_file(folder), cancellable))


class TestServer(PillionHttp.TestServer):
    """An HTTP server on the loopback address, for tests. As a context manager, it is closed at the end."""

    __test__ = False  # otherwise pytest takes a class of this name for tests

    def __new__(cls, loop: Pillion.Loop | None = None):
        return PillionHttp.TestServer.new(core._or_default(loop))

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def __repr__(self):
        return f'<PillionHttp.TestServer {self.get_url()}>'

    def add_bytes(self, path, body: _Bytes, content_type=None) -> None:
        """Answers requests for `path` with fixed bytes."""
        PillionHttp.TestServer.add_bytes(self, path, requests.encode_bytes(body), content_type)

    def add_handler(self, path, func: Callable[[TestExchange, *_Ts], Awaitable[Any] | None], *args: *_Ts) -> None:
        """Answers requests for `path` with what `func (exchange, *args)` sets. It may be a coroutine function."""
        PillionHttp.TestServer.add_handler(self, path, core._Start(self.get_loop(), path, func, args))


class TestTransport(PillionHttp.TestTransport):
    """Answers the requests of clients that it is given to, `Client (transport=transport)`, without a network and on the loop's clock."""

    __test__ = False

    def __new__(cls, loop: Pillion.Loop | None = None):
        return PillionHttp.TestTransport.new(core._or_default(loop))

    def __init__(self, *args, **kwargs):
        pass  # __new__ () has made it

    def __repr__(self):
        return f'<PillionHttp.TestTransport after {self.get_n_requests(None)} requests>'

    def add_bytes(self, url, body: _Bytes, content_type=None) -> None:
        """Answers requests for a URL or a path with fixed bytes."""
        PillionHttp.TestTransport.add_bytes(self, url, requests.encode_bytes(body), content_type)

    def add_handler(self, url, func: Callable[[TestExchange, *_Ts], Awaitable[Any] | None], *args: *_Ts) -> None:
        """Answers requests for a URL or a path with what `func (exchange, *args)` sets. It may be a coroutine function."""
        PillionHttp.TestTransport.add_handler(self, url, core._Start(self.get_loop(), url, func, args))


class TestExchange(PillionHttp.TestExchange):
    """A request that a test server received, and the response that it will send."""

    __test__ = False

    def __repr__(self):
        return f'<PillionHttp.TestExchange {self.get_method()} {self.get_path()}>'

    def get_body(self) -> bytes:
        """The body of the request, as bytes."""
        return PillionHttp.TestExchange.get_body(self).get_data() or b''

    def set_body(self, body: _Bytes, content_type=None) -> None:
        """Sets the body of the response."""
        PillionHttp.TestExchange.set_body(self, requests.encode_bytes(body), content_type)

    def set_text(self, text, content_type=None) -> None:
        """Sets the body of the response to a text."""
        PillionHttp.TestExchange.set_text(self, text, content_type)

    def accept_web_socket(self, protocol: str | None = None) -> WebSocket:
        """Opens the WebSocket that the request asks for. Returns the server's end, which is closed when the handler ends."""
        return PillionHttp.TestExchange.accept_web_socket(self, protocol)

    def cut(self, n_bytes: int = 0) -> None:
        """Closes the connection after a part of the body, or a WebSocket's at once."""
        PillionHttp.TestExchange.cut(self, n_bytes)

    def reset(self, n_bytes: int = 0) -> None:
        """Resets the connection after a part of the body, or a WebSocket's at once."""
        PillionHttp.TestExchange.reset(self, n_bytes)


def _take_body(sent):
    body = Pillion.Task.new(sent.get_loop(), sent.get_name())
    body.return_bytes(sent.get_object().get_body())
    return body


def _copy(body, url):
    data = body.get_bytes()
    if data.get_size() <= delivery.COPY_AT_ONCE:
        return body
    return body.get_loop().run_in_thread(body.get_name(), lambda task, cancellable: delivery.to_bytes(data))


def _json_error(url, error):
    return GLib.Error(f'{url}: not valid JSON: {error}', ERROR, PillionHttp.Error.INVALID_JSON)


def _parse_json(body, url):
    return _parse(body.get_loop(), body.get_name(), body.get_bytes(), url)


def _parse_response(sent, url):
    response = sent.get_object()
    return _parse(sent.get_loop(), sent.get_name(), response.get_body(), url, response)


def _parse(loop, name, data, url, response=None):
    task = Pillion.Task.new(loop, name)

    def to_error(error):
        if response is not None:
            response.remove_from_cache()
        return _json_error(url, error)

    def build(outline):
        try:
            delivery.build_in_slices(task, *outline.result(), to_error)
        except ValueError as error:
            task.return_error(to_error(error))
        except BaseException as error:
            task._return_exception(error)
            raise

    if data.get_size() > delivery.PARSE_AT_ONCE:
        outline = loop.run_in_thread(name, lambda task, cancellable: delivery.outline(data))
        outline.add_done_callback(build)
    else:
        try:
            task.return_value(delivery.parse(data.get_data() or b''))
        except (ValueError, RecursionError) as error:
            task.return_error(to_error(error))
    return task


_URL = re.compile(r'https?://[^/?#]', re.IGNORECASE)


def _check_mirrors(urls, what):
    """Returns URLs, or None. PyGObject would take each letter of a text for one, and C skips what is none."""
    if urls is None:
        return None
    if isinstance(urls, (str, bytes)):
        raise TypeError(f'{what} is a list of URLs, and not {urls!r}')
    urls = list(urls)
    for url in urls:
        if isinstance(url, str) and not _URL.match(url):
            raise ValueError(f'{what} can\'t have {PillionHttp.redact_url(url)!r}: it has absolute URLs of http and https')
    return urls


def _trust(client, verify, cert):
    """Sets what requests and httpx call so: a file with the authorities or whether certificates are verified, and the client's own."""
    if isinstance(verify, Gio.TlsDatabase):
        client.set_tls_database(verify)
    elif isinstance(verify, (str, os.PathLike, Gio.File)):
        client.load_authorities(_to_file(verify))
    elif isinstance(verify, bool):
        if not verify:
            client.set_insecure(True)
    else:
        raise TypeError(f'verify has to be a bool, a path or a Gio.TlsDatabase, and not {verify!r}')

    if isinstance(cert, Gio.TlsCertificate):
        client.set_certificate(cert)
    elif cert is not None:
        certificate, key = cert if isinstance(cert, tuple) else (cert, None)
        client.load_certificate(_to_file(certificate), None if key is None else _to_file(key))


def _to_address(address):
    if not isinstance(address, str):
        return address
    try:
        return Gio.InetSocketAddress.new_from_string(address, 0)
    except TypeError:
        raise ValueError(f'not an IP address: {address!r}') from None


def _to_file(file):
    return file if isinstance(file, requests.File) else requests.File.new_for_path(os.fspath(file))


def _to_target(file):
    # A Gio.File forgets the slash, and the file would get the name of the folder
    if not isinstance(file, requests.File) and not os.path.basename(os.fspath(file)):
        raise ValueError(f'not the name of a file: {file!r}; download_into () saves in a folder')
    return _to_file(file)


Request = _public(refuse_others(add_attributes(override(Request))))
Response = _public(add_attributes(override(Response)))
Response.get_elapsed = takes_names(Response.get_elapsed, PillionHttp.Phase, 'phase')
Stream = _public(add_attributes(override(Stream)))
Event = _public(override(Event))
EventStream = _public(refuse_others(add_attributes(override(EventStream))))
WebSocket = _public(add_attributes(override(WebSocket)))
WebSocketMessage = _public(override(WebSocketMessage))
Cookie = _public(override(Cookie))
CookieJar = _public(refuse_others(add_attributes(override(CookieJar))))
Cache = _public(refuse_others(add_attributes(override(Cache))))
Credentials = _public(add_attributes(override(Credentials)))
Client = _public(refuse_others(add_attributes(override(Client))))
Part = _public(add_attributes(override(Part)))
TestExchange = _public(add_attributes(override(TestExchange)))
TestServer = _public(add_attributes(override(TestServer)))
TestTransport = _public(add_attributes(override(TestTransport)))

Challenge = _public(add_attributes(override(Challenge)))
Download = _public(add_attributes(override(Download)))
DownloadOptions = _public(refuse_others(add_attributes(override(DownloadOptions), mirrors=_check_mirrors)))
