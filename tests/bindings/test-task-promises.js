// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Tasks as promises, as gir/gjs/overrides/Pillion.js makes them. PILLION_TEST_URL is the address of tests/loopback.py's server.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Pillion from 'gi://Pillion?version=1';
import PillionHttp from 'gi://PillionHttp?version=1';
import System from 'system';

import {assert, assertEqual, assertFails, kickUntil, kickUntilDone, kickUntilSettled, runTests, test} from './support.js';

const URL = GLib.getenv('PILLION_TEST_URL');
const MSEC = GLib.TIME_SPAN_MILLISECOND;
const SECOND = GLib.TIME_SPAN_SECOND;

const failure = text => new GLib.Error(Pillion.error_quark(), Pillion.Error.FAILED, text);

function make(loop, result) {
    const task = Pillion.Task.new(loop, 'made', null);
    if (result instanceof GLib.Error)
        task.return_error(result);
    else if (result !== undefined)
        task.return_int(result);
    return task;
}

async function assertRejects(domain, code, promise) {
    try {
        await promise;
    } catch (error) {
        return assertFails(domain, code, () => {
            throw error;
        });
    }
    throw new Error('did not fail');
}

// Returns what another GJS, which runs the script, has written to stderr
function runOther(script) {
    const launcher = new Gio.SubprocessLauncher({flags: Gio.SubprocessFlags.STDERR_PIPE | Gio.SubprocessFlags.STDOUT_SILENCE});
    launcher.setenv('G_DEBUG', '', true);
    const process = launcher.spawnv(['gjs', '-c', script]);
    const [, , text] = process.communicate_utf8(null, null);
    assert(process.get_successful(), text);
    return text;
}

// Results

test('results', loop => {
    const file = Gio.File.new_for_path('/');
    const value = (type, set, content) => {
        const made = new GObject.Value();
        made.init(type);
        made[set](content);
        return made;
    };
    const finish = (name, content) => {
        const task = make(loop);
        task[name](content);
        return task;
    };
    async function work() {
        for (const later of [false, true]) {
            const result = async (name, content) => {
                if (!later)
                    return finish(name, content);
                const task = make(loop);
                loop.call_soon(() => task[name](content));
                return task;
            };
            for (const [name, content] of [['boolean', true], ['boolean', false], ['int', -42], ['double', 2.5],
                ['string', 'grüße'], ['string', ''], ['object', file]])
                assert(await result(`return_${name}`, content) === content, `${name} ${content} ${later}`);
            for (const name of ['string', 'bytes', 'variant', 'object', 'value'])
                assert(await result(`return_${name}`, null) === null, `${name} null`);

            const bytes = await result('return_bytes', new GLib.Bytes(new Uint8Array([1, 0, 2])));
            assert(bytes instanceof GLib.Bytes);
            assertEqual(Array.from(bytes.toArray()), [1, 0, 2]);
            const variant = await result('return_variant', new GLib.Variant('(si)', ['x', 1]));
            assert(variant instanceof GLib.Variant);
            assertEqual(variant.deepUnpack(), ['x', 1]);
            assertEqual((await result('return_value', GLib.DateTime.new_from_unix_utc(7))).to_unix(), 7);
            assertEqual(await result('return_value', value(GObject.TYPE_UINT, 'set_uint', 3)), 3);
        }
    }
    kickUntilSettled(loop, work());
});

test('results/outlive-their-task', loop => {
    async function work() {
        const kept = [];
        for (let i = 0; i < 200; i++) {
            const task = make(loop);
            task.return_bytes(new GLib.Bytes(new Uint8Array([i])));
            kept.push(await task);
        }
        System.gc();
        await loop.sleep(0, null);
        System.gc();
        return kept.map(bytes => bytes.toArray()[0]);
    }
    assertEqual(kickUntilSettled(loop, work()), Array.from({length: 200}, (_, i) => i));
});

test('results/of-a-call-of-gio', loop => {
    const call = path => {
        const task = make(loop);
        Gio.File.new_for_path(path).load_contents_async(null, (source, result) => Pillion.Task.ready(source, result, task));
        return task;
    };
    async function work() {
        const result = await call('/etc/passwd');
        const [, contents] = result.get_source_object().load_contents_finish(result);
        assert(contents.length > 0);
        await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, call('/no/such/file'));
    }
    kickUntilSettled(loop, work());
});

