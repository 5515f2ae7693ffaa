# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""An executor whose threads never keep a process alive.

The threads of concurrent.futures are joined at exit, so a function that blocks would keep the host from exiting. The threads
of this executor are daemons.
"""

import concurrent.futures
import os
import queue
import threading
import weakref


def _work(jobs, executor_ref):
    while True:
        job = jobs.get()
        if job is None:
            jobs.put(None)  # for the next thread
            return
        future, function, args, kwargs = job
        if future.set_running_or_notify_cancel():
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
        # A thread that waits for a job must not keep anything of the last one alive
        job = future = function = args = kwargs = result = error = None
        executor = executor_ref()
        if executor is not None:  # if it was dropped, the thread ends after the last job
            executor._idle.release()
        executor = None


class DaemonExecutor(concurrent.futures.ThreadPoolExecutor):
    """Derived from ThreadPoolExecutor only because asyncio insists on that type."""

    def __init__(self, max_workers=None, thread_name_prefix='pillion'):
        if max_workers is None:
            max_workers = min(32, (os.cpu_count() or 1) + 4)
        super().__init__(max_workers, thread_name_prefix)
        self._jobs = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, function, /, *args, **kwargs):
        with self._lock:
            if self._closed:
                raise RuntimeError('cannot schedule new futures after shutdown')
            future = concurrent.futures.Future()
            if not self._idle.acquire(blocking=False) and len(self._threads) < self._max_workers:
                # When the executor is dropped, idle threads end
                ref = weakref.ref(self, lambda _, jobs=self._jobs: jobs.put(None))
                thread = threading.Thread(target=_work, args=(self._jobs, ref), daemon=True,
                                          name=f'{self._thread_name_prefix}_{len(self._threads)}')
                try:
                    thread.start()
                except RuntimeError:  # no more threads can be started
                    if not self._threads:
                        raise
                else:
                    self._threads.add(thread)
            self._jobs.put((future, function, args, kwargs))
            return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        dropped = []
        with self._lock:
            self._closed = True
            if cancel_futures:
                try:
                    while True:
                        dropped.append(self._jobs.get_nowait())
                except queue.Empty:
                    pass
            self._jobs.put(None)
        # Not under the lock, because this calls whatever waits for them
        for job in dropped:
            if job is not None:
                job[0].cancel()
        if wait:
            for thread in self._threads:
                thread.join()
