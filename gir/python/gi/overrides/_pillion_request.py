# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes requests from Python values, in the way that requests, httpx and aiohttp do."""

import io
import json
import mimetypes
import os
from collections.abc import Iterable, Mapping
from numbers import Real

from gi.module import get_introspection_module
from gi.overrides._pillion_properties import boolean, member
from gi.repository import Gio, GLib, GObject

PillionHttp = get_introspection_module('PillionHttp')

# Looked up once: see _pillion_values.py
Bytes, File, InputStream = GLib.Bytes, Gio.File, Gio.InputStream
_new_bytes = Bytes.new
_new_request = PillionHttp.Request.new

# The longest time limit, in µs. An infinite one is not shorter.
LONGEST = GLib.MAXINT64


def text(value):
    """Converts a value to a text for C. PyGObject would cut it off at a NUL."""
    if type(value) is not str:
        # As texts, these would be b'…', None and <…>, which nobody means
        if value is None or isinstance(value, (bytes, bytearray, memoryview, GObject.Object)):
            raise TypeError(f'expected a text, and not {type(value).__name__}')
        if isinstance(value, bool):
            value = 'true' if value else 'false'
        elif not isinstance(value, str):
            value = str(value)
    if '\0' in value:
        raise ValueError(f'a request can\'t have a NUL in it: {value!r}')
    return value


def pairs(values):
    """Yields the names and values of a mapping, whose values may be lists, or of a sequence of pairs. Skips values that are None."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f'names with values have to be a mapping or pairs, and not {values!r}')
    for name, value in values.items() if isinstance(values, Mapping) else values:
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if item is not None:
                yield text(name), text(item)


def encode_json(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))


def encode_bytes(content):
    if isinstance(content, Bytes):
        return content
    if not isinstance(content, bytes):
        try:
            content = memoryview(content).tobytes()
        except TypeError:  # bytes () would make zeros of a number
            raise TypeError(f'bytes were expected, and not {type(content).__name__!r}') from None
    return _new_bytes(content)


def _file_of(content):
    """Returns the Gio.File for a path or an open file that was not read from yet, or None."""
    if isinstance(content, File):
        return content
    if isinstance(content, os.PathLike):
        return File.new_for_path(os.fspath(content))
    name = getattr(content, 'name', None)
    if isinstance(content, (io.BufferedReader, io.BufferedRandom, io.FileIO)) and isinstance(name, (str, bytes)):
        content.flush()
        try:
            unread = content.seekable() and content.tell() == 0 and os.path.samestat(os.fstat(content.fileno()), os.stat(name))
        except OSError:
            return None
        if unread:
            return File.new_for_path(os.fspath(name))
    return None


def _read(content):
    """Returns the rest of an open file, which can't be read while it is sent: other threads would have to call Python."""
    data = content.read()
    if isinstance(data, str):
        raise TypeError('a file to send has to be open in binary mode')
    return encode_bytes(data)


def _set_content(request, content):
    if isinstance(content, InputStream):
        request.set_body_from_stream(content, -1, None)
    elif (file := _file_of(content)) is not None:
        request.set_body_from_file(file, None)
    elif hasattr(content, 'read'):
        request.set_body(_read(content), None)
    elif isinstance(content, (Mapping, list, tuple)):
        raise TypeError(f'content is bytes, a str, a pathlib.Path or an open file, and not a {type(content).__name__!r}; for JSON use json=, '
                        'for the fields of a form data=')
    else:
        request.set_body(encode_bytes(content), None)


def _base_name(content):
    name = getattr(content, 'name', None)
    return os.path.basename(os.fsdecode(name)) if isinstance(name, (str, bytes)) else None


def _guess_type(file_name):
    return mimetypes.guess_type(file_name)[0] or 'application/octet-stream'


def _add_file(form, name, value):
    """Adds what requests and httpx take as the value of a file: the content, or (file name, content[, media type])."""
    given = isinstance(value, tuple)
    if given and not 2 <= len(value) <= 3:
        raise TypeError(f'a file of a form is (file name, content) or (file name, content, media type), and not {value!r}')
    file_name, content, *more = value if given else (_base_name(value) or name, value)
    file_name = None if file_name is None else text(file_name)
    content_type = text(more[0]) if more and more[0] is not None else None

    file = _file_of(content)
    if file is not None and file_name is not None:
        form.add_file(name, file, file_name if given else None, content_type)
        return
    if isinstance(content, str):
        if not given:
            raise TypeError('a file of a form is a pathlib.Path, bytes, an open file, or a tuple of file name and content, and not a str, '
                            'which could be a path or a content')
        content = content.encode()
    elif file is not None:
        raise TypeError('a file of a form that is given by its path has to have a file name')
    if content_type is None and file_name is not None:
        content_type = _guess_type(file_name)
    form.add_bytes(name, _read(content) if hasattr(content, 'read') else encode_bytes(content), file_name, content_type)