// Errors

test('errors', loop => {
    loop.connect('unhandled-error', () => assert(false, 'somebody has looked'));
    async function work() {
        const task = make(loop, new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'gone'));
        const late = make(loop);
        loop.call_soon(() => late.return_error(failure('oh')));
        const error = await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, task);
        assertEqual(error.message, 'gone');
        await assertRejects(Pillion.Error, Pillion.Error.FAILED, late);
        await assertRejects(Pillion.Error, Pillion.Error.FAILED, late);
    }
    kickUntilSettled(loop, work());
    System.gc();
});

test('errors/of-http', loop => {
    const client = PillionHttp.Client.new(loop);
    async function work() {
        assertEqual(new TextDecoder().decode((await client.get_bytes(`${URL}/hello.txt`, null)).toArray()), 'Hello from loopback\n');
        await assertRejects(PillionHttp.StatusError, PillionHttp.StatusError.NOT_FOUND, client.get_bytes(`${URL}/missing`, null));
        await assertRejects(PillionHttp.status_error_quark(), 404, client.get_json(`${URL}/missing`, null));
        await assertRejects(PillionHttp.Error, PillionHttp.Error.INVALID_URL, client.get_bytes('no url', null));
    }
    kickUntilSettled(loop, work());
});

test('errors/nobody-awaits-the-function', () => {
    const told = runOther(`
        const {Gio, GLib, Pillion} = imports.gi;
        const loop = Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT);
        async function work() {
            const task = Pillion.Task.new(loop, 'bad', null);
            loop.call_soon(() => task.return_error(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'my error')));
            await task;
        }
        work();
        for (let i = 0; i < 10; i++) {
            loop.kick();
            imports.system.gc();
        }
        loop.close(GLib.TIME_SPAN_MINUTE);
    `);
    assertEqual(told.match(/Unhandled promise rejection/g)?.length, 1);
    assert(!told.includes('Pillion-'), told);
});

test('errors/nobody-awaits-the-task', () => {
    const told = runOther(`
        const {Gio, GLib, Pillion} = imports.gi;
        const loop = Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT);
        loop.connect('unhandled-error', (_loop, task, error) => printerr('unhandled', task.get_name(), error.message));
        (() => {
            const task = Pillion.Task.new(loop, 'bad', null);
            task.return_error(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'my error'));
        })();
        for (let i = 0; i < 10; i++) {
            loop.kick();
            imports.system.gc();
        }
        loop.close(GLib.TIME_SPAN_MINUTE);
    `);
    assert(told.includes('unhandled bad my error'), told);
    assert(!told.includes('promise'), told);
});

test('scope-starts-async-functions', loop => {
    const scope = Pillion.Scope.new(loop, 'scope');
    scope.cancel_on_error = false;
    const broken = new TypeError('broken');
    const object = {some: 'thing'};
    const tasks = [
        scope.start('async', async () => {
            await loop.sleep(1000, null);
            return object;
        }),
        scope.start('nothing', async () => {}),
        scope.start('task', () => loop.sleep(0, null)),
        scope.start('fails', async () => {
            await loop.sleep(0, null);
            throw broken;
        }),
        scope.start('throws', () => {
            throw broken;
        }),
        scope.start('cancelled', async cancellable => {
            await loop.sleep(3600 * SECOND, cancellable);
        }),
    ];
    async function work() {
        assert(await tasks[0] === object);
        assert(await tasks[1] === undefined);
        assert(await tasks[2] === true);
        for (const task of tasks.slice(3, 5)) {
            const error = await task.then(() => null, reason => reason);
            assert(error === broken, `${error}`);
        }
        tasks[5].cancel();
        await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, tasks[5]);
    }
    kickUntilSettled(loop, work());
    assert(scope.get_n_failed() === 2);
    scope.close(0);
});

test('cancelled', loop => {
    async function work() {
        const task = loop.sleep(3600 * SECOND, null);
        loop.call_soon(() => task.cancel());
        await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, task);
        const cancellable = new Gio.Cancellable();
        const other = loop.sleep(3600 * SECOND, cancellable);
        loop.call_soon(() => cancellable.cancel());
        await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, other);
        assertEqual(other.get_state(), Pillion.TaskState.CANCELLED);
    }
    kickUntilSettled(loop, work());
});

