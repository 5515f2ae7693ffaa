# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrong calls for test-types.py, which never runs them: each line that ends with "error" has to be reported, and no other. Those
with "error where GObject is known" can only be found with a stub for GObject."""

import asyncio

import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.repository import Gio, GLib, Pillion, PillionHttp

import pillion
from pillion import async_loop


async def work() -> str:
    await asyncio.sleep(0)
    return 'done'


def parse(text: str, *, base: int) -> int:
    return int(text, base)


def main(loop: Pillion.Loop, task: Pillion.Task[bytes], scope: Pillion.Scope, client: PillionHttp.Client) -> None:
    # Parameters
    loop.sleep(1000)
    loop.sleep(1000, None)
    loop.sleep('long')  # error
    loop.sleep()  # error
    loop.sleep(1, None, None)  # error
    Pillion.Loop.new(None, Pillion.LoopFlags.DEFAULT)
    Pillion.Loop.new(None, Pillion.BudgetMode.FIXED)  # error where GObject is known
    Pillion.Scope.new(loop, 'panel').set_limit(6)
    Pillion.Scope.new('panel')  # error
    Pillion.CallbackHost(name='frames')
    Pillion.CallbackHost(nome='frames')  # error
    Pillion.Scope.new(loop, 'panel').set_limit(None)  # error
    Pillion.Task.all(loop, [task])
    Pillion.Task.all(loop, [task], 1)  # error
    Pillion.Task.all(loop, task)  # error
    client.download('https://example.org', Gio.File.new_for_path('target'))
    Pillion.Scope('panel', limit='many')  # error
    Pillion.Queue('many')  # error

    # Results
    number: int = task.get_int()
    text: str = task.get_int()  # error
    name: str = task.get_name()
    site: str = task.get_site()  # error
    _, report = loop.kick_until(0)
    loop.kick_until(0).report
    loop.kick_until(0).reports  # error
    items: str = report.items  # error
    first: Pillion.Task[int] = task.get_children()[0]
    children: str = task.get_children()  # error
    frames: list[int] = Pillion.TickHost.new('frames', 60.0).get_frame_times()

    # Callbacks
    task.add_done_callback(lambda done: print(done.get_name()))
    task.add_done_callback(lambda done, data: print(data), 'data')
    Pillion.CallbackHost.new('frames').set_install(print)
    Pillion.CallbackHost.new('frames').set_remove(main)  # error
    task.and_then(lambda done: done)
    loop.call_later(10, print)
    loop.call_later(print)  # error
    loop.call_later(10, print, 'soon', 'later')
    loop.call_later(10, len)  # error
    loop.call_soon(len, 'text')
    loop.call_soon(len, 3)  # error
    loop.call_soon(len, 'text', 'more')  # error
    loop.call_soon(max, 1, 2, 3, 4, 5, 6, 7)
    loop.run_in_thread('work', lambda job, cancellable, data: job.return_boolean(True), None)
    loop.run_in_thread('work', lambda job, cancellable, data: job.return_boolean(True), None, None)  # error
    Pillion.Task.map(loop, ['a', 'b'], 0, lambda letter: letter)  # error
    Pillion.Retry().set_predicate(lambda error, attempt: attempt < 3)
    Pillion.Retry().set_predicate(lambda error: True)  # error
    Pillion.Retry().set_predicate(None)
    scope.start('panel', work)
    scope.start('panel', work, 3)  # error
    scope.start('panel', len, 'text')  # error

    # What a task gives
    task.return_value(b'data')
    task.return_value('data')  # error
    length: str = task.result()  # error
    strings: Pillion.Queue[str] = Pillion.Queue(3)
    strings.put('item')
    strings.put(3)  # error

    # Properties, signals and names
    unit: int = task.props.name  # error
    task.props.nome  # error
    task.props.name = 'other'
    task.props.unit = 'other'  # error
    loop.props.live_tasks = 3  # error
    loop.props.budget_usec = 3
    task.connect('progress', print)
    task.propagate_text()  # error
    scope.propagate_text()  # error where GObject is known
    Pillion.Nothing  # error
    GLib.anything(task)

    # The package
    result: str = pillion.run(work())
    other: int = pillion.run(work())  # error
    pillion.run(work)  # error
    answer: str = pillion.call_in_host(str, 3).result()
    pillion.call_in_host()  # error
    pillion.call_in_host(parse, '11', base=2)
    pillion.call_in_host(parse, '11', base='2')  # error
    pillion.call_in_host(work, 3)  # error
    pillion.EventLoop().call_soon(print, 'soon')
    pillion.EventLoop().call_soon('soon')  # error
    async_loop.set_host(Pillion.CallbackHost.new('frames'))
    async_loop.set_host('frames')  # error
    stop: bool = async_loop.kick_async_loop()
    async_loop.setup_asyncio_executor('many')  # error
    version: str = pillion.__version__
