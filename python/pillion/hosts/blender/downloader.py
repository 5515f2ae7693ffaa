# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Blender's background downloader, on Pillion: the names of Blender's internal module `_bpy_internal.http.downloader` (4.5 and later).

Code written for that module runs on this one if it changes one line:

    from pillion.hosts.blender import downloader as http_dl

`take_over ()` does the same for code that can't be changed. Downloads run at the same time instead of one after another, on a thread
instead of in a process, and those that were interrupted go on where they stopped. As in Blender's module, functions of reporters are
called by `update ()` and `shutdown ()` alone; metadata providers are called on the thread.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import hashlib
import json
import logging
import os
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import gi

from pillion import async_loop
from pillion._library import GLib, Pillion
from pillion.hosts.blender._worker import worker

gi.require_version('PillionHttp', '1')
from gi.module import get_introspection_module
from gi.repository import Gio, PillionHttp

__all__ = [
    'BackgroundDownloader',
    'BackgroundProcessNotRunningError',
    'CancelEvent',
    'ConditionalDownloader',
    'ContentLengthError',
    'ContentLengthUnknownError',
    'DownloadCancelled',
    'DownloadReporter',
    'DownloaderOptions',
    'HTTPMetadata',
    'HTTPRequestDownloadError',
    'HTTPRequestUnknownContentEncoding',
    'MetadataProvider',
    'MetadataProviderFilesystem',
    'QueueingReporter',
    'RequestDescription',
    'Session',
    'give_back',
    'http_session',
    'take_over',
]

# How long a blocking download goes on between two calls of `periodic_check ()`, in µs
SLICE = 20_000

# How long `shutdown ()` waits for downloads that it cancelled, in seconds. What they have got stays on the disk in any case.
PATIENCE = 1

# How many downloads run at the same time: a preview is so small that most of its time is that of the way to the server and back
CONNECTIONS = 12

# How long the worker waits for more downloads to be queued, in seconds
BURST = 0.01

# Two calls of `update ()` that do nothing are at least this far apart, in seconds
TOO_OFTEN = 0.001

# How often the worker looks at the progress of downloads, in seconds, and at how many of those that have not begun
PROGRESS = 0.1
LOOKS = 8

logger = logging.getLogger(__name__)

# The bare functions, looked up once. What Python adds to them costs more than the rest of a small download: the place in the code that
# asked for it, context variables, functions that renew tokens.
_new_file = Gio.File.new_for_path
_bare_client = get_introspection_module('PillionHttp').Client
_download = _bare_client.download
_send_to_file = _bare_client.send_to_file
_add = get_introspection_module('Pillion').Completions.add
_try_next = get_introspection_module('Pillion').Completions.try_next
_get_completed = get_introspection_module('Pillion').Task.get_completed


@dataclasses.dataclass(frozen=True)
class RequestDescription:
    """A request, and in calls of reporters also the header fields of its response, whose names are in lower case there. Two
    descriptions are equal if their methods and URLs are."""

    http_method: str
    url: str
    response_headers: dict[str, str] = dataclasses.field(compare=False, default_factory=dict)

    def __str__(self):
        return f'RequestDescription({self.http_method} {self.url})'

    __repr__ = __str__


@dataclasses.dataclass
class HTTPMetadata:
    """What is known of a file that was downloaded. `content_length` is the size of the file."""

    request: RequestDescription
    etag: str = ''
    last_modified: str = ''
    content_length: int = 0


class HTTPRequestDownloadError(RuntimeError):
    """A download that failed because of its response, or because a metadata provider raised what is no Exception, which is the argument
    then. Errors of the network and of files are GLib.Error, and a server that refuses is a PillionHttp.StatusError."""

    def __init__(self, http_req_desc: RequestDescription, *args: object) -> None:
        super().__init__(http_req_desc, *args)
        self.http_req_desc = http_req_desc

    def __str__(self):
        details = ''.join(f'{value!r}, ' for value in self.args[1:])
        return f'{type(self).__name__}({details}{self.http_req_desc})'

    __repr__ = __str__


class ContentLengthUnknownError(HTTPRequestDownloadError):
    """Blender's module can't download a body without a length. This one can, and never raises this."""


class ContentLengthError(HTTPRequestDownloadError):
    """A body is not as long as its header says. Here, that is an error of the network, and a GLib.Error."""

    def __init__(self, http_req_desc: RequestDescription, expected_size: int, actual_size: int) -> None:
        super().__init__(http_req_desc, expected_size, actual_size)
        self.expected_size = expected_size
        self.actual_size = actual_size