// Like promises

test('then-catch-finally', loop => {
    const seen = [];
    const note = (text, result) => value => {
        seen.push(`${text} ${value?.message ?? value}`);
        return result;
    };
    const good = make(loop);
    const bad = make(loop);
    const chains = [
        good.then(note('then', 'next')).then(note('and')),
        good.catch(note('catch')),
        good.finally(note('finally', 'is not taken')),
        good.then(),
        good.then(null, note('rejected')),
        bad.then(note('then'), note('rejected', 9)),
        bad.catch(note('catch', 9)),
        bad.then(note('then')).catch(note('caught', 9)),
        bad.finally(note('finally')).catch(note('and caught')),
    ];
    assert(chains.every(chain => chain instanceof Promise));
    loop.kick();
    assertEqual(seen, []);
    good.return_int(1);
    bad.return_error(failure('oh'));
    assertEqual(seen, []);
    assertEqual(kickUntilSettled(loop, Promise.all(chains)), [null, 1, 1, 1, 1, 9, 9, 9, null]);
    assertEqual(seen.sort(), ['and caught oh', 'and next', 'catch oh', 'caught oh', 'finally undefined', 'finally undefined',
        'rejected oh', 'then 1']);
});

test('never-inside-the-call', loop => {
    const seen = [];
    const task = make(loop);
    task.then(() => seen.push('pending'));
    loop.kick();
    task.return_int(1);
    task.then(() => seen.push('done'));
    assertEqual(seen, []);
    kickUntil(loop, () => seen.length === 2);
});

test('several-times-and-places', loop => {
    const task = make(loop);
    async function work() {
        return await task + await task;
    }
    const all = Promise.all([work(), work(), task, task.then(value => value * 10)]);
    loop.call_later(MSEC, () => task.return_int(2));
    assertEqual(kickUntilSettled(loop, all), [4, 4, 2, 20]);
    assertEqual(kickUntilSettled(loop, work()), 4);
});

test('sets-of-promises', loop => {
    const slow = make(loop);
    const sets = [
        Promise.all([make(loop, 1), loop.sleep(0, null), 3]),
        Promise.allSettled([make(loop, 1), make(loop, failure('oh'))]).then(all => all.map(each => each.value ?? each.reason.message)),
        Promise.any([make(loop, failure('oh')), make(loop, 2), slow]),
        Promise.race([slow, make(loop, 4)]),
        Promise.resolve(make(loop, 5)),
        assertRejects(Pillion.Error, Pillion.Error.FAILED, Promise.all([slow, make(loop, failure('oh'))])).then(() => 'rejected'),
    ];
    assertEqual(kickUntilSettled(loop, Promise.all(sets)), [[1, true, 3], [1, 'oh'], 2, 4, 5, 'rejected']);
    slow.return_int(0);
});

test('combinators', loop => {
    async function work() {
        const tasks = [make(loop, 1), loop.sleep(0, null)];
        assert(await Pillion.Task.all(loop, tasks));
        assertEqual(await make(loop, 1).and_then(task => make(loop, task.get_int() + 1)), 2);
        await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT, loop.sleep(3600 * SECOND, null).with_timeout(0));
    }
    kickUntilSettled(loop, work());
});

test('wait-async', loop => {
    async function work() {
        assert(await loop.sleep(0, null).wait_async(null));
        const cancellable = new Gio.Cancellable();
        const task = loop.sleep(3600 * SECOND, null);
        loop.call_soon(() => cancellable.cancel());
        await assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, task.wait_async(cancellable));
        assert(!task.is_cancelled());
        task.cancel();
    }
    kickUntilSettled(loop, work());
});

// Iterators