def _set_form(request, data, files):
    form = PillionHttp.Form.new()
    for name, value in pairs(() if data is None else data):
        form.add_field(name, value)
    files = () if files is None else files
    if isinstance(files, (str, bytes)) or not isinstance(files, Iterable):
        raise TypeError(f'files have to be a mapping or pairs of a name and a file, and not {files!r}')
    for name, value in (files.items() if isinstance(files, Mapping) else files):
        for item in value if isinstance(value, list) else (value,):
            _add_file(form, text(name), item)
    request.set_form(form)


def encode(content, data, json, files):
    """Returns a body that is in memory, and its media type. Without a body both are None. Returns None if it is in a file or the like, or is
    a form."""
    if content is data is json is files is None:
        return None, None
    given = [name for name, value in (('content', content), ('data', data), ('json', json), ('files', files)) if value is not None]
    if len(given) > 1 and given != ['data', 'files']:
        raise TypeError(f'a request has one body, not both {given[0]} and {given[1]}')
    if json is not None:
        return encode_bytes(encode_json(json).encode()), 'application/json'
    body = data if content is None else content
    if not isinstance(body, (bytes, str, bytearray, memoryview, Bytes)):
        return None
    if files is not None:
        raise TypeError('data has to be the fields of a form if there are files')
    if isinstance(body, str):
        return encode_bytes(body.encode()), 'text/plain; charset=utf-8'
    return encode_bytes(body), None


def _set_body(request, content, data, json, files):
    body = encode(content, data, json, files)
    if body is None and content is not None:
        _set_content(request, content)
    elif body is None:
        _set_form(request, data, files)
    elif body[0] is not None:
        request.set_body(*body)


def credentials(auth):
    """Returns the PillionHttp.Credentials for a user and a password, or for a token. Leaves those that are already, and None."""
    if auth is None or isinstance(auth, PillionHttp.Credentials):
        return auth
    if isinstance(auth, str):
        return PillionHttp.Credentials.new_bearer(text(auth), 0)
    try:
        user, password = auth
    except (TypeError, ValueError):
        raise TypeError(f'credentials are a PillionHttp.Credentials, or a user and a password, and not a {type(auth).__name__!r}') from None
    user, password = text(user), text(password)
    if ':' in user:
        raise ValueError(f'a user can\'t have a colon in it: {user!r}')
    return PillionHttp.Credentials.new_basic(user, password)


def token(value):
    """Returns the PillionHttp.Credentials for what a function that renews a token returns."""
    if isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[1], (int, float)):
        value, lifetime = value
    else:
        lifetime = 0
    if not isinstance(value, str):
        return credentials(value)
    return PillionHttp.Credentials.new_bearer(text(value), max(0, round(min(lifetime * 1_000_000, LONGEST))))


def _set_auth(request, auth):
    # A str is the value of the field
    if isinstance(auth, str):
        request.set_header('Authorization', text(auth))
    else:
        request.set_credentials(credentials(auth))


def make(method, url, params=None, headers=None, content=None, data=None, json=None, auth=None, timeout=None, follow_redirects=True,
         files=None, cache=None):
    """Makes a request of what the methods of a client take."""
    request = _new_request(text(method).upper(), text(url))
    if params is not None:
        for name, value in pairs(params):
            request.add_parameter(name, value)
    _set_body(request, content, data, json, files)
    if auth is not None:
        _set_auth(request, auth)
    if headers is not None:
        for name, value in pairs(headers):
            request.append_header(name, value)
    if timeout is not None:
        if not isinstance(timeout, Real):
            raise TypeError(f'a timeout is a number of seconds, and not {timeout!r}')
        if not timeout > 0:
            raise ValueError(f'a timeout is more than 0 seconds, and not {timeout!r}. None leaves the limit of the client, and math.inf is none')
        request.set_total_timeout_usec(max(1, round(min(timeout * 1_000_000, LONGEST))))
    if not boolean(follow_redirects, 'follow_redirects'):
        request.set_redirect_policy(PillionHttp.RedirectPolicy.MANUAL)
    if cache is not None:
        request.set_cache_mode(member(PillionHttp.CacheMode, cache, 'cache'))
    return request
