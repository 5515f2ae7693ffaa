# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A downloader that works as Blender's own does: a process of its own that downloads one file after another with requests, and sends a pickled
message for every 8 KiB, which the program collects with update ().

The process looks for reports to send every 10 ms. It is kinder to the machine than the original: the thread that receives sleeps."""

import collections
import multiprocessing
import sys
import threading
import time
from pathlib import Path

CHUNK = 8192
PAUSE = 0.01
IDLE = 0.1

_context = multiprocessing.get_context("spawn")


class BackgroundDownloader:
    def __init__(self, timeout):
        self.timeout = timeout
        self.callbacks = {}
        self.num_pending_downloads = 0
        self.num_downloads_error = 0

    def start(self):
        self.connection, other = _context.Pipe(duplex=True)
        multiprocessing.set_executable("/usr/bin/python3")
        main = sys.modules["__main__"]
        name = main.__dict__.pop("__file__", None)  # the new process would run Blender's script
        self.process = _context.Process(target=_work, args=(other, self.timeout), daemon=True)
        self.process.start()
        if name is not None:
            main.__file__ = name

    def queue_download(self, url, path, callback=None):
        self.num_pending_downloads += 1
        self.callbacks[url] = callback
        self.connection.send(("queue", url, path))

    def update(self):
        while self.connection.poll():
            try:
                kind, url, *values = self.connection.recv()
            except EOFError:  # the process has ended
                break
            if kind in ("finished", "error"):
                self.num_pending_downloads -= 1
                self.num_downloads_error += kind == "error"
                callback = self.callbacks.pop(url)
                if callback is not None and kind == "finished":
                    callback(url, *values)

    def shutdown(self):
        self.connection.send(("cancel",))
        while self.process.is_alive():
            self.update()


def _work(connection, timeout):
    import requests

    queue, reports, ended = collections.deque(), collections.deque(), threading.Event()

    def receive():
        while not ended.is_set():
            if connection.poll(IDLE):
                kind, *values = connection.recv()
                if kind == "cancel":
                    ended.set()
                else:
                    queue.append(values)

    def send():
        while not ended.is_set() or reports:
            try:
                report = reports.popleft()
            except IndexError:
                time.sleep(PAUSE)
            else:
                connection.send(report)

    threads = [threading.Thread(target=receive), threading.Thread(target=send)]
    for thread in threads:
        thread.start()
    session = requests.Session()
    while not ended.is_set():
        try:
            url, path = queue.popleft()
        except IndexError:
            time.sleep(IDLE)
            continue
        try:
            _download(session, url, Path(path), timeout, reports)
        except Exception as error:
            reports.append(("error", url, str(error)))
    for thread in threads:
        thread.join()


def _download(session, url, path, timeout, reports):
    reports.append(("starts", url))
    temporary = path.with_suffix(path.suffix + "~")
    with session.get(url, stream=True, timeout=timeout) as response:
        response.raise_for_status()
        length, n_bytes = int(response.headers["Content-Length"]), 0
        with temporary.open("wb") as file:
            while chunk := response.raw.read(CHUNK):
                file.write(chunk)
                n_bytes += len(chunk)
                reports.append(("progress", url, length, n_bytes))
    if n_bytes != length:
        raise OSError("the body has another length")
    temporary.rename(path)
    reports.append(("finished", url, path))
