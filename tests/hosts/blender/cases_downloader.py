# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Callers of Blender's own downloader, on the one with the same names."""

import collections
import json
import os
import pathlib
import sys
import tempfile
import time
import traceback
import types

from driver import URL, until
from pillion import async_loop
from pillion.hosts import blender
from pillion.hosts.blender import downloader as http_dl
from pillion.hosts.blender._cancel import count_live
from pillion.hosts.blender._worker import Worker, worker
from server import content

folder = pathlib.Path(tempfile.mkdtemp())


class Reporter:
    """What a caller would derive from DownloadReporter."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return lambda *arguments: self.calls.append((name, *arguments))

    def names(self, url=None):
        return [name for name, description, *_ in self.calls if name != 'download_progress' and url in (None, description.url)]


def make(name, timeout=10, on_error=None, **fields):
    provider = http_dl.MetadataProviderFilesystem(folder / name)
    downloader = http_dl.BackgroundDownloader(http_dl.DownloaderOptions(provider, timeout, **fields), on_error or no_error)
    reporter = Reporter()
    downloader.add_reporter(reporter)
    return downloader, reporter


def no_error(description, path, error):
    raise AssertionError(error)


def finish(downloader):
    def is_done():
        downloader.update()
        return downloader.all_downloads_done

    return until(is_done, 'the end of all downloads')


def raises(kind, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        return error
    raise AssertionError(f'{function} did not raise {kind}')


def case_a_file_is_downloaded_and_reported():
    """The reporter hears of the beginning, of progress and of one end, and the callback gets the header fields."""
    downloader, reporter = make('reported')
    downloader.start()
    done = []
    path = folder / 'deep' / 'er' / 'file'
    downloader.queue_download(URL + '/slow/200000/300', path, lambda *arguments: done.append(arguments))
    assert not reporter.calls and downloader.num_pending_downloads == 1
    yield from finish(downloader)
    assert path.read_bytes() == content(0, 200000)
    assert reporter.names() == ['download_starts', 'download_finished'], reporter.calls
    progress = [values for name, _, *values in reporter.calls if name == 'download_progress']
    assert progress and progress == sorted(progress) and progress[-1] == [200000, 200000], progress
    (description, local_path), = done
    assert local_path == path and description.response_headers['etag'] == '"200000"', description.response_headers
    assert description == http_dl.RequestDescription('GET', URL + '/slow/200000/300')
    assert (downloader.num_downloads_ok, downloader.num_downloads_error) == (1, 0)
    downloader.clear_download_counts()
    assert downloader.num_downloads_ok == 0
    downloader.shutdown()


def case_what_is_fresh_is_not_downloaded():
    """The second time, the file is already there; after a change of the file it is downloaded again."""
    path = folder / 'fresh'
    for expected in ('download_finished', 'already_downloaded', 'already_downloaded', 'changed'):
        if expected == 'changed':
            expected = 'download_finished'
            path.write_bytes(b'short')
        downloader, reporter = make('metadata')
        downloader.start()
        done = []
        downloader.queue_download(URL + '/bytes/5000', path, lambda *arguments: done.append(arguments))
        yield from finish(downloader)
        assert reporter.names() == ['download_starts', expected], reporter.calls
        assert len(done) == 1 and path.read_bytes() == content(0, 5000)
        downloader.shutdown()
        file, = (folder / 'metadata').iterdir()
        value = json.loads(file.read_text())
        assert value['etag'] == '"5000"' and value['content_length'] == 5000 and value['request']['http_method'] == 'GET', value
        # Blender leaves out what is empty
        value.pop('last_modified', None)
        file.write_text(json.dumps(value))


def case_broken_metadata_are_forgotten():
    """Whatever is in the file, the download goes on without it."""
    path = folder / 'broken'
    for text in ('', '{', '[]', '{"request": 3}', '{"request": {"http_method": "GET", "url": 5}}', 'null', '\0'):
        downloader, reporter = make('broken-metadata')
        downloader.start()
        provider = downloader._options.metadata_provider
        provider.cache_location.mkdir(exist_ok=True)
        description = http_dl.RequestDescription('GET', URL + '/bytes/100')
        provider._path(description).write_text(text)
        downloader.queue_download(description.url, path)
        yield from finish(downloader)
        assert reporter.names() == ['download_starts', 'download_finished'], (text, reporter.calls)
        downloader.shutdown()


def case_errors_are_told_once():
    """A refusal, a server that isn't there, a folder that can't be made: download_error, and the file stays as it was."""
    downloader, reporter = make('errors')
    downloader.start()
    path = folder / 'kept'
    path.write_bytes(b'old')
    (folder / 'no-folder').write_bytes(b'')
    downloader.queue_download(URL + '/missing', path, no_error)
    downloader.queue_download('http://127.0.0.1:1/', folder / 'nobody', no_error)
    downloader.queue_download('not a URL', path, no_error)
    downloader.queue_download(URL + '/bytes/10', folder / 'no-folder' / 'file', no_error)
    yield from finish(downloader)
    assert sorted(reporter.names()) == ['download_error'] * 4 + ['download_starts'] * 4, reporter.calls
    errors = {description.url: error for name, description, *_, error in (call for call in reporter.calls if call[0] == 'download_error')}
    assert errors[URL + '/missing'].status == 404
    assert path.read_bytes() == b'old' and not (folder / 'nobody').exists()
    assert downloader.num_downloads_error == 4
    downloader.shutdown()


def case_a_callback_that_raises_is_told():
    """on_callback_error gets the exception, and the other downloads go on."""
    errors = []
    downloader, reporter = make('raises', on_error=lambda *arguments: errors.append(arguments))
    downloader.start()

    def fail(description, path):
        raise ZeroDivisionError

    downloader.queue_download(URL + '/bytes/10', folder / 'a', fail)
    downloader.queue_download(URL + '/bytes/20', folder / 'b')
    yield from finish(downloader)
    (description, path, error), = errors
    assert path == folder / 'a' and isinstance(error, ZeroDivisionError)
    assert downloader.num_downloads_ok == 2
    downloader.shutdown()


def case_shutdown_ends_what_has_begun():
    """Each download gets its one end, no callback is called, and the next try goes on from what has arrived."""
    downloader, reporter = make('shutdown')
    downloader.start()
    path = folder / 'big'
    downloader.queue_download(URL + '/half/4000000', path, no_error)

    def has_some():
        downloader.update()
        return any(call[0] == 'download_progress' and call[3] > 400_000 for call in reporter.calls)

    yield from until(has_some, 'some progress')
    downloader.shutdown()
    assert downloader.is_shutdown_requested and downloader.is_shutdown_complete and downloader.all_downloads_done
    assert reporter.names() == ['download_starts', 'download_error'], reporter.names()
    assert isinstance(reporter.calls[-1][3], http_dl.DownloadCancelled), reporter.calls[-1]
    assert not path.exists()
    raises(http_dl.BackgroundProcessNotRunningError, downloader.update)
    raises(RuntimeError, downloader.queue_download, URL, path)
    raises(ValueError, downloader.start)
    downloader.shutdown()

    downloader, reporter = make('shutdown')
    downloader.start()
    downloader.queue_download(URL + '/half/4000000', path)
    yield from until(lambda: downloader.update() or any(call[0] == 'download_progress' for call in reporter.calls), 'progress')
    first = next(call for call in reporter.calls if call[0] == 'download_progress')
    assert first[3] > 400_000, first
    yield from finish(downloader)
    assert path.read_bytes() == content(0, 4000000)
    downloader.shutdown()


def case_it_has_to_be_started():
    """Before that it says so, and ends without a word."""
    downloader, reporter = make('started')
    raises(http_dl.BackgroundProcessNotRunningError, downloader.update)
    raises(RuntimeError, downloader.queue_download, URL, folder / 'x')
    assert not downloader.is_subprocess_alive and downloader.all_downloads_done
    downloader.shutdown()
    downloader.start()
    downloader.start()
    downloader.update()
    assert downloader.is_subprocess_alive
    downloader.shutdown()
    assert reporter.calls == []
    yield


def case_a_reporter_may_queue_more():
    """It may update, too."""
    downloader, reporter = make('many')
    downloader.start()
    more = []

    def again(description, path):
        downloader.update()
        if len(more) < 10:
            more.append(path)
            downloader.queue_download(URL + f'/wait/{len(more)}', path.with_name(f'more-{len(more)}'), again)

    for number in range(50):
        downloader.queue_download(URL + f'/wait/100?{number}', folder / f'many-{number}', again)
    yield from finish(downloader)
    assert downloader.num_downloads_ok == 60, downloader.num_downloads_ok
    downloader.shutdown()


def case_many_run_at_once():
    """The server answers none until all are there."""
    downloader, reporter = make('at-once', timeout=60)
    downloader.start()
    for number in range(http_dl.CONNECTIONS):
        downloader.queue_download(URL + f'/meet/{http_dl.CONNECTIONS}?{number}', folder / f'at-once-{number}')
    yield from finish(downloader)
    assert downloader.num_downloads_ok == http_dl.CONNECTIONS
    downloader.shutdown()


def case_many_go_to_a_new_folder():
    """Whichever comes first makes the folder, and each file is asked for once."""
    downloader, reporter = make('new-folder', timeout=60)
    downloader.start()
    for number in range(http_dl.CONNECTIONS):
        # If one were asked for again, the server would wait for others in vain
        downloader.queue_download(URL + f'/meet/{http_dl.CONNECTIONS}?new-{number}', folder / 'new' / 'folder' / str(number))
    yield from finish(downloader)
    assert downloader.num_downloads_ok == http_dl.CONNECTIONS, reporter.calls
    assert len(list((folder / 'new' / 'folder').iterdir())) == http_dl.CONNECTIONS
    downloader.shutdown()


def case_timeouts_hold():
    """The second number is for a server that says nothing."""
    downloader, reporter = make('timeout', timeout=(5, 0.2))
    downloader.start()
    downloader.queue_download(URL + '/wait/60000', folder / 'late')
    yield from finish(downloader)
    assert reporter.names() == ['download_starts', 'download_error'], reporter.calls
    downloader.shutdown()


def case_reporters_are_called_by_update_alone():
    """A download goes on without it, and without Blender's loop."""
    downloader, reporter = make('alone')
    downloader.start()
    path = folder / 'alone-file'
    downloader.queue_download(URL + '/bytes/1000', path)
    yield from until(path.exists, 'the download')
    yield from until(lambda: count_live() == 0, 'its end')
    assert not reporter.calls and downloader.num_pending_downloads == 1
    downloader.update()
    assert reporter.names() == ['download_starts', 'download_finished'], reporter.calls
    downloader.shutdown()


