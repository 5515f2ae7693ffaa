# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Calls that are wrong, for test-types.py, which never runs them: each line that ends with "error" is to be reported, and no other.
Those with "error where GObject is known" can only be found with a stub of GObject's."""

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


def main(loop: Pillion.Loop, task: Pillion.Task, scope: Pillion.Scope, client: PillionHttp.Client) -> None:
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
    Pillion.Task.all(loop, task)  # error where GObject is known
    client.download('https://example.org', Gio.File.new_for_path('target'))

    # Results
    number: int = task.get_int()
    text: str = task.get_int()  # error
    name: str = task.get_name()
    site: str = task.get_site()  # error
    _, report = loop.kick_until(0)
    loop.kick_until(0).report
    loop.kick_until(0).reports  # error
    items: str = report.items  # error
    first: Pillion.Task = task.get_children()[0]
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
    loop.run_in_thread('work', lambda job, cancellable, data: job.return_boolean(True), None, None)

    # Properties, signals and names
    unit: int = task.props.name  # error
    task.props.nome  # error
    task.props.name = 'other'  # error
    loop.props.live_tasks = 3  # error
    loop.props.budget_usec = 3
    task.connect('progress', print)
    task.propagate_text()  # error where GObject is known
    Pillion.Nothing  # error
    GLib.anything(task)

    # The package
    result: str = pillion.run(work())
    other: int = pillion.run(work())  # error
    pillion.run(work)  # error
    answer: str = pillion.call_in_host(str, 3).result()
    pillion.call_in_host()  # error
    pillion.EventLoop().call_soon(print, 'soon')
    pillion.EventLoop().call_soon('soon')  # error
    async_loop.set_host(Pillion.CallbackHost.new('frames'))
    async_loop.set_host('frames')  # error
    stop: bool = async_loop.kick_async_loop()
    async_loop.setup_asyncio_executor('many')  # error
    version: str = pillion.__version__