class HTTPRequestUnknownContentEncoding(HTTPRequestDownloadError):
    """The coding of a body is not known. Here, that is a GLib.Error."""

    def __init__(self, http_req_desc: RequestDescription, content_encoding: str) -> None:
        super().__init__(http_req_desc, content_encoding)
        self.content_encoding = content_encoding


class DownloadCancelled(HTTPRequestDownloadError):
    """A download was cancelled: by `shutdown ()`, or because `periodic_check ()` returned False."""


class BackgroundProcessNotRunningError(Exception):
    """`update ()` was called before `start ()`, or after `shutdown ()`."""


class CancelEvent(Protocol):
    """What `threading.Event` and its like have."""

    def is_set(self) -> bool:
        return False

    def clear(self) -> None:
        return


class DownloadReporter(Protocol):
    """Is told of downloads. `download_starts ()` is followed by exactly one of `already_downloaded ()`, `download_error ()` and
    `download_finished ()`, and none of them comes without it."""

    def download_starts(self, http_req_descr: RequestDescription) -> None:
        """A download has begun."""

    def already_downloaded(self, http_req_descr: RequestDescription, local_file: Path) -> None:
        """The file is what the server has, so nothing was downloaded."""

    def download_error(self, http_req_descr: RequestDescription, local_file: Path, error: Exception) -> None:
        """The download failed, or was cancelled."""

    def download_progress(self, http_req_descr: RequestDescription, content_length_bytes: int, downloaded_bytes: int) -> None:
        """Something has arrived. This isn't called as long as the length is unknown."""

    def download_finished(self, http_req_descr: RequestDescription, local_file: Path) -> None:
        """The file is complete."""


class QueueingReporter(DownloadReporter):
    """Keeps calls until they are taken with `pop ()`."""

    def __init__(self) -> None:
        self._queue: collections.deque[tuple[str, tuple[Any, ...]]] = collections.deque()

    def pop(self) -> tuple[str, tuple[Any, ...]]:
        """Takes the first call: the name of the function, and its arguments. Raises IndexError if there is none."""
        return self._queue.popleft()

    def download_starts(self, http_req_descr: RequestDescription) -> None:
        self._queue.append(('download_starts', (http_req_descr,)))

    def already_downloaded(self, http_req_descr: RequestDescription, local_file: Path) -> None:
        self._queue.append(('already_downloaded', (http_req_descr, local_file)))

    def download_error(self, http_req_descr: RequestDescription, local_file: Path, error: Exception) -> None:
        self._queue.append(('download_error', (http_req_descr, local_file, error)))

    def download_progress(self, http_req_descr: RequestDescription, content_length_bytes: int, downloaded_bytes: int) -> None:
        self._queue.append(('download_progress', (http_req_descr, content_length_bytes, downloaded_bytes)))

    def download_finished(self, http_req_descr: RequestDescription, local_file: Path) -> None:
        self._queue.append(('download_finished', (http_req_descr, local_file)))


class MetadataProvider(Protocol):
    """Knows what was downloaded before."""

    def save(self, http_req_descr: RequestDescription, meta: HTTPMetadata) -> None:
        """Remembers what a request brought."""

    def load(self, http_req_descr: RequestDescription) -> HTTPMetadata | None:
        """Returns what a request brought the last time, or None. It doesn't look at the file."""

    def is_valid(self, meta: HTTPMetadata, http_req_descr: RequestDescription, local_path: Path) -> bool:
        """Returns whether the file is still what the request brought."""
        return False

    def forget(self, http_req_descr: RequestDescription) -> None:
        """Forgets what a request brought."""


