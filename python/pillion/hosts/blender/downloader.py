# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Blender's background downloader, on Pillion: the names of Blender's internal module `_bpy_internal.http.downloader` (4.5 and later).

Code written for that module runs on this one if it changes one line:

    from pillion.hosts.blender import downloader as http_dl

`take_over ()` does the same for code that can't be changed. Downloads run at the same time instead of one after another, without a
process of their own, and those that were interrupted go on where they stopped. As in Blender's module, functions of reporters are
called by `update ()` and `shutdown ()` alone.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import dataclasses
import hashlib
import json
import logging
import os
import queue
import sys
import threading
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import bpy
import gi

from pillion import async_loop
from pillion._library import GLib, Pillion
from pillion.hosts.blender._host import host

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

# How long `shutdown ()` waits for downloads that it cancelled, in µs. What they have got stays on the disk in any case.
PATIENCE = 1_000_000

# How many downloads run at the same time: a preview is so small that most of its time is that of the way to the server and back
CONNECTIONS = 12

# How much time passes between two calls of `update ()` that do something, in seconds. Nobody sees the difference, and the host pays for each
# such call: by then, the processor's caches have forgotten everything.
PAUSE = 0.03

# How often `update ()` looks at the progress of downloads, in seconds, and at how many of those that have not begun
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
_peek_value = get_introspection_module('Pillion').Task.peek_value
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
    """A download that failed because of its response. Errors of the network and of files are GLib.Error, and a server that
    refuses is a PillionHttp.StatusError."""

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
    # A file object would make more system calls, and after each one a worker thread competes with the host for the interpreter
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
    """One download. What happens to it is added to the calls of its transfers, and the last call is about the end of the download.

    Blender's module asks its provider of metadata in another process. Here that is another thread, because the disk may be slow."""

    task: Any = None
    progress: list[Any] | None = None  # the arguments of a call that nobody has made yet
    completed = 0  # bytes, when somebody last looked
    error: Exception | None = None
    is_cancelled = is_over = is_fetched = has_made_folder = False

    def __init__(self, description, path, transfers):
        self.description = description
        self.path = path if isinstance(path, Path) else Path(path)
        self.transfers = transfers

    def start(self):
        self.add('download_starts')
        try:
            if os.access(self.path, os.F_OK):
                # The worker can't start anything, so it passes the metadata on
                self.task = Pillion.Task.from_awaitable(_worker.call(self.load_metadata), async_loop.guest, f'look up {self.path.name}')
                self.task.add_done_callback(self.on_metadata)
                return
            self.fetch()
        except Exception as error:
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

    def on_metadata(self, task):
        try:
            known = task.result()
            if known is None:
                self.fetch()
            else:
                self.ask(known)
        except (Exception, asyncio.CancelledError) as error:
            self.fail(error)

    def ask(self, known):
        """Asks whether the file is still what the server has."""
        if self.is_cancelled:
            raise asyncio.CancelledError
        request = PillionHttp.Request.new(self.description.http_method, self.description.url)
        request.accept_statuses(200, 299)
        request.accept_statuses(304, 304)
        if known.etag:
            request.set_header('If-None-Match', known.etag)
        if known.last_modified:
            request.set_header('If-Modified-Since', known.last_modified)
        self.task = self.transfers.session.get_client().open(request)
        self.task.add_done_callback(self.on_answer, known)

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
        except (Exception, asyncio.CancelledError) as error:
            self.fail(error)

    def fetch(self):
        if self.is_cancelled:
            raise asyncio.CancelledError
        self.task = self.transfers.fetch(self)

    def look(self):
        """Notes how far the download has come. Returns whether it has come anywhere."""
        completed = _get_completed(self.task)
        if completed != self.completed:
            total = self.task.get_total()
            if total > 0:
                self.completed = completed
                self.add_progress(total, completed)
        return self.completed > 0

    def on_failed(self, error):
        if self.has_made_folder or not _is_not_found(error):
            self.fail(error)
            return
        # Most files go where others are, so nobody has looked for their folder before. Nothing was sent yet.
        self.has_made_folder = True
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            self.fetch()
        except (Exception, asyncio.CancelledError) as again:
            self.fail(again)

    def finish(self, result):
        """The file is complete. On the worker's thread."""
        try:
            size = result.get_size()
            headers = self.take_headers(result.get_response())
            if size > 0:
                self.add('download_progress', size, size)
            meta = HTTPMetadata(self.description, headers.get('etag', ''), headers.get('last-modified', ''), size)
            self.transfers.metadata.save(self.description, meta)
        except Exception as error:
            self.fail(error)
        else:
            self.end('download_finished')

    def take_headers(self, response):
        # Fields that come several times, and can't be joined with commas, come as lines. The original joins them, too.
        headers = {name.lower(): response.get_header(name).replace('\n', ', ') for name in response.get_header_names()}
        self.description.response_headers.clear()
        self.description.response_headers.update(headers)
        return headers

    def fail(self, error):
        if isinstance(error, asyncio.CancelledError):
            error = DownloadCancelled(self.description)
        self.end('download_error', error)

    def end(self, how, *error):
        """On any thread."""
        if not self.is_over:
            self.error = error[0] if error else None
            self.add(how, self.path, *error)
            self.is_over = True

    def add(self, name, *arguments):
        self.progress = None
        self.transfers.calls.append((self, name, (self.description, *arguments)))

    def add_progress(self, total, completed):
        if self.progress is not None:
            self.progress[1:] = total, completed  # nobody has asked since
        else:
            self.progress = [self.description, total, completed]
            self.transfers.calls.append((self, 'download_progress', self.progress))


