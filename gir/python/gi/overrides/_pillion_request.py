# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes requests from Python values, in the way that requests, httpx and aiohttp do."""

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from gi.module import get_introspection_module
from gi.repository import GLib

PillionHttp = get_introspection_module('PillionHttp')


def text(value):
    """Converts a value to a text for C. PyGObject would cut it off at a NUL."""
    if isinstance(value, bool):
        value = 'true' if value else 'false'
    elif not isinstance(value, str):
        value = str(value)
    if '\0' in value:
        raise ValueError(f'a request can\'t have a NUL in it: {value!r}')
    return value


def pairs(values):
    """Yields the names and values of a mapping, whose values may be lists, or of a sequence of pairs. Skips values that are None."""
    for name, value in values.items() if isinstance(values, Mapping) else values:
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if item is not None:
                yield text(name), text(item)


def encode_json(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))


def _encode_data(data):
    if isinstance(data, (str, bytes, bytearray, memoryview)):
        return _encode_content(data)
    return urlencode(list(pairs(data))).encode(), 'application/x-www-form-urlencoded'


def _encode_content(content):
    if isinstance(content, str):
        return content.encode(), 'text/plain; charset=utf-8'
    return content, None


def _body(content, data, json):
    """Returns the bytes and their type, or None."""
    given = [name for name, value in (('content', content), ('data', data), ('json', json)) if value is not None]
    if len(given) > 1:
        raise TypeError(f'a request has one body, not both {given[0]} and {given[1]}')
    if json is not None:
        return encode_json(json).encode(), 'application/json'
    if data is not None:
        return _encode_data(data)
    if content is not None:
        return _encode_content(content)
    return None


def authorization(auth):
    """Returns the value of the header field for a user and a password, or for a text such as 'Bearer …'."""
    if isinstance(auth, str):
        return text(auth)
    user, password = auth
    if ':' in user:
        raise ValueError(f'a user can\'t have a colon in it: {user!r}')
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode('ascii')


def make(method, url, params=None, headers=None, content=None, data=None, json=None, auth=None, timeout=None, follow_redirects=True):
    """Makes a request of what the methods of a client take."""
    request = PillionHttp.Request.new(text(method).upper(), text(url))
    if params is not None:
        for name, value in pairs(params):
            request.add_parameter(name, value)
    body = _body(content, data, json)
    if body is not None:
        payload, content_type = body
        request.set_body(payload if isinstance(payload, GLib.Bytes) else GLib.Bytes.new(bytes(payload)), content_type)
    if auth is not None:
        request.set_header('Authorization', authorization(auth))
    if headers is not None:
        for name, value in pairs(headers):
            request.append_header(name, value)
    if timeout is not None:
        request.set_total_timeout_usec(max(1, round(timeout * 1_000_000)))
    if not follow_redirects:
        request.set_redirect_policy(PillionHttp.RedirectPolicy.MANUAL)
    return request