class MetadataProviderFilesystem(MetadataProvider):
    """Keeps metadata in a folder, in a file for each request. Blender's module can read them."""

    def __init__(self, cache_location: Path) -> None:
        self.cache_location = cache_location

    def _path(self, description):
        name = hashlib.sha256(f'{description.http_method}:{description.url}'.encode()).hexdigest()
        return Path(self.cache_location) / name

    def load(self, http_req_descr: RequestDescription) -> HTTPMetadata | None:
        path = self._path(http_req_descr)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return _parse_metadata(data)
        except (ValueError, TypeError, KeyError, AttributeError):
            path.unlink(missing_ok=True)  # nothing can be done with it
            return None

    def save(self, http_req_descr: RequestDescription, meta: HTTPMetadata) -> None:
        meta.request = http_req_descr
        path = os.fspath(self._path(http_req_descr))
        # Another process never finds half a file
        temporary = f'{path}.{os.getpid()}'
        # dataclasses.asdict () copies everything, which takes longer than all the rest
        data = json.dumps({**vars(meta), 'request': vars(http_req_descr)}).encode()
        try:
            _write(temporary, data)
        except FileNotFoundError:
            os.makedirs(self.cache_location, mode=0o700, exist_ok=True)
            _write(temporary, data)
        os.replace(temporary, path)

    def is_valid(self, meta: HTTPMetadata, http_req_descr: RequestDescription, local_path: Path) -> bool:
        try:
            size = local_path.stat().st_size
        except OSError:
            return False
        # An empty file is more likely a mishap, and costs no more than the question
        return size == meta.content_length and size > 0

    def forget(self, http_req_descr: RequestDescription) -> None:
        self._path(http_req_descr).unlink(missing_ok=True)


def _write(path, data):
    # A file object would make more system calls, and after each one this thread competes with Blender's for the interpreter
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        while data:
            data = data[os.write(fd, data):]
    finally:
        os.close(fd)


def _parse_metadata(data):
    value = json.loads(data)
    request = value['request']
    headers = request.get('response_headers', {})
    description = RequestDescription(_check(request['http_method'], str), _check(request['url'], str), dict(headers))
    return HTTPMetadata(description, _check(value.get('etag', ''), str), _check(value.get('last_modified', ''), str),
                        _check(value.get('content_length', 0), int))


def _check(value, kind):
    if not isinstance(value, kind):
        raise TypeError(value)
    return value


@dataclasses.dataclass
class DownloaderOptions:
    """How a BackgroundDownloader downloads. `timeout` is in seconds: one for connecting and one for reading, or one for both. None
    leaves them as PillionHttp.Client has them."""

    metadata_provider: MetadataProvider
    timeout: float | tuple[float, float] | None = None
    http_headers: dict[str, str] = dataclasses.field(default_factory=dict)


class Session:
    """The connections that downloads share, and the header fields that all of their requests have."""

    def __init__(self, loop: Any = None) -> None:
        self.headers: dict[str, str] = {}
        self._set_headers: dict[str, str] = {}  # those that the client has
        self.client = client = PillionHttp.Client(loop)
        client.set_max_connections_per_host(CONNECTIONS)
        self._timeouts = client.get_connect_timeout_usec(), client.get_first_byte_timeout_usec(), client.get_idle_timeout_usec()

    def set_timeout(self, timeout):
        """Sets the time limits of requests that are sent from now on."""
        client = self.client
        limits = timeout if isinstance(timeout, (tuple, list)) else (timeout, timeout)
        connecting, reading = (None if limit is None else round(limit * 1e6) for limit in limits)
        connect, first_byte, idle = self._timeouts
        client.set_connect_timeout_usec(connect if connecting is None else connecting)
        client.set_first_byte_timeout_usec(first_byte if reading is None else reading)
        client.set_idle_timeout_usec(idle if reading is None else reading)

    def get_client(self):
        """Returns the client, for a request with the header fields as they are now."""
        if self.headers != self._set_headers:
            for name in self._set_headers:
                self.client.set_header(name, None)
            self._set_headers = dict(self.headers)
            for name, value in self._set_headers.items():
                self.client.set_header(name, value)
        return self.client


def http_session() -> Session:
    """Makes a Session on the loop of the host's thread."""
    return Session(async_loop.guest)