test('iterate/completions', loop => {
    async function work() {
        const tasks = [make(loop), make(loop, failure('oh')), make(loop, 3)];
        const completions = Pillion.Completions.new(loop, tasks);
        const seen = [];
        for await (const task of completions) {
            assert(task instanceof Pillion.Task && task.is_done());
            seen.push(tasks.indexOf(task));
            if (seen.length === 2)
                loop.call_soon(() => tasks[0].return_int(1));
        }
        assertEqual(seen, [1, 2, 0]);
        for await (const task of Pillion.Completions.new(loop, []))
            assert(false, task);

        // Awaiting it gives the outcome of the task that ended
        assertEqual(await Pillion.Completions.new(loop, [make(loop, 5)]).next(), 5);
        await assertRejects(Pillion.Error, Pillion.Error.FAILED, Pillion.Completions.new(loop, [make(loop, failure('oh'))]).next());
    }
    kickUntilSettled(loop, work());
});

test('iterate/queue', loop => {
    const queue = Pillion.Queue.new(loop, 2);
    const task = make(loop, 9);
    async function write() {
        for (let i = 0; i < 5; i++)
            await queue.put(i);
        await queue.put_object(task);
        queue.close();
    }
    async function read() {
        const seen = [];
        for await (const item of queue)
            seen.push(item === task ? 'the task' : item);
        for await (const item of queue)
            seen.push(item);
        return seen;
    }
    assertEqual(kickUntilSettled(loop, Promise.all([read(), write()]))[0], [0, 1, 2, 3, 4, 'the task']);
});

test('iterate/left-early', loop => {
    const queue = Pillion.Queue.new(loop, 0);
    async function read() {
        for await (const item of queue)
            return item;
    }
    for (let i = 0; i < 3; i++)
        queue.put(i);
    assertEqual(kickUntilSettled(loop, Promise.all([read(), read()])), [0, 1]);
    assertEqual(queue.get_length(), 1);
});

test('iterate/cancelled', loop => {
    const queue = Pillion.Queue.new(loop, 0);
    const reading = assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, queue[Symbol.asyncIterator]().next());
    loop.kick();
    loop.close(60 * SECOND);
    kickUntilSettledElsewhere(reading);
});

// Handles what is rejected already, in a loop that is not closed
function kickUntilSettledElsewhere(promise) {
    return kickUntilSettled(Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT), promise);
}

// Kicks

async function countUpTo(loop, n, log) {
    for (let i = 0; i < n; i++) {
        await (i % 2 ? make(loop, i) : loop.sleep(0, null));
        log.push(i);
    }
}

// Many awaits in a row that all can go on at once do so in one kick, which has the time
function kickOnce(loop, kick = () => loop.kick_until(loop.get_now() + 30 * SECOND)) {
    const log = [];
    kick(countUpTo(loop, 100, log));
    assertEqual(log.length, 100);
    assertEqual(loop.get_live_tasks(), 0);
}

test('kick/default-context', loop => kickOnce(loop));

test('kick/from-a-timer-of-the-context', loop => {
    let done = false;
    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
        kickOnce(loop);
        done = true;
        return GLib.SOURCE_REMOVE;
    });
    while (!done)
        GLib.MainContext.default().iteration(true);
});

test('test-host/continuation-that-starts-work-after-the-hook-went', () => {
    const loop = Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT);
    const host = Pillion.TestHost.new();
    let naps = 0;

    async function nap() {
        await null; // so that a continuation starts the sleep
        await loop.sleep(SECOND, null);
        naps++;
    }

    try {
        loop.ensure(host);
        for (let round = 1; round <= 3; round++) {
            nap().catch(logError);
            host.advance(2 * SECOND);
            assertEqual(naps, round);
            assert(!loop.is_riding());
        }
    } finally {
        loop.close(60 * SECOND);
    }
});

for (const [name, kick] of [
    ['kick', loop => loop.kick_until(loop.get_now() + 30 * SECOND)],
    ['run-until-complete', (loop, counting) => {
        const counted = make(loop);
        counting.then(() => counted.return_int(100));
        assert(loop.run_until_complete(counted));
        loop.kick();
    }],
    ['test-host', loop => {
        const host = Pillion.TestHost.new();
        loop.ensure(host);
        host.run_until_idle();
    }],
    ['tick-host', loop => {
        const host = Pillion.TickHost.new('frames', 1000);
        loop.ensure(host);
        loop.hold();
        loop.budget_usec = 30 * SECOND;
        host.run(2);
        loop.release();
    }],
]) {
    test(`kick/private-context/${name}`, () => {
        const loop = Pillion.Loop.new(null, Pillion.LoopFlags.PRIVATE_CONTEXT);
        let called = false;
        const id = GLib.idle_add(GLib.PRIORITY_HIGH, () => (called = true));
        try {
            kickOnce(loop, counting => kick(loop, counting));
            assert(!called, 'what others have on the default context is theirs');
        } finally {
            GLib.source_remove(id);
            loop.close(60 * SECOND);
        }
    });
}