class _Transfers:
    """The downloads of one downloader, and the calls of reporters that are due. When a file has come, nothing is called: `collect ()`
    asks for all that have come since. A call from C for each of them would cost the host more than everything else about a small file."""

    def __init__(self, session, metadata):
        self.session = session
        self.metadata = metadata
        self.calls: collections.deque[tuple[_Download, str, Sequence[Any]]] = collections.deque()
        self._completions = Pillion.Completions.new(async_loop.guest, [])
        self._downloads: dict[Any, _Download] = {}  # by their tasks

    def fetch(self, download):
        """Sends the request of a download. Returns the task."""
        client = self.session.get_client()
        description = download.description
        file = _new_file(os.fspath(download.path))
        if description.http_method == 'GET':
            task = _download(client, description.url, file, None, None)
        else:
            task = _send_to_file(client, PillionHttp.Request.new(description.http_method, description.url), file, None, None)
        if task is None:
            raise RuntimeError('downloads are queued on the thread of Blender\'s window')
        self._downloads[task] = download
        _add(self._completions, task)
        return task

    def collect(self):
        """Takes the downloads that have ended. The worker does the rest: it starts when this thread has nothing else to do."""
        if not self._downloads:
            return
        fetched = []
        while (task := _try_next(self._completions)) is not None:
            download = self._downloads.pop(task)
            result = _peek_value(task)
            if result is not None:
                download.is_fetched = True  # from here on, the worker adds what comes
                fetched.append((download, result))
                continue
            try:
                task.result()
            except (Exception, asyncio.CancelledError) as error:
                download.on_failed(error)
        if fetched:
            _worker.submit(lambda: _finish(fetched))


def _finish(fetched):
    for download, result in fetched:
        download.finish(result)


def _is_not_found(error):
    return isinstance(error, GLib.Error) and error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND)


class _Worker:
    """A thread that runs one function after the other, so what one download saves, the next one finds. It costs the thread that gives it
    something to do much less than an executor would."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_started = False

    def submit(self, function):
        if not self._is_started:
            self._start()
        self._jobs.put(function)

    async def call(self, function):
        """Runs it there, and returns what it returns."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def run():
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.submit(run)
        return await asyncio.wrap_future(future)

    def wait(self, timeout):
        """Waits until all that was submitted has ended, at most `timeout` seconds."""
        is_idle = threading.Event()
        self.submit(is_idle.set)
        is_idle.wait(timeout)

    def _start(self):
        with self._lock:
            if not self._is_started:
                # The process doesn't wait for a daemon at its exit
                threading.Thread(target=self._run, daemon=True, name='pillion downloader').start()
                self._is_started = True

    def _run(self):
        while True:
            function = self._jobs.get()
            try:
                function()
            except BaseException:
                logger.exception('a function of the worker raised')
            del function  # before it waits


