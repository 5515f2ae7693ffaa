// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Shared by the tests in JavaScript, which report in TAP.

import GLib from 'gi://GLib';
import Pillion from 'gi://Pillion?version=1';
import System from 'system';

const SECOND = GLib.TIME_SPAN_SECOND;

const tests = [];

export function test(name, func) {
    tests.push([name, func]);
}

export function assert(truth, text = 'not true') {
    if (!truth)
        throw new Error(text);
}

export function assertEqual(got, wanted) {
    got = JSON.stringify(got);
    wanted = JSON.stringify(wanted);
    assert(got === wanted, `got ${got}, wanted ${wanted}`);
}

export function assertFails(domain, code, func) {
    try {
        func();
    } catch (error) {
        assert(error instanceof GLib.Error && error.matches(domain, code), `another error: ${error}`);
        return error;
    }
    throw new Error('did not fail');
}

// Does what a host does, sleeping as it would in poll ()
export function kickUntil(loop, isTrue) {
    const end = GLib.get_monotonic_time() + 30 * SECOND;
    while (!isTrue()) {
        assert(GLib.get_monotonic_time() < end, 'nothing happens');
        loop.kick();
        if (loop.get_deadline() !== 0)
            GLib.usleep(200);
    }
}

export function kickUntilDone(loop, ...tasks) {
    kickUntil(loop, () => tasks.every(task => task.is_done()) && loop.get_live_tasks() === 0);
}

export function kickUntilSettled(loop, promise) {
    let settled = null;
    promise.then(value => (settled = {value}), error => (settled = {error}));
    kickUntil(loop, () => settled !== null);
    if (settled.error)
        throw settled.error;
    return settled.value;
}

// Each test gets its own loop, which must be closable
export function runTests() {
    print(`1..${tests.length}`);
    let failed = 0;
    tests.forEach(([name, func], index) => {
        const loop = Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT);
        let verdict = 'ok';
        try {
            func(loop);
            if (!loop.is_closed())
                loop.close(10 * SECOND);
        } catch (error) {
            verdict = 'not ok';
            failed++;
            print(`# ${error}\n# ${error.stack}`.replaceAll('\n', '\n# '));
        }
        print(`${verdict} ${index + 1} ${name}`);
    });
    System.exit(failed ? 1 : 0);
}