class _Download:
    """One download. What happens to it is added to the calls of its transfers, and the last call is about the end of the download."""

    task: Any = None
    progress: list[Any] | None = None  # the arguments of a call that nobody has made yet
    completed = 0  # bytes, when somebody last looked
    error: BaseException | None = None
    is_cancelled = is_over = has_made_folder = False

    def __init__(self, description, path, transfers):
        self.description = description
        self.path = path if isinstance(path, Path) else Path(path)
        self.transfers = transfers
        self.add('download_starts')

    # On the thread of the transfers

    def start(self):
        try:
            known = self.load_metadata() if os.access(self.path, os.F_OK) else None
            if known is None:
                self.fetch()
            else:
                self.ask(known)
        except BaseException as error:
            self.fail(error)

    def cancel(self):
        self.is_cancelled = True
        if self.task is not None and not self.is_over:
            self.task.cancel()

    def load_metadata(self):
        metadata = self.transfers.metadata
        meta = metadata.load(self.description)
        if meta is None:
            return None
        if meta.request != self.description or not metadata.is_valid(meta, self.description, self.path):
            metadata.forget(self.description)
            return None
        return meta if meta.etag or meta.last_modified else None

    def ask(self, known):
        """Asks whether the file is still what the server has."""
        request = PillionHttp.Request.new(self.description.http_method, self.description.url)
        request.accept_statuses(200, 299)
        request.accept_statuses(304, 304)
        if known.etag:
            request.set_header('If-None-Match', known.etag)
        if known.last_modified:
            request.set_header('If-Modified-Since', known.last_modified)
        self.send(lambda client: client.open(request), lambda task: self.on_answer(task, known))

    def on_answer(self, task, known):
        try:
            stream = task.result()
            headers = self.take_headers(stream.get_response())
            stream.close()
            # Not every server minds conditions
            if stream.status == 304 or (known.etag and headers.get('etag') == known.etag):
                self.end('already_downloaded')
            else:
                self.fetch()
        except BaseException as error:
            self.fail(error)

    def fetch(self):
        description = self.description
        file = _new_file(os.fspath(self.path))
        if description.http_method == 'GET':
            self.send(lambda client: _download(client, description.url, file, None, None), self.on_fetched)
        else:
            request = PillionHttp.Request.new(description.http_method, description.url)
            self.send(lambda client: _send_to_file(client, request, file, None, None), self.on_fetched)

    def send(self, function, on_end):
        if self.is_cancelled:
            raise asyncio.CancelledError
        self.task = function(self.transfers.get_client())
        if self.task is None:
            raise RuntimeError('another thread is that of Blender\'s window')
        self.transfers.follow(self, on_end)

    def look(self):
        """Notes how far the download has come. Returns whether it has come anywhere."""
        completed = _get_completed(self.task)
        if completed != self.completed:
            total = self.task.get_total()
            if total > 0:
                self.completed = completed
                self.add_progress(total, completed)
        return self.completed > 0

    def on_fetched(self, task):
        try:
            self.finish(task.result())
        except BaseException as error:
            if self.has_made_folder or not _is_not_found(error):
                self.fail(error)
            else:
                self.fetch_to_new_folder()

    def fetch_to_new_folder(self):
        # Most files go where others are, so nobody has looked for their folder before. Nothing was sent yet.
        self.has_made_folder = True
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            self.fetch()
        except BaseException as error:
            self.fail(error)

    def finish(self, result):
        """The file is complete."""
        size = result.get_size()
        headers = self.take_headers(result.get_response())
        if size > 0:
            self.add('download_progress', size, size)
        meta = HTTPMetadata(self.description, headers.get('etag', ''), headers.get('last-modified', ''), size)
        self.transfers.metadata.save(self.description, meta)
        self.end('download_finished')

    def take_headers(self, response):
        # Fields that come several times, and can't be joined with commas, come as lines. The original joins them, too.
        headers = {name.lower(): response.get_header(name).replace('\n', ', ') for name in response.get_header_names()}
        # Another one rather than other contents: a reporter may be looking at it
        object.__setattr__(self.description, 'response_headers', headers)
        return headers

    def add_progress(self, total, completed):
        arguments = self.progress
        if arguments is not None:
            arguments[1:] = total, completed
        # Unless nobody has asked since: whoever makes a call forgets it before it looks at the arguments
        if arguments is None or self.progress is not arguments:
            self.progress = arguments = [self.description, total, completed]
            self.transfers.calls.append((self, 'download_progress', arguments))

    # On any thread

    def fail(self, error):
        if isinstance(error, asyncio.CancelledError):
            error = DownloadCancelled(self.description)
        self.end('download_error', error)

    def end(self, how, *error):
        with _end_lock:
            if not self.is_over:
                self.error = error[0] if error else None
                self.add(how, self.path, *map(self.as_exception, error))
                self.is_over = True

    def as_exception(self, error):
        # A provider may say sys.exit (), and whoever raises that on Blender's thread ends Blender
        return error if isinstance(error, Exception) else HTTPRequestDownloadError(self.description, error)

    def add(self, name, *arguments):
        self.progress = None
        self.transfers.calls.append((self, name, (self.description, *arguments)))