def case_all_can_be_cancelled():
    """Background downloads are counted and cancelled with everything else, also those that have not begun."""
    for are_running in (True, False):
        downloader, reporter = make('cancelled')
        downloader.start()
        for number in range(20):
            downloader.queue_download(URL + f'/wait/3600000?{number}', folder / f'cancelled-{number}', no_error)
        if are_running:
            yield from until(lambda: count_live() == 20, 'the beginning')
        assert async_loop.guest.get_live_tasks() == 0
        assert blender.cancel_all() and count_live() == 0
        downloader.update()
        assert reporter.names() == ['download_starts'] * 20 + ['download_error'] * 20, reporter.calls
        assert all(isinstance(error, http_dl.DownloadCancelled) for name, *_, error in reporter.calls if name == 'download_error')
        # It can go on
        downloader.queue_download(URL + '/bytes/1000', folder / 'after')
        yield from finish(downloader)
        assert downloader.num_downloads_ok == 1
        downloader.shutdown()


def case_a_blocking_download():
    """The synchronous class does the same, tells its one reporter at once, and asks whether to go on."""
    downloader = http_dl.ConditionalDownloader(http_dl.MetadataProviderFilesystem(folder / 'blocking'))
    reporter = Reporter()
    assert not downloader.has_reporter()
    downloader.add_reporter(reporter)
    assert downloader.has_reporter()
    raises(ValueError, downloader.add_reporter, reporter)
    downloader.timeout = 10
    path = folder / 'blocking-file'
    for _ in range(2):
        downloader.download_to_file(URL + '/slow/100000/200', path)
        assert path.read_bytes() == content(0, 100000)
    assert reporter.names() == ['download_starts', 'download_finished', 'download_starts', 'already_downloaded'], reporter.calls
    assert raises(Exception, downloader.download_to_file, URL + '/missing', path).status == 404
    checks = []
    downloader.periodic_check = lambda: checks.append(None) or len(checks) < 5
    raises(http_dl.DownloadCancelled, downloader.download_to_file, URL + '/wait/3600000', folder / 'never')
    assert len(checks) >= 5
    yield


