// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Dialogs that callbacks and async functions open in a host: gjs -m test-dialogs.js HOST
//
// A timer of the host asks each dialog whether it is over, so "often enough" means: as often as the host itself.

import GLib from 'gi://GLib';
import Pillion from 'gi://Pillion?version=1';

import {assert, assertEqual, runTests, test} from '../bindings/support.js';
import {GlibHost} from './glib-host.js';
import {GlibTimerHost} from './glib-timer-host.js';
import {Gtk3Host, GtkHost} from './gtk-host.js';
import {TestHost} from './test-host.js';
import {TickHost} from './tick-host.js';

const HOSTS = {
    'glib': GlibHost, 'glib-timer': GlibTimerHost, 'gtk': GtkHost, 'gtk3': Gtk3Host, 'test': TestHost, 'tick': TickHost,
};
const MSEC = 1000;
const POLLS = 30; // of 10 ms each: how long a dialog is open
const KICKS_A_POLL = 20;
const PATIENCE = 10 * GLib.TIME_SPAN_SECOND;

// The processor time of this process, in units of 10 ms: a loop that spins takes as many as there are polls
function processorTime() {
    const [, bytes] = GLib.file_get_contents('/proc/self/stat');
    const fields = new TextDecoder().decode(bytes).split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
}

// What happens meanwhile: ticks of 10 ms, two that take turns, and an async function
class Dialog {
    constructor(loop) {
        this.loop = loop;
        this.isFrozen = false; // whether nothing can go on inside
        this.host = new HOSTS[ARGV[0]](loop);
        this.log = [];
        this.turns = [];
        this.ticks = this.steps = this.nOpen = 0;
        this.isOver = this.isDone = false;
    }

    startWork() {
        const tick = () => {
            this.ticks++;
            if (!this.isOver)
                this.loop.call_later(10 * MSEC, tick);
        };
        const turn = (name, rest) => {
            this.turns.push(name);
            if (rest > 1)
                this.loop.call_soon(() => turn(name, rest - 1));
        };
        const step = async () => {
            while (!this.isOver) {
                await this.loop.sleep(10 * MSEC, null);
                this.steps++;
            }
            this.isDone = true;
        };

        this.loop.call_later(10 * MSEC, tick);
        this.loop.call_soon(() => turn('a', 5));
        this.loop.call_soon(() => turn('b', 5));
        step().catch(logError);
    }

    show() {
        let polls = 0;
        const end = GLib.get_monotonic_time() + PATIENCE;
        const isEnough = () => ++polls >= POLLS && (this.isFrozen || this.hasTurned() || GLib.get_monotonic_time() > end);
        const kicksBefore = this.host.nKicks;
        const timeBefore = processorTime();

        this.nOpen++;
        this.log.push(`open ${this.nOpen}`);
        this.startWork();
        this.host.showDialog(isEnough);
        this.inside = {ticks: this.ticks, steps: this.steps, turns: [...this.turns]};
        if (kicksBefore !== undefined)
            assert(this.host.nKicks - kicksBefore <= KICKS_A_POLL * polls, `${this.host.nKicks - kicksBefore} kicks`);
        else
            assert(processorTime() - timeBefore <= polls / 2, `${processorTime() - timeBefore} ticks of the processor in ${polls}`);
        this.log.push('close');
        this.nOpen--;
        this.isOver = true;
    }

    hasTurned() {
        return this.turns.length === 10;
    }

    runUntilOver(...log) {
        const end = GLib.get_monotonic_time() + 2 * PATIENCE;
        const isAllOver = () => this.isDone && this.hasTurned() && this.loop.get_live_tasks() === 0 && this.log.length >= log.length;

        this.host.run(() => isAllOver() || GLib.get_monotonic_time() > end);
        assertEqual(this.log, log);
        assert(isAllOver(), 'something has not ended');
        assertEqual(this.turns, ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
    }

    assertWentOn() {
        assert(this.inside.ticks > POLLS / 3, `${this.inside.ticks} ticks`);
        assertEqual(this.inside.turns, ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
    }
}

test('from-a-done-callback', loop => {
    const dialog = new Dialog(loop);
    const task = loop.sleep(MSEC, null);

    task.add_done_callback(() => dialog.show());
    task.add_done_callback(() => dialog.log.push('second'));
    dialog.runUntilOver('open 1', 'close', 'second');
    dialog.assertWentOn();
    assert(dialog.inside.steps > POLLS / 3, `${dialog.inside.steps} steps`);
});

test('from-a-call', loop => {
    const dialog = new Dialog(loop);

    loop.call_later(MSEC, () => dialog.show());
    dialog.runUntilOver('open 1', 'close');
    dialog.assertWentOn();
    assert(dialog.inside.steps > POLLS / 3, `${dialog.inside.steps} steps`);
});

// GJS continues one async function at a time: the others continue after this one
test('from-an-async-function', loop => {
    const dialog = new Dialog(loop);
    const open = async () => {
        await loop.sleep(MSEC, null);
        dialog.show();
        await loop.sleep(MSEC, null);
        dialog.log.push('goes on');
    };

    open().catch(logError);
    dialog.runUntilOver('open 1', 'close', 'goes on');
    dialog.assertWentOn();
    assertEqual(dialog.inside.steps, 0);
    assert(dialog.steps > 0);
});

test('from-a-call-that-an-async-function-awaits', loop => {
    const dialog = new Dialog(loop);
    const open = async () => {
        await loop.sleep(MSEC, null);
        await new Promise(resolve => loop.call_soon(() => resolve(dialog.show())));
        dialog.log.push('goes on');
    };

    open().catch(logError);
    dialog.runUntilOver('open 1', 'close', 'goes on');
    dialog.assertWentOn();
    assert(dialog.inside.steps > POLLS / 3, `${dialog.inside.steps} steps`);
});

// If nothing may run inside, nothing spins

function testFrozen(dialog, show) {
    dialog.isFrozen = true;
    dialog.loop.call_later(MSEC, show);
    dialog.runUntilOver('open 1', 'close');
    assertEqual(dialog.inside, {ticks: 0, steps: 0, turns: []});
}

test('nesting-is-off', loop => {
    const dialog = new Dialog(loop);

    loop.allow_nesting = false;
    testFrozen(dialog, () => dialog.show());
});

test('region-without-callbacks', loop => {
    const dialog = new Dialog(loop);

    testFrozen(dialog, () => {
        loop.begin_region('modal', Pillion.RegionFlags.NO_CALLBACKS);
        dialog.show();
        loop.end_region('modal');
    });
});

runTests();