_end_lock = threading.Lock()


class _Transfers:
    """The downloads of one downloader, on the thread of a loop, and the calls of reporters that are due. When a file has come, nothing is
    called: `collect ()` asks for all that have come since."""

    def __init__(self, make_session, metadata):
        self.metadata = metadata
        self.calls: collections.deque[tuple[_Download, str, Sequence[Any]]] = collections.deque()
        self._make_session = make_session
        self._session: Any = None
        self._completions: Any = None
        self._followed: dict[Any, tuple[_Download, Callable[[Any], object]]] = {}  # the downloads and what to call, by their tasks
        self._seen: list[_Download] = []  # those of which something has arrived
        self._unseen: collections.deque[_Download] = collections.deque()
        self._next_look = 0.0  # by monotonic ()

    def get_client(self):
        if self._session is None:
            self._session = self._make_session()
        return self._session.get_client()

    def start(self, download):
        self._unseen.append(download)
        download.start()

    def follow(self, download, on_end):
        """Has the end of a download's task be handled."""
        task = download.task
        if self._completions is None:
            self._completions = Pillion.Completions.new(task.get_loop(), [])
        self._followed[task] = download, on_end
        _add(self._completions, task)

    def collect(self):
        """Handles the tasks that have ended."""
        while self._followed and (task := _try_next(self._completions)) is not None:
            _, on_end = self._followed[task]
            try:
                on_end(task)
            finally:
                del self._followed[task]  # last: until its metadata are saved, it is under way

    def look(self):
        """Looks at the progress of the downloads that have begun, and whether others have, in turn, from time to time. A signal of each
        task would cost more than everything else about a small file."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + PROGRESS
        seen = [download for download in self._seen if not download.is_over]
        for download in seen:
            download.look()
        looks = LOOKS
        for _ in range(len(self._unseen)):
            download = self._unseen.popleft()
            if download.is_over:
                continue
            (seen if download.look() else self._unseen).append(download)
            looks -= 1
            if looks == 0:
                break
        self._seen = seen

    def wait(self, timeout):
        """Handles what ends until nothing is left, at most `timeout` µs."""
        tasks = list(self._followed)
        if not tasks:
            return
        loop = tasks[0].get_loop()
        try:
            loop.run_until_complete(Pillion.Task.settle(loop, tasks).shield().with_timeout(timeout))
        except (GLib.Error, TimeoutError):
            pass
        self.collect()

    # As a work of the worker

    def turn(self):
        self.collect()
        self.look()
        return bool(self._followed)

    def cancel(self, timeout):
        for download, _ in list(self._followed.values()):
            download.cancel()
        self.wait(round(timeout * 1e6))

    def count(self):
        return len(self._followed)


def _is_not_found(error):
    return isinstance(error, GLib.Error) and error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND)


class ConditionalDownloader:
    """Downloads a file while the caller waits, unless the file is what the server has. Other work of the loop goes on meanwhile, but
    Blender's window does not: see BackgroundDownloader."""

    def __init__(self, metadata_provider: MetadataProvider) -> None:
        self.metadata_provider = metadata_provider
        self.http_session = http_session()
        self.chunk_size = 8192  # has no effect: what arrives is written by another thread
        self.periodic_check: Callable[[], bool] = lambda: True
        self.timeout: float | tuple[float, float] | None = None
        self._reporter: DownloadReporter | None = None

    def download_to_file(self, url: str, local_path: Path, *, http_method: str = 'GET') -> None:
        """Downloads a URL to a file. Raises what `download_error ()` of the reporter is told, or what the metadata provider has raised if
        that is no Exception."""
        self.http_session.set_timeout(self.timeout)
        transfers = _Transfers(lambda: self.http_session, self.metadata_provider)
        calls = transfers.calls
        download = _Download(RequestDescription(http_method, url), local_path, transfers)
        transfers.start(download)
        while calls or not download.is_over:
            while calls:
                _, name, arguments = calls.popleft()
                download.progress = None
                if self._reporter is not None:
                    getattr(self._reporter, name)(*arguments)
            if not download.is_over:
                download.look()
                if not self.periodic_check():
                    download.cancel()
                transfers.wait(SLICE)
        if download.error is not None:
            raise download.error

    def add_reporter(self, reporter: DownloadReporter) -> None:
        """Sets the reporter, once."""
        if self.has_reporter():
            raise ValueError(f'Only one reporter is supported, and there is {self._reporter} already')
        self._reporter = reporter

    def has_reporter(self) -> bool:
        return self._reporter is not None