def case_fields_are_sent():
    """http_headers go with every request, and a method that is not GET too."""
    downloader, reporter = make('fields', http_headers={'X-Marker': 'one'})
    downloader.start()
    downloader.queue_download(URL + '/echo', folder / 'echo', http_method='POST')
    yield from finish(downloader)
    text = (folder / 'echo').read_text()
    assert text.startswith('POST /echo') and 'x-marker: one' in text.lower(), text
    # Those of one name are joined, as in Blender's module
    description, = (description for name, description, *_ in reporter.calls if name == 'download_finished')
    assert description.response_headers['set-cookie'] == 'a=1, b=2', description.response_headers
    downloader.shutdown()


def case_fields_stay_while_somebody_looks():
    """The answer to another request doesn't change what a reporter is looking at."""
    def answer(**fields):
        return types.SimpleNamespace(get_header_names=lambda: list(fields), get_header=fields.get)

    description = http_dl.RequestDescription('GET', URL)
    download = http_dl._Download(description, folder / 'fields', types.SimpleNamespace(calls=collections.deque()))
    download.take_headers(answer(etag='1', server='one', date='today'))
    looking = iter(description.response_headers.items())
    next(looking)
    download.take_headers(answer(etag='2'))
    assert list(looking) == [('server', 'one'), ('date', 'today')]
    assert description.response_headers == {'etag': '2'}
    yield


