# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What type checkers know of expressions, for test-types.py, which never runs this: the type is in the comment."""

import asyncio

from gi.repository import Gio, Pillion, PillionHttp

import pillion
from pillion.testing import Harness


async def give() -> str:
    return 'given'


def work(task: Pillion.Task[int], cancellable: Gio.Cancellable, text: str) -> int:
    return len(text)


async def main(loop: Pillion.Loop, scope: Pillion.Scope, client: PillionHttp.Client, queue: Pillion.Queue[str],
               count: Pillion.Task[int], data: Pillion.Task[bytes]) -> None:
    # A task itself
    reveal_type(await count)  # int
    reveal_type(count.result())  # int
    reveal_type(count.exception())  # BaseException | None
    reveal_type(count.get_source())  # Task[int] | None
    reveal_type(count.get_children())  # list[Task[Any]]
    reveal_type(count.props.completed)  # int
    async for progress in count.progress():
        reveal_type(progress.rate)  # float
        reveal_type(progress.message)  # str | None

    # What starts one
    reveal_type(Pillion.Task.new(loop, 'name'))  # Task[Any]
    reveal_type(Pillion.Task.from_awaitable(give()))  # Task[str]
    reveal_type(loop.sleep(1))  # Task[bool]
    reveal_type(await pillion.frame())  # bool
    reveal_type(loop.run_in_thread('work', work, 'text'))  # Task[int]
    reveal_type(loop.run_in_thread('work', lambda task, cancellable: 'text'))  # Task[str]
    reveal_type(loop.run_in_thread('work', lambda task, cancellable, more: more, b'data', cancellable=None))  # Task[bytes]
    reveal_type(loop.run_until_complete(count))  # int
    reveal_type(Pillion.Retry().run(loop, 'get', lambda attempt: data))  # Task[bytes]
    reveal_type(client.get_bytes('url'))  # Task[bytes]
    reveal_type(client.get_json('url'))  # Task[Any]
    reveal_type(client.download('url', 'target'))  # Task[Download]
    reveal_type(client.download_into('url', 'folder'))  # Task[Download]

    # What is made of others
    reveal_type(Pillion.Task.all(loop, [count, count]))  # Task[list[int]]
    reveal_type(Pillion.Task.settle(loop, (data,)))  # Task[list[Task[bytes]]]
    reveal_type(Pillion.Task.any(loop, {count}))  # Task[int]
    reveal_type(Pillion.Task.race(loop, [data]))  # Task[bytes]
    reveal_type(Pillion.Task.map(loop, 3, 0, lambda number: client.get_bytes(f'{number + 1}')))  # Task[list[bytes]]
    reveal_type(Pillion.Task.map(loop, ['url'], 0, client.get_bytes))  # Task[list[bytes]]
    reveal_type(count.and_then(lambda task: data))  # Task[bytes]
    reveal_type(count.and_then(lambda task, url: client.get_bytes(url), 'url'))  # Task[bytes]
    reveal_type(count.with_timeout(1))  # Task[int]
    reveal_type(count.with_deadline(1))  # Task[int]
    reveal_type(count.shield())  # Task[int]

    # Scopes and what is waited for
    reveal_type(scope.start('get', client.get_bytes, 'url'))  # Task[bytes]
    reveal_type(scope.start('give', give))  # Task[str]
    reveal_type(scope.create_task(give()))  # Task[str]
    reveal_type(scope.create_task(count))  # Task[int]
    reveal_type(scope.join())  # Task[bool]
    reveal_type(scope.take_failed())  # list[Task[Any]]
    reveal_type(scope.find_task('key'))  # Task[Any] | None
    async with Pillion.Scope('panel') as inner:
        reveal_type(inner)  # Scope
    reveal_type(Pillion.Queue(3))  # Queue[Any]
    reveal_type(queue.get())  # Task[str]
    reveal_type(queue.try_get())  # Task[str] | None
    reveal_type(queue.put('item'))  # Task[bool]
    async for item in queue:
        reveal_type(item)  # str
    reveal_type(Pillion.Completions([count]).next())  # Task[Task[int] | None]
    async for done in Pillion.Completions([count]):
        reveal_type(done)  # Task[int]
    reveal_type(Pillion.Event().wait())  # Task[bool]
    reveal_type(Pillion.Semaphore().acquire())  # Task[bool]
    async with Pillion.Semaphore(2) as permits:
        reveal_type(permits)  # Semaphore

    # The package, and asyncio
    reveal_type(pillion.run(give()))  # str
    reveal_type(pillion.call_in_host(len, 'text'))  # HostCall[int]
    reveal_type(Harness().run(give()))  # str
    reveal_type(Harness().host)  # TestHost
    reveal_type(await asyncio.gather(count, data))  # tuple[int, bytes]
    reveal_type(await asyncio.wait_for(count, 1))  # int
    reveal_type(asyncio.ensure_future(count))  # Task[int]