class BackgroundDownloader:
    """Downloads files while Blender goes on. `on_callback_error (request, path, error)` is called when a callback of
    `queue_download ()` raises. In the child of a `fork ()`, nothing is pending, and `start ()` has to be called again; the parent goes on."""

    def __init__(self, options: DownloaderOptions, on_callback_error: Callable[[RequestDescription, Path, Exception], None]) -> None:
        self.num_downloads_ok = 0
        self.num_downloads_error = 0
        self._options = options
        self._on_callback_error = on_callback_error
        self._reporters: list[Any] = [self]
        self._transfers: _Transfers | None = None
        self._is_shut_down = False
        self._pending: dict[_Download, Callable[[RequestDescription, Path], None] | None] = {}  # with their callbacks
        self._queued: collections.deque[_Download] = collections.deque()  # for the worker
        self._has_told = False  # whether the worker is going to look there
        self._last_update = 0.0  # by monotonic ()
        self._is_delivering = False
        _downloaders.add(self)

    def add_reporter(self, reporter: DownloadReporter) -> None:
        """Adds a reporter, which `update ()` calls."""
        self._reporters.append(reporter)

    def start(self) -> None:
        """Gets ready. Call this first."""
        if self._is_shut_down:
            raise ValueError('BackgroundDownloader was shut down and cannot start again')
        if self._transfers is None:
            self._transfers = _Transfers(self._make_session, self._options.metadata_provider)

    def queue_download(self, remote_url: str, local_path: Path,
                       on_download_done: Callable[[RequestDescription, Path], None] | None = None, *, http_method: str = 'GET') -> None:
        """Downloads a URL to a file. `on_download_done (request, path)` is called when the file is complete, or was already."""
        if self._is_shut_down:
            raise RuntimeError('BackgroundDownloader is shutting down and cannot queue new downloads')
        if self._transfers is None:
            raise RuntimeError('BackgroundDownloader is not started yet and cannot queue downloads')
        download = _Download(RequestDescription(http_method, remote_url), local_path, self._transfers)
        self._pending[download] = on_download_done
        self._queued.append(download)
        if not self._has_told:
            self._has_told = True
            worker.submit(self._begin)

    @property
    def all_downloads_done(self) -> bool:
        """Whether the reporters were told of the end of every download."""
        return not self._pending

    @property
    def num_pending_downloads(self) -> int:
        return len(self._pending)

    def clear_download_counts(self) -> None:
        """Sets `num_downloads_ok` and `num_downloads_error` to 0."""
        self.num_downloads_ok = self.num_downloads_error = 0

    @property
    def is_shutdown_requested(self) -> bool:
        return self._is_shut_down

    @property
    def is_shutdown_complete(self) -> bool:
        return self._is_shut_down and not self._pending

    @property
    def is_subprocess_alive(self) -> bool:
        """Whether downloads can be queued. There is no process."""
        return self._transfers is not None and not self._is_shut_down

    def update(self) -> None:
        """Calls the reporters and callbacks for what has happened. Call this often: most calls do nothing."""
        transfers = self._transfers
        if transfers is None or self._is_shut_down:
            raise BackgroundProcessNotRunningError()
        last, self._last_update = self._last_update, time.monotonic()
        if transfers.calls:
            self._deliver(transfers.calls)
        elif self._last_update - last < TOO_OFTEN and not self._is_delivering:
            time.sleep(TOO_OFTEN)  # whoever only waits would keep the worker from the interpreter

    def shutdown(self) -> None:
        """Cancels what is pending, and calls the reporters for the last time. Callbacks of `queue_download ()` aren't called any more."""
        if self._transfers is None:
            logger.error('shutdown called while the downloader never started')
            return
        if self._is_shut_down:
            return
        self._is_shut_down = True
        downloads = list(self._pending)
        if downloads:
            for download in downloads:
                download.is_cancelled = True
            worker.call(self._cancel, 2 * PATIENCE)
            for download in downloads:
                download.fail(DownloadCancelled(download.description))  # if it still has not ended
        self._deliver(self._transfers.calls)

    def _after_fork(self):
        transfers, self._transfers = self._transfers, None
        if transfers is not None:
            _kept.append(transfers)
            transfers.calls.clear()
        self._pending.clear()
        self._queued.clear()
        self._has_told = False

    # On the worker's thread

    def _make_session(self):
        session = Session(worker.loop)
        session.headers.update(self._options.http_headers)
        session.set_timeout(self._options.timeout)
        return session

    def _begin(self):
        # Until the caller has queued all, this thread would only compete with it for the interpreter
        time.sleep(BURST)
        self._start_queued()

    def _start_queued(self):
        transfers: Any = self._transfers
        self._has_told = False  # first this: what is queued from now on is either seen here, or told again
        while self._queued:
            transfers.start(self._queued.popleft())
        worker.add(transfers)

    def _cancel(self):
        self._start_queued()
        assert self._transfers is not None
        self._transfers.cancel(PATIENCE)

    # On Blender's thread

    def _deliver(self, calls):
        # A reporter may update, too, and then goes on with the calls after this one
        was_delivering, self._is_delivering = self._is_delivering, True
        try:
            while calls:
                self._make(*calls.popleft())
        finally:
            self._is_delivering = was_delivering

    def _make(self, download, name, arguments):
        download.progress = None
        for reporter in self._reporters:
            getattr(reporter, name)(*arguments)
        if name in _ENDS:
            callback = self._pending.pop(download, None)  # a reporter may fork
            if callback is not None and name != 'download_error' and not self._is_shut_down:
                self._call_back(callback, *arguments)

    def _call_back(self, callback, description, path):
        try:
            callback(description, path)
        except Exception as error:
            try:
                self._on_callback_error(description, path, error)
            except Exception:
                logger.exception('the handler of errors in callbacks raised, for %s', description)

    def download_starts(self, http_req_descr: RequestDescription) -> None:
        logger.debug('%s has begun', http_req_descr)

    def already_downloaded(self, http_req_descr: RequestDescription, local_file: Path) -> None:
        logger.debug('%s is up to date: %s', local_file, http_req_descr)
        self.num_downloads_ok += 1

    def download_error(self, http_req_descr: RequestDescription, local_file: Path, error: Exception) -> None:
        logger.log(logging.DEBUG if isinstance(error, DownloadCancelled) else logging.ERROR, '%s failed: %s', http_req_descr, error)
        self.num_downloads_error += 1

    def download_progress(self, http_req_descr: RequestDescription, content_length_bytes: int, downloaded_bytes: int) -> None:
        logger.debug('%s: %d of %d bytes', http_req_descr, downloaded_bytes, content_length_bytes)

    def download_finished(self, http_req_descr: RequestDescription, local_file: Path) -> None:
        logger.debug('%s is complete: %s', local_file, http_req_descr)
        self.num_downloads_ok += 1