def case_a_provider_that_exits():
    """Only the download in question fails, whatever the provider raises."""
    class Exiting(http_dl.MetadataProviderFilesystem):
        def load(self, description):
            if description.url.endswith('load'):
                sys.exit('not now')
            return super().load(description)

        def save(self, description, meta):
            if description.url.endswith('save'):
                raise KeyboardInterrupt
            super().save(description, meta)

    provider = Exiting(folder / 'exiting')
    downloader = http_dl.BackgroundDownloader(http_dl.DownloaderOptions(provider, 10), no_error)
    reporter = Reporter()
    downloader.add_reporter(reporter)
    downloader.start()
    for name in ('load', 'save', 'good'):
        (folder / name).write_bytes(b'old')
        downloader.queue_download(URL + '/bytes/10?' + name, folder / name)
    yield from finish(downloader)
    assert downloader.num_downloads_ok == 1 and (folder / 'good').read_bytes() == content(0, 10), reporter.calls
    errors = {path.name: error for name, _, path, error in (call for call in reporter.calls if call[0] == 'download_error')}
    assert {name: type(error.args[1]) for name, error in errors.items()} == {'load': SystemExit, 'save': KeyboardInterrupt}, errors
    assert all(isinstance(error, http_dl.HTTPRequestDownloadError) for error in errors.values())
    downloader.shutdown()

    # Whoever waits gets what was raised
    blocking = http_dl.ConditionalDownloader(provider)
    reporter = Reporter()
    blocking.add_reporter(reporter)
    raises(SystemExit, blocking.download_to_file, URL + '/bytes/10?load', folder / 'load')
    assert reporter.names() == ['download_starts', 'download_error'], reporter.calls


class Work:
    """What gives the worker something to do until it is cancelled, and may raise."""

    def __init__(self, error=None):
        self.error = error
        self.n_turns = self.n_cancels = 0

    def turn(self):
        self.n_turns += 1
        if self.n_cancels > 0:
            return False
        if self.error is not None:
            raise self.error
        return True

    def cancel(self, timeout):
        self.n_cancels += 1
        if self.error is not None:
            raise self.error

    def count(self):
        return 0


def case_work_that_raises_holds_nobody_up():
    """What comes after it has its turn, and is cancelled."""
    own = Worker()
    works = Work(ZeroDivisionError()), Work(SystemExit()), Work()
    for work in works:
        own.submit(lambda work=work: own.add(work))
    yield from until(lambda: all(work.n_turns > 1 for work in works), 'the turns')
    assert own.cancel(60)
    assert [work.n_cancels for work in works] == [1, 1, 1]


def run_in_child(inherited):
    raises(http_dl.BackgroundProcessNotRunningError, inherited.update)
    assert inherited.all_downloads_done and not inherited.is_subprocess_alive
    inherited.clear_download_counts()
    new, reporter = make('child')
    for downloader, name in ((new, 'child-file'), (inherited, 'inherited-file')):
        downloader.start()
        downloader.queue_download(URL + '/bytes/1000', folder / name)
        end = time.monotonic() + 30
        while not downloader.all_downloads_done and time.monotonic() < end:
            downloader.update()
        assert downloader.num_downloads_ok == 1
        downloader.shutdown()


def case_a_forked_child_has_a_worker_of_its_own():
    """That of its parent isn't there, and what its downloaders do is their parent's."""
    downloader, reporter = make('parent')
    downloader.start()
    downloader.queue_download(URL + '/bytes/1000', folder / 'parent-file')
    yield from finish(downloader)
    downloader.queue_download(URL + '/slow/200000/300', folder / 'parent-other-file')
    with http_dl._end_lock:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                run_in_child(downloader)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
    ended = 0, 0

    def has_ended():
        nonlocal ended
        ended = os.waitpid(child, os.WNOHANG)
        return ended[0] == child

    yield from until(has_ended, 'the end of the child')
    assert ended[1] == 0, ended
    for name in ('child-file', 'inherited-file'):
        assert (folder / name).read_bytes() == content(0, 1000)
    yield from finish(downloader)
    assert downloader.num_downloads_ok == 2
    downloader.shutdown()


def case_it_takes_the_place_of_blenders():
    """Code that imports Blender's module gets this one, until that is undone."""
    before = {name: sys.modules.get(name) for name in ('_bpy_internal', '_bpy_internal.http', '_bpy_internal.http.downloader')}
    http_dl.take_over()
    http_dl.take_over()
    from _bpy_internal.http import downloader as taken
    assert taken is http_dl
    http_dl.give_back()
    for name, module in before.items():
        assert module is None or sys.modules[name] is module
    assert sys.modules.get('_bpy_internal.http.downloader') is not http_dl
    yield


def case_nothing_is_left():
    """No task goes on after all that."""
    yield from until(lambda: async_loop.kick_async_loop() or async_loop.guest.get_live_tasks() == 0, 'the end of all tasks')