test('kick/says-whether-more-are-wanted', () => {
    for (const kick of [loop => loop.kick(), loop => loop.kick_until(0)[0]]) {
        const loop = Pillion.Loop.new(null, Pillion.LoopFlags.PRIVATE_CONTEXT);
        const slept = [];
        let begin;
        new Promise(resolve => (begin = resolve)).then(() => countUpTo(loop, 4, slept));
        loop.call_soon(begin);
        while (kick(loop))
            GLib.usleep(100);
        assertEqual(slept, [0, 1, 2, 3]);
        loop.close(60 * SECOND);
    }
});

test('kick/is-not-held-up', loop => {
    const task = make(loop, 1);
    let kicks = 0;
    let awaits = 0;
    async function work() {
        while (kicks < 3) {
            await task;
            awaits++;
        }
    }
    const working = work();
    while (kicks < 3) {
        loop.kick();
        kicks++;
    }
    kickUntilSettled(loop, working);
    assert(awaits > 3);
});

test('kick/out-of-a-continuation', loop => {
    async function work() {
        const log = [];
        await loop.sleep(0, null);
        const task = loop.sleep(0, null);
        task.then(() => log.push('other'));
        // It can't continue another one before this one has finished
        assert(loop.run_until_complete(task));
        assertEqual(log, []);
        await task;
        assertEqual(log, ['other']);
    }
    kickUntilSettled(loop, work());
});

test('kick/nobody-has-to', loop => {
    const done = make(loop, 1);
    loop.run_until_complete(loop.sleep(0, null));
    let value = null;
    done.then(result => (value = result));
    while (value === null)
        GLib.MainContext.default().iteration(true);
    assertEqual(value, 1);
});

test('safe-points', loop => {
    const seen = [];
    const task = make(loop);
    task.set_safe_point(true);
    task.then(() => seen.push('then'));
    loop.kick();
    loop.begin_region('undo', Pillion.RegionFlags.NO_DESTRUCTIVE);
    task.return_int(1);
    task.then(() => seen.push('done'));
    for (let i = 0; i < 10; i++)
        loop.kick();
    assertEqual(seen, []);
    loop.end_region('undo');
    kickUntil(loop, () => seen.length === 2);
});

// Closing

test('close/leaves-nobody-waiting', loop => {
    const task = Pillion.Task.new(loop, 'stubborn', null);
    const waiting = assertRejects(Pillion.Error, Pillion.Error.CLOSED, task);
    loop.kick();
    assertFails(Pillion.Error, Pillion.Error.LEFT_BEHIND, () => loop.close(0));
    assert(kickUntilSettledElsewhere(waiting).message.includes('stubborn'));
    assert(task.return_if_cancelled());
    kickUntilSettledElsewhere(assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, task));
});

test('close/before-the-await', loop => {
    const done = make(loop, 1);
    const pending = make(loop);
    assertFails(Pillion.Error, Pillion.Error.LEFT_BEHIND, () => loop.close(0));
    assertEqual(kickUntilSettledElsewhere(done.then()), 1);
    kickUntilSettledElsewhere(assertRejects(Pillion.Error, Pillion.Error.CLOSED, pending));
    kickUntilSettledElsewhere(assertRejects(Pillion.Error, Pillion.Error.CLOSED, make(loop)));
    assert(pending.return_if_cancelled());
});

test('close/continues-what-it-cancels', loop => {
    let cleaned = false;
    async function work() {
        try {
            await loop.sleep(3600 * SECOND, null);
        } finally {
            cleaned = true;
        }
    }
    const working = assertRejects(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, work());
    loop.kick();
    loop.close(60 * SECOND);
    assert(cleaned);
    kickUntilSettledElsewhere(working);
});