_downloaders: weakref.WeakSet[BackgroundDownloader] = weakref.WeakSet()
_kept: list[_Transfers] = []  # of the parent, whose objects must not be freed in its child


def _after_fork():
    global _end_lock
    _end_lock = threading.Lock()
    for downloader in list(_downloaders):
        downloader._after_fork()


os.register_at_fork(after_in_child=_after_fork)

_ENDS = 'already_downloaded', 'download_error', 'download_finished'


_taken: dict[str, types.ModuleType | None] = {}


def take_over() -> None:
    """Makes code that imports Blender's module from now on get this one."""
    for name in ('_bpy_internal', '_bpy_internal.http', '_bpy_internal.http.downloader'):
        if name in _taken:
            continue
        if name.endswith('downloader'):
            _taken[name] = sys.modules.get(name)
            sys.modules[name] = sys.modules[__name__]
            sys.modules['_bpy_internal.http'].downloader = sys.modules[__name__]  # type: ignore[attr-defined]
            continue
        try:
            __import__(name)
        except ImportError:
            # A Blender that has none
            _taken[name] = None
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = []


def give_back() -> None:
    """Undoes `take_over ()`."""
    for name, module in reversed(list(_taken.items())):
        if module is not None:
            sys.modules[name] = module
        else:
            sys.modules.pop(name, None)
    package = sys.modules.get('_bpy_internal.http')
    if package is not None and getattr(package, 'downloader', None) is sys.modules[__name__]:
        original = _taken.get('_bpy_internal.http.downloader')
        if original is not None:
            package.downloader = original  # type: ignore[attr-defined]
        else:
            del package.downloader  # type: ignore[attr-defined]
    _taken.clear()
