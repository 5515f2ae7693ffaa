// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Main loops that JavaScript runs inside what Pillion calls, like a modal dialog: they run, the rest carries on in them, and
// the host draws while promises are busy.

import GLib from 'gi://GLib';
import Pillion from 'gi://Pillion?version=1';

import {assert, assertEqual, runTests, test} from './support.js';

const MSEC = 1000;
const SECOND = 1000 * MSEC;

function after(msec, func) {
    GLib.timeout_add(GLib.PRIORITY_DEFAULT, msec, () => {
        func();
        return GLib.SOURCE_REMOVE;
    });
}

// Runs a main loop until the promise has settled, and no longer than a test may take
function runUntilSettled(promise) {
    const main = new GLib.MainLoop(null, false);
    const late = GLib.timeout_add(GLib.PRIORITY_HIGH, 20000, () => {
        throw new Error('nothing happens');
    });
    let failure = null;

    promise.catch(error => (failure = error)).finally(() => main.quit());
    main.run();
    GLib.source_remove(late);
    if (failure)
        throw failure;
}

// The frames of a host; the next one is only due when this one is over
function startKicks(loop) {
    let going = true;
    const frame = () => {
        loop.kick();
        if (going)
            after(1, frame);
    };
    after(1, frame);
    return () => (going = false);
}

// @begin is called when the dialog opens, with the function that closes it
async function openDialog(loop, order, begin) {
    await loop.sleep(MSEC, null);
    const nested = new GLib.MainLoop(null, false);
    order.push('opens');
    begin(() => {
        order.push('closes');
        nested.quit();
    });
    nested.run();
    order.push('is over');
}

test('in-a-promise/as-passenger', loop => {
    const order = [];

    loop.ensure(null);
    let promise;
    const dialog = openDialog(loop, order, close => {
        const inside = loop.sleep(5 * MSEC, null);
        inside.add_done_callback(() => order.push('done callback'));
        inside.add_done_callback(() => after(1, close));
        promise = inside.then(() => order.push('promise'));
    });
    runUntilSettled(dialog.then(() => promise));
    // Callbacks continue inside it; GJS continues promises one at a time
    assertEqual(order, ['opens', 'done callback', 'closes', 'is over', 'promise']);
});

test('in-a-promise/kicked', loop => {
    const order = [];
    const stop = startKicks(loop);

    runUntilSettled(openDialog(loop, order, close => after(20, close)));
    stop();
    assertEqual(order, ['opens', 'closes', 'is over']);
    // The last requested frame
    runUntilSettled(new Promise(resolve => after(10, resolve)));
});

test('in-a-done-callback/as-passenger', loop => {
    const order = [];

    loop.ensure(null);
    const settled = new Promise(resolve => {
        loop.sleep(MSEC, null).add_done_callback(() => {
            const nested = new GLib.MainLoop(null, false);
            loop.sleep(5 * MSEC, null).then(() => {
                order.push('promise');
                nested.quit();
            });
            order.push('opens');
            nested.run();
            order.push('is over');
            resolve();
        });
    });
    runUntilSettled(settled);
    assertEqual(order, ['opens', 'promise', 'is over']);
});

test('promises-let-the-host-draw', loop => {
    const end = GLib.get_monotonic_time() + 60 * SECOND;
    const queue = Pillion.Queue.new(loop, 10);
    let frames = 0;

    loop.ensure(null);
    const redraw = GLib.timeout_add(GLib.PRIORITY_HIGH_IDLE + 20, 10, () => {
        frames++;
        return GLib.SOURCE_CONTINUE;
    });
    async function write() {
        while (frames < 3 && GLib.get_monotonic_time() < end)
            await queue.put(1);
        queue.close();
    }
    async function read() {
        for await (const item of queue)
            assert(item === 1);
    }
    runUntilSettled(Promise.all([write(), read()]));
    GLib.source_remove(redraw);
    assert(frames >= 3, `${frames} frames`);
});

runTests();