// A garbage collection that takes several slices makes GJS drop calls

test('test-server/handlers', loop => {
    const server = PillionHttp.TestServer.new(loop);
    const client = PillionHttp.Client.new(loop);
    const get = path => kickUntilSettled(loop, client.get_bytes(server.get_url() + path, null));
    const text = bytes => new TextDecoder().decode(bytes.toArray());

    server.add_handler('/plain', exchange => {
        exchange.set_text(`${exchange.get_method()} ${exchange.get_query()}`, null);
    });
    server.add_handler('/waiting', async exchange => {
        await loop.sleep(MSEC, null);
        exchange.set_text('late', null);
    });
    server.add_handler('/failing', () => Promise.reject(failure('no')));
    server.add_handler('/throwing', () => {
        throw failure('no');
    });

    assertEqual(text(get('/plain?a=b')), 'GET a=b');
    assertEqual(text(get('/waiting')), 'late');
    for (const path of ['/failing', '/throwing'])
        assertFails(PillionHttp.status_error_quark(), 500, () => get(path));
    assertEqual(server.get_n_requests(null), 4);
    server.close();
});

test('test-transport/handlers', loop => {
    const transport = PillionHttp.TestTransport.new(loop);
    const client = new PillionHttp.Client({loop, transport});

    transport.add_handler('https://example.org/waiting', async exchange => {
        await loop.sleep(MSEC, null);
        exchange.set_text('late', null);
    });
    const bytes = kickUntilSettled(loop, client.get_bytes('https://example.org/waiting', null));
    assertEqual(new TextDecoder().decode(bytes.toArray()), 'late');
    assertFails(PillionHttp.status_error_quark(), 404,
        () => kickUntilSettled(loop, client.get_bytes('https://example.org/', null)));
    assertEqual(transport.get_n_requests('/waiting'), 1);
});

test('test-transport/web-socket', loop => {
    const server = PillionHttp.TestServer.new(loop);
    const transport = PillionHttp.TestTransport.new(loop);
    const clients = [
        [server, PillionHttp.Client.new(loop), server.get_url()],
        [transport, new PillionHttp.Client({loop, transport}), 'https://example.org'],
    ];

    for (const [routes, client, url] of clients) {
        routes.add_handler('/echo', async exchange => {
            const socket = exchange.accept_web_socket(null);
            for await (const message of socket)
                await socket.send(message);
        });
        routes.add_handler('/cut', async exchange => {
            await exchange.accept_web_socket(null).send('last');
            exchange.cut(0);
        });
        const talk = async () => {
            const socket = await client.open_web_socket(PillionHttp.Request.new('GET', `${url}/echo`), null, null);
            const iterator = socket[Symbol.asyncIterator]();
            await socket.send('hello');
            const {value} = await iterator.next();
            await socket.close(1000, null, null);
            return [value, socket.get_close_code()];
        };
        const listen = async () => {
            const socket = await client.open_web_socket(PillionHttp.Request.new('GET', `${url}/cut`), null, null);
            for await (const message of socket)
                assertEqual(message, 'last');
        };

        assertEqual(kickUntilSettled(loop, talk()), ['hello', 1000]);
        assertFails(PillionHttp.error_quark(), PillionHttp.Error.TRUNCATED, () => kickUntilSettled(loop, listen()));
    }
    server.close();
});

test('lost-calls', () => {
    runOther(`
        const {GLib, Pillion} = imports.gi;
        const loop = Pillion.Loop.new(null, Pillion.LoopFlags.DEFAULT);
        let done = 0;
        async function work() {
            for (let round = 0; round < 3; round++) {
                const tasks = [];
                for (let i = 0; i < 10000; i++)
                    tasks.push(loop.sleep(0, null));
                await Promise.all(tasks);
                done++;
            }
        }
        work();
        const end = GLib.get_monotonic_time() + 60 * GLib.TIME_SPAN_SECOND;
        while (done < 3 && GLib.get_monotonic_time() < end)
            loop.kick();
        imports.system.exit(done === 3 ? 0 : 1);
    `);
});

test('tasks-that-nobody-awaits', loop => {
    for (let i = 0; i < 10; i++)
        loop.sleep(0, null);
    kickUntilDone(loop);
});

runTests();
