// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// 100,000 tasks, callbacks and cancellations leave nothing behind.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Pillion from 'gi://Pillion?version=1';
import System from 'system';

import {assert, kickUntilDone, kickUntilSettled, runTests, test} from './support.js';

const MANY = 100000;
const ROUND = 1000;
const HOUR = 3600 * GLib.TIME_SPAN_SECOND;

// One leaked object each would be more than twice that. The collector's own memory comes and goes by some 2 MiB.
const BOUND = 8 << 20;

// Only what was allocated: the kernel may drop pages of libraries at any time
function resident() {
    const [, contents] = GLib.file_get_contents('/proc/self/status');
    return Number(new TextDecoder().decode(contents).match(/^RssAnon:\s*(\d+) kB$/m)[1]) * 1024;
}

// What the later rounds leave behind
function growth(work, many = MANY) {
    const run = rounds => {
        for (let i = 0; i < rounds; i++) {
            work(ROUND);
            System.gc();
        }
        return resident();
    };
    const before = run(20);
    return run(many / ROUND) - before;
}

function check(work, many = MANY) {
    const left = growth(work, many);
    assert(left < BOUND, `${left} bytes are left`);
}

function times(n, func) {
    return Array.from({length: n}, (_, i) => func(i));
}

const make = loop => Pillion.Task.new(loop, 'made', null);

test('tasks', loop => check(n => {
    times(n, () => make(loop)).forEach(task => task.return_string('done'));
    kickUntilDone(loop);
}));

test('awaits', loop => check(n => {
    const tasks = times(n, () => make(loop));
    const all = Promise.all(tasks);
    loop.kick();
    tasks.forEach(task => task.return_object(Gio.File.new_for_path('/')));
    kickUntilSettled(loop, all);
}));

test('awaits-of-what-is-done', loop => check(n => {
    async function work() {
        for (let i = 0; i < n; i++) {
            const task = make(loop);
            task.return_bytes(new GLib.Bytes(new Uint8Array(10)));
            await task;
        }
    }
    kickUntilSettled(loop, work());
}));

test('awaits-that-fail', loop => check(n => {
    async function work(task) {
        try {
            await task;
        } catch (error) {
            return error.message;
        }
        throw new Error('did not fail');
    }
    const tasks = times(n, () => make(loop));
    const all = Promise.all(tasks.map(work));
    loop.kick();
    tasks.forEach(task => task.return_error(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'oh')));
    kickUntilSettled(loop, all);
}));

test('waits', loop => check(n => {
    kickUntilSettled(loop, Promise.all(times(n, () => loop.sleep(0, null).wait_async(null))));
}));

test('cancellations', loop => check(n => {
    const cancellable = new Gio.Cancellable();
    const all = Promise.allSettled(times(n, i => loop.sleep(HOUR, i % 2 ? cancellable : null)).map(task => {
        loop.call_soon(() => task.cancel());
        return task;
    }));
    loop.kick();
    cancellable.cancel();
    kickUntilSettled(loop, all);
}));

test('done-callbacks', loop => check(n => {
    let called = 0;
    times(n, () => {
        const task = make(loop);
        task.add_done_callback(() => called++);
        assert(task.remove_done_callback(task.add_done_callback(() => called++)));
        return task;
    }).forEach(task => task.return_boolean(true));
    kickUntilDone(loop);
    assert(called === n);
}));

test('calls', loop => check(n => {
    let called = 0;
    times(n, () => {
        loop.call_soon(() => called++);
        assert(loop.cancel_call(loop.call_later(HOUR, () => called++)));
    });
    while (called < n)
        loop.kick();
}));

test('iterations', loop => check(n => {
    const queue = Pillion.Queue.new(loop, 0);
    async function work() {
        let seen = 0;
        for await (const item of queue)
            seen += item;
        for await (const task of Pillion.Completions.new(loop, times(10, () => loop.sleep(0, null))))
            seen += task.get_boolean();
        return seen;
    }
    times(n, () => queue.put(1));
    queue.close();
    assert(kickUntilSettled(loop, work()) === n + 10);
}));

test('loops', () => check(n => {
    for (let i = 0; i < n / 20; i++) {
        const loop = Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT);
        const waiting = Promise.allSettled([loop.sleep(HOUR, null)]);
        loop.kick();
        loop.close(GLib.TIME_SPAN_MINUTE);
        assert(waiting instanceof Promise);
    }
}));

// These leaks would be found

for (const [name, keep] of [
    ['a-task', loop => make(loop)],
    ['a-callback', (loop, task) => task.add_done_callback(() => loop)],
    ['a-promise', (loop, task) => task.then(() => loop)],
]) {
    test(`found/${name}`, loop => {
        const task = make(loop);
        const kept = [];
        const left = growth(n => {
            kept.push(...times(n, () => keep(loop, task)));
            loop.kick();
        }, MANY / 5);
        assert(left > 3 * BOUND / 5, `${left} bytes would not be found`);
        task.return_boolean(true);
        for (const each of kept) {
            if (each instanceof Pillion.Task)
                each.return_boolean(true);
        }
        kickUntilDone(loop);
    });
}

runTests();