_worker = _Worker()


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
        """Downloads a URL to a file. Raises what `download_error ()` of the reporter is told."""
        self.http_session.set_timeout(self.timeout)
        transfers = _Transfers(self.http_session, self.metadata_provider)
        calls = transfers.calls
        download = _Download(RequestDescription(http_method, url), local_path, transfers)
        download.start()
        while calls or not download.is_over:
            while calls:
                _, name, arguments = calls.popleft()
                download.progress = None
                if self._reporter is not None:
                    getattr(self._reporter, name)(*arguments)
            if not download.is_over:
                if download.task is not None and not download.is_fetched:
                    download.look()
                if not self.periodic_check():
                    download.cancel()
                _wait([download], SLICE)
                transfers.collect()
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
    `queue_download ()` raises."""

    def __init__(self, options: DownloaderOptions, on_callback_error: Callable[[RequestDescription, Path, Exception], None]) -> None:
        self.num_downloads_ok = 0
        self.num_downloads_error = 0
        self._options = options
        self._on_callback_error = on_callback_error
        self._reporters: list[Any] = [self]
        self._transfers: _Transfers | None = None
        self._is_shut_down = False
        self._pending: dict[_Download, Callable[[RequestDescription, Path], None] | None] = {}  # with their callbacks
        self._next_update = 0.0  # by monotonic ()
        self._running: list[_Download] = []  # those whose progress is reported
        self._waiting: collections.deque[_Download] = collections.deque()  # those of which nothing has been seen yet
        self._next_look = 0.0  # by monotonic ()

    def add_reporter(self, reporter: DownloadReporter) -> None:
        """Adds a reporter, which `update ()` calls."""
        self._reporters.append(reporter)

    def start(self) -> None:
        """Gets ready. Call this first."""
        if self._is_shut_down:
            raise ValueError('BackgroundDownloader was shut down and cannot start again')
        if self._transfers is None:
            session = http_session()
            session.headers.update(self._options.http_headers)
            session.set_timeout(self._options.timeout)
            self._transfers = _Transfers(session, self._options.metadata_provider)

    def queue_download(self, remote_url: str, local_path: Path,
                       on_download_done: Callable[[RequestDescription, Path], None] | None = None, *, http_method: str = 'GET') -> None:
        """Downloads a URL to a file. `on_download_done (request, path)` is called when the file is complete, or was already."""
        if self._is_shut_down:
            raise RuntimeError('BackgroundDownloader is shutting down and cannot queue new downloads')
        if self._transfers is None:
            raise RuntimeError('BackgroundDownloader is not started yet and cannot queue downloads')
        download = _Download(RequestDescription(http_method, remote_url), local_path, self._transfers)
        self._pending[download] = on_download_done
        self._waiting.append(download)
        download.start()

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
        loop = async_loop.guest
        if host.loop is not loop or bpy.app.background:
            loop.kick()  # nothing else does
        now = time.monotonic()
        if now < self._next_update:
            return
        self._next_update = now + PAUSE
        if now >= self._next_look:
            self._next_look = now + PROGRESS
            self._look()
        self._deliver(transfers.calls)
        transfers.collect()

    def shutdown(self) -> None:
        """Cancels what is pending, and calls the reporters for the last time. Callbacks of `queue_download ()` aren't called any more."""
        if self._transfers is None:
            logger.error('shutdown called while the downloader never started')
            return
        if self._is_shut_down:
            return
        self._is_shut_down = True
        downloads = list(self._pending)
        for download in downloads:
            download.cancel()
        _wait(downloads, PATIENCE)
        self._transfers.collect()
        _worker.wait(PATIENCE / 1e6)  # for what is being saved
        for download in downloads:
            download.fail(DownloadCancelled(download.description))  # if it still has not ended
        self._deliver(self._transfers.calls)

    def _look(self):
        """Looks at the progress of the downloads that have begun, and whether others have, in turn. A signal of each task would cost the
        host more than everything else about a small file."""
        running = [download for download in self._running if not (download.is_fetched or download.is_over)]
        for download in running:
            download.look()
        looks = LOOKS
        for _ in range(len(self._waiting)):
            download = self._waiting.popleft()
            if download.is_fetched or download.is_over:
                continue
            (running if download.look() else self._waiting).append(download)
            looks -= 1
            if looks == 0:
                break
        self._running = running

    def _deliver(self, calls):
        # A reporter may update, too, and then goes on with the calls after this one
        while calls:
            download, name, arguments = calls.popleft()
            download.progress = None
            for reporter in self._reporters:
                getattr(reporter, name)(*arguments)
            if name in _ENDS:
                callback = self._pending.pop(download)
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


_ENDS = 'already_downloaded', 'download_error', 'download_finished'


def _wait(downloads, timeout):
    """Waits until all have ended, at most `timeout` µs."""
    loop = async_loop.guest
    tasks = [download.task for download in downloads if not download.is_over]
    if len(tasks) == 1 and tasks[0].is_done():
        # Its callback is due, or the worker is saving
        loop.kick()
        time.sleep(0.001)
    elif tasks:
        try:
            loop.run_until_complete(Pillion.Task.settle(loop, tasks).shield().with_timeout(timeout))
        except (GLib.Error, TimeoutError):
            pass


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
