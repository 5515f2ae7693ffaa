// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The whole API as a newcomer uses it from GJS. PILLION_TEST_URL is the address of tests/loopback.py's server.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Json from 'gi://Json?version=1.0';
import Pillion from 'gi://Pillion?version=1';
import PillionHttp from 'gi://PillionHttp?version=1';
import System from 'system';

import {assert, assertEqual, assertFails, kickUntil, kickUntilDone, kickUntilSettled, runTests, test} from './support.js';

Gio._promisify(Pillion.Task.prototype, 'wait_async', 'wait_finish');

const URL = GLib.getenv('PILLION_TEST_URL');
const SHA256 = GLib.getenv('PILLION_TEST_SHA256');
const MSEC = 1000;
const SECOND = 1000 * MSEC;

test('loop/new', loop => {
    assert(loop.get_context() !== null);
    assert(!loop.is_riding() && !loop.is_passenger() && !loop.is_closed());
    assertEqual(loop.get_live_tasks(), 0);
    assert(loop.get_host() === null);
    assert(Pillion.Loop.get_default() === Pillion.Loop.get_default());
});

test('loop/calls', loop => {
    const called = [];
    loop.call_later(2 * MSEC, () => called.push('later'));
    const cancelled = loop.call_soon(() => called.push('cancelled'));
    loop.call_soon(() => called.push('soon'));
    loop.call_soon_threadsafe(() => called.push('threadsafe'));
    assert(loop.cancel_call(cancelled));
    assertEqual(called, []);
    kickUntil(loop, () => called.length === 3);
    assertEqual(called, ['soon', 'threadsafe', 'later']);
});

test('loop/report', loop => {
    for (let i = 0; i < 100; i++)
        loop.call_soon(() => {});
    const [more, report] = loop.kick_until(loop.get_now() + 60 * SECOND);
    assert(report.items >= 100);
    assertEqual([more, report.more_ready, report.refused], [false, false, false]);
    assert(report.duration_usec >= 0 && report.overshoot_usec === 0 && report.slowest_usec >= 0);
    assert(typeof report.get_slowest_name() === 'string');

    let inner = null;
    loop.call_soon(() => ([, inner] = loop.kick_until(0)));
    loop.kick();
    assertEqual([inner.depth, inner.refused], [1, false]);
});

test('loop/properties', loop => {
    loop.budget_usec = 5000;
    assertEqual(loop.get_budget_usec(), 5000);
    loop.budget_mode = Pillion.BudgetMode.AUTOMATIC;
    assertEqual(loop.get_budget_mode(), Pillion.BudgetMode.AUTOMATIC);
    loop.slow_threshold_usec = 7000;
    assertEqual(loop.get_slow_threshold_usec(), 7000);
    loop.max_workers = 2;
    assertEqual(loop.get_max_workers(), 2);
    loop.auto_stop = false;
    assert(!loop.get_auto_stop());
    assert(loop.get_fd() >= -1);
    assert(loop.get_deadline() >= -1);
});

test('loop/hold', loop => {
    const host = Pillion.TestHost.new();
    loop.ensure(host);
    loop.hold();
    host.run_until_idle();
    assert(loop.is_riding());
    loop.release();
    host.run_until_idle();
    assert(!loop.is_riding());
});

test('loop/signals', loop => {
    const seen = [];
    loop.slow_threshold_usec = 60 * SECOND;
    loop.connect('task-added', (_loop, task) => seen.push(`added ${task.get_name()}`));
    loop.connect('task-done', (_loop, task) => seen.push(`done ${task.get_name()}`));
    loop.connect('slow-callback', (_loop, name, usec) => seen.push(usec >= 1000));
    const task = Pillion.Task.new(loop, 'watched', null);
    task.return_boolean(true);
    kickUntilDone(loop, task);
    loop.slow_threshold_usec = 1;
    loop.call_soon(() => GLib.usleep(MSEC));
    loop.kick();
    assertEqual(seen, ['added watched', 'done watched', true]);
});

test('loop/unhandled-error', loop => {
    const seen = [];
    loop.connect('unhandled-error', (_loop, task, error) => seen.push([task.get_name(), error.message]));
    (() => {
        const task = Pillion.Task.new(loop, 'forgotten', null);
        task.return_error(new GLib.Error(Pillion.error_quark(), Pillion.Error.FAILED, 'oh'));
    })();
    kickUntil(loop, () => {
        System.gc();
        return seen.length > 0;
    });
    assertEqual(seen, [['forgotten', 'oh']]);
});

test('loop/close', loop => {
    const task = Pillion.Task.new(loop, 'stubborn', null);
    const error = assertFails(Pillion.Error, Pillion.Error.LEFT_BEHIND, () => loop.close(0));
    assert(error.message.includes('stubborn'));
    assert(loop.is_closed() && task.is_cancelled());
    assert(task.return_if_cancelled());
});

test('host/callback', loop => {
    const log = [];
    const hooks = new Set();
    const host = Pillion.CallbackHost.new('gjs-host');
    host.set_install(rider => {
        log.push('install');
        hooks.add(rider);
    });
    host.set_remove(rider => {
        log.push('remove');
        hooks.delete(rider);
    });
    host.set_wake(() => {});
    assertEqual(host.get_name(), 'gjs-host');
    assert(host.get_now() > 0);

    loop.ensure(host);
    loop.ensure(host);
    assertEqual(log, ['install']);
    assert(Pillion.Loop.find_by_name('gjs-host') === loop);
    assert(loop.get_host() === host);
    const task = loop.sleep(2 * MSEC, null);
    kickUntil(loop, () => hooks.size === 0);
    assert(task.is_done());
    assertEqual(log, ['install', 'remove']);

    loop.ensure(host);
    assert(Pillion.Loop.stop_by_name('gjs-host'));
    assert(!Pillion.Loop.stop_by_name('gjs-host'));
    assertEqual(hooks.size, 0);
});

const JsHost = GObject.registerClass({Implements: [Pillion.Host]}, class JsHost extends GObject.Object {
    vfunc_get_name() {
        return 'a class';
    }

    vfunc_install(loop) {
        this.rider = loop;
        return true;
    }

    vfunc_remove(_loop) {
        this.rider = null;
    }
});

test('host/class', loop => {
    const host = new JsHost();
    loop.ensure(host);
    const task = loop.sleep(MSEC, null);
    kickUntil(loop, () => host.rider === null);
    assert(task.is_done());
});

test('host/tick', loop => {
    const host = Pillion.TickHost.new('frames', 500);
    host.set_work_usec(100);
    host.add_stall(2, 2 * MSEC);
    assertEqual([host.get_rate(), host.get_work_usec()], [500, 100]);
    let frames = 0;
    host.connect('frame', () => frames++);
    loop.ensure(host);
    const task = loop.sleep(10 * MSEC, null);
    task.add_done_callback(() => host.quit());
    const count = host.run(500);
    assert(task.is_done());
    assertEqual([frames, host.get_frames()], [count, count]);
    assertEqual(host.get_kick_times().length, count);
    assert(host.get_frame_times().length >= count - 1);
    assert(host.get_late_frames() <= count);
});

test('loop/frames', loop => {
    let rounds = 0;
    loop.budget_usec = 60 * SECOND; // however slow the machine is

    async function move() {
        for (let i = 0; i < 10; i++) {
            assert(await loop.next_frame());
            rounds++;
        }
    }

    let failure = null;
    move().catch(error => (failure = error));
    for (let i = 1; i <= 10; i++) {
        loop.kick();
        assertEqual(rounds, i);
    }
    assert(failure === null);
});

test('host/glib', loop => {
    const context = GLib.MainContext.new();
    const host = Pillion.GlibHost.new('glib', context);
    assert(host.get_context() !== null);
    loop.ensure(host);
    const task = loop.sleep(MSEC, null);
    while (!task.is_done())
        context.iteration(true);
    loop.stop();
});

test('host/virtual-clock', loop => {
    const host = Pillion.TestHost.new();
    loop.ensure(host);
    const start = host.get_now();
    let fired = false;
    loop.call_later(3600 * SECOND, () => (fired = true));
    host.advance(3600 * SECOND - 1);
    assert(!fired);
    host.advance(1);
    assert(fired);
    loop.sleep(3600 * SECOND, null);
    host.run_until_idle();
    assertEqual(host.get_now() - start, 7200 * SECOND);
});

test('task/results', loop => {
    const make = () => Pillion.Task.new(loop, 'result', null);
    const results = {
        boolean: true, int: -42, double: 2.5, string: 'grüße', object: Gio.File.new_for_path('/'),
    };
    for (const [kind, value] of Object.entries(results)) {
        const task = make();
        task[`return_${kind}`](value);
        assert(task[`get_${kind}`]() === value, kind);
        assert(task[`get_${kind}`]() === value, `${kind} again`);
        assertEqual(task.get_state(), Pillion.TaskState.SUCCEEDED);
    }
    let task = make();
    task.return_bytes(new GLib.Bytes(new Uint8Array([1, 0, 2])));
    assertEqual(Array.from(task.get_bytes().toArray()), [1, 0, 2]);
    task = make();
    task.return_variant(new GLib.Variant('(si)', ['x', 1]));
    assertEqual(task.get_variant().deepUnpack(), ['x', 1]);
    kickUntilDone(loop);
});

test('task/errors', loop => {
    const task = Pillion.Task.new(loop, 'bad', null);
    assertFails(Pillion.Error, Pillion.Error.NOT_DONE, () => task.get_int());
    task.return_error(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'gone'));
    assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, () => task.get_int());
    assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, () => task.check());
    assertEqual(task.get_state(), Pillion.TaskState.FAILED);
    const other = Pillion.Task.new(loop, 'int', null);
    other.return_int(1);
    assertFails(Pillion.Error, Pillion.Error.WRONG_TYPE, () => other.get_string());
    kickUntilDone(loop, task, other);
});

test('task/done-callbacks', loop => {
    const called = [];
    const task = Pillion.Task.new(loop, 'ordered', null);
    task.add_done_callback(() => called.push('first'));
    const removed = task.add_done_callback(() => called.push('removed'));
    task.add_done_callback(() => called.push('second'));
    assert(task.remove_done_callback(removed));
    task.return_boolean(true);
    assertEqual(called, []);
    kickUntilDone(loop, task);
    assertEqual(called, ['first', 'second']);
});

test('task/cancel', loop => {
    const cancellable = new Gio.Cancellable();
    const slept = loop.sleep(3600 * SECOND, cancellable);
    const task = Pillion.Task.new(loop, 'long', null);
    cancellable.cancel();
    task.cancel();
    assert(task.is_cancelled() && !task.is_done());
    assert(task.get_cancellable().is_cancelled());
    assert(task.return_if_cancelled());
    assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, () => task.check());
    kickUntilDone(loop, slept, task);
    assertEqual(slept.get_state(), Pillion.TaskState.CANCELLED);
});

test('task/progress', loop => {
    const task = Pillion.Task.new(loop, 'counting', null);
    const seen = [];
    task.connect('progress', () => seen.push([task.get_completed(), task.get_total()]));
    task.set_unit('files');
    task.set_message('one by one');
    task.set_progress(1, 3);
    task.set_progress(2, 3);
    loop.kick();
    assertEqual(seen, [[2, 3]]);
    assertEqual([task.get_unit(), task.dup_message()], ['files', 'one by one']);
    assert(task.get_rate() >= 0);
    task.return_boolean(true);
    kickUntilDone(loop, task);
});

test('task/names', loop => {
    const task = Pillion.Task.new(loop, 'first', null);
    task.set_name('second');
    task.set_site('test-pillion.js:1');
    assertEqual([task.get_name(), task.get_site()], ['second', 'test-pillion.js:1']);
    assert(task.get_loop() === loop);
    task.return_boolean(true);
    kickUntilDone(loop, task);
});

test('task/any-gio-call', loop => {
    const file = Gio.File.new_for_path('/etc/passwd');
    const task = Pillion.Task.new(loop, 'load', null);
    file.load_contents_async(task.get_cancellable(), (source, result) => Pillion.Task.ready(source, result, task));
    kickUntilDone(loop, task);
    const [ok, contents] = file.load_contents_finish(task.get_async_result());
    assert(ok && contents.length > 0);
});

test('task/await', loop => {
    const order = [];
    async function work() {
        for (let i = 0; i < 3; i++) {
            await loop.sleep(MSEC, null).wait_async(null);
            order.push(i);
        }
        return 'done';
    }
    assertEqual(kickUntilSettled(loop, work()), 'done');
    assertEqual(order, [0, 1, 2]);
});

test('task/await-failure', loop => {
    const task = Pillion.Task.new(loop, 'bad', null);
    loop.call_later(MSEC, () => task.return_error(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'gone')));
    assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, () => kickUntilSettled(loop, task.wait_async(null)));
});

test('task/await-many', loop => {
    const tasks = [3, 1, 2].map(msec => loop.sleep(msec * MSEC, null));
    assertEqual(kickUntilSettled(loop, Promise.all(tasks.map(task => task.wait_async(null)))), [true, true, true]);
});

test('task/run-until-complete', loop => {
    const task = loop.sleep(MSEC, null);
    assert(loop.run_until_complete(task));
    assert(task.is_done());
});

test('scope', loop => {
    const scope = Pillion.Scope.new(loop, 'addon');
    assertFails(Pillion.Error, Pillion.Error.NAME_TAKEN, () => Pillion.Scope.new(loop, 'addon'));
    const child = Pillion.Scope.new_child(scope, 'previews');
    assert(Pillion.Scope.find(loop, 'addon/previews') === child);
    assert(scope.get_children().length === 1 && scope.get_children()[0] === child);
    scope.limit = 1;
    scope.cancel_on_error = false;
    const begun = [];
    const tasks = [0, 1, 2].map(number => scope.start('work', () => {
        begun.push(number);
        return number < 2 ? loop.sleep(0, null) : null;
    }));
    async function work() {
        await scope.join().wait_async(null);
        return scope.take_failed();
    }
    const failed = kickUntilSettled(loop, work());
    assertEqual(begun, [0, 1, 2]);
    assert(failed.length === 1 && failed[0] === tasks[2]);

    const stuck = Pillion.Task.new(loop, 'stuck', null);
    child.add(stuck);
    const error = assertFails(Pillion.Error, Pillion.Error.LEFT_BEHIND, () => scope.close(1000));
    assert(error.message.includes('stuck'));
    stuck.return_boolean(true);
});

test('semaphore-queue-event', loop => {
    const semaphore = Pillion.Semaphore.new(loop, 1);
    const queue = Pillion.Queue.new(loop, 1);
    const event = Pillion.Event.new(loop);
    const order = [];
    async function worker(name) {
        const permit = semaphore.acquire();
        await permit.wait_async(null);
        order.push(name);
        semaphore.release();
    }
    async function reader() {
        const get = queue.get();
        await get.wait_async(null);
        await event.wait().wait_async(null);
        return get.get_int();
    }
    const value = new GObject.Value();
    value.init(GObject.TYPE_INT);
    value.set_int(3);
    const reading = reader();
    queue.put(value);
    event.set();
    assertEqual(kickUntilSettled(loop, reading), 3);
    kickUntilSettled(loop, Promise.all([worker('a'), worker('b'), worker('c')]));
    assertEqual(order, ['a', 'b', 'c']);
    queue.close();
    assertFails(Pillion.Error, Pillion.Error.CLOSED, () => queue.get().get_int());
});

test('regions', loop => {
    const called = [];
    loop.begin_region('render', Pillion.RegionFlags.NO_CALLBACKS);
    loop.call_at_safe_point(() => called.push('safe'));
    const [wanted, report] = loop.kick_until(0);
    assert(wanted && report.held && called.length === 0);
    loop.end_region('render');
    kickUntil(loop, () => called.length === 1);
    assertFails(Pillion.Error, Pillion.Error.OVER_RELEASED, () => loop.end_region('render'));
});

test('http/send', loop => {
    const client = PillionHttp.Client.new(loop);
    client.set_base_url(`${URL}/`);
    client.set_header('X-Test', '1');
    const request = PillionHttp.Request.new('GET', 'hello.txt');
    request.add_parameter('a', 'b c');
    request.set_header('Accept', 'text/plain');
    request.priority = PillionHttp.Priority.HIGH;
    request.total_timeout_usec = 60000000;
    const task = client.send(request, null);
    kickUntilDone(loop, task);
    const response = task.get_object();
    assert(response instanceof PillionHttp.Response);
    assertEqual([response.status, response.dup_text(), response.url, response.get_history().length],
        [200, 'Hello from loopback\n', `${URL}/hello.txt?a=b%20c`, 0]);
    assert(response.get_elapsed(PillionHttp.Phase.BODY) > 0);
    assertEqual([response.reason, response.http_version, response.get_header('Content-Type'), response.peer.get_port()],
        ['OK', '1.1', 'text/plain', Number(URL.split(':').pop())]);

    const opened = client.open(request, null);
    kickUntilDone(loop, opened);
    const stream = opened.get_object();
    const read = stream.read(5, null);
    kickUntilDone(loop, read);
    assertEqual(read.get_bytes().get_size(), 5);
    stream.close();

    const missing = PillionHttp.Request.new('GET', 'missing');
    missing.accept_statuses(200, 999);
    const second = client.send(missing, null);
    kickUntilDone(loop, second);
    assertEqual(second.get_object().get_status(), 404);
});

test('http/cookies-and-connections', loop => {
    const server = PillionHttp.TestServer.new(loop);
    server.add_handler('/', exchange => {
        exchange.add_header('Set-Cookie', 'a=1; Path=/');
        exchange.set_text(exchange.get_header('Cookie') ?? 'none', null);
    });

    const jar = new PillionHttp.CookieJar();
    const client = new PillionHttp.Client({
        loop, cookie_jar: jar, rate_limit: 1000000, http2: false, insecure: true,
        pinned_keys: ['sha256//vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTTo='],
        local_address: Gio.InetSocketAddress.new_from_string('127.0.0.1', 0),
    });
    const get = () => {
        const call = client.get_bytes(`${server.get_url()}/`, null);
        kickUntilDone(loop, call);
        return new TextDecoder().decode(call.get_bytes().toArray());
    };
    assertEqual(get(), 'none');
    assertEqual(get(), 'a=1');
    const [cookie] = jar.list(null);
    assertEqual([cookie.name, cookie.value, cookie.domain, cookie.host_only], ['a', '1', '127.0.0.1', true]);
    assert(jar.remove(cookie));
    assertEqual(get(), 'none');
    jar.add(PillionHttp.Cookie.new('b', '2', '127.0.0.1', null));
    assertEqual(get(), 'a=1; b=2');
    jar.clear();
    assertEqual(jar.list(null), []);
    assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_COOKIE, () => jar.add(PillionHttp.Cookie.new('a', '1', '.com', null)));
    assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, () => client.load_authorities(Gio.File.new_for_path('/nowhere/ca.pem')));
    assertFails(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND, () => client.load_certificate(Gio.File.new_for_path('/nowhere/c.pem'), null));

    client.pinned_keys = ['no pin'];
    assertFails(PillionHttp.error_quark(), PillionHttp.Error.INVALID_SETTING, get);
    server.close();
});

// GJS alone would take all of these for the first member
test('enumerations', loop => {
    const client = PillionHttp.Client.new(loop);
    const {KEEP, REFUSE, UNIQUIFY} = PillionHttp.NameConflict;
    const refuses = func => {
        try {
            func();
        } catch (error) {
            assert(error instanceof TypeError, error);
            assert(error.message.includes('is a member of Pillion'), error.message);
            return;
        }
        assert(false, `${func} was accepted`);
    };

    for (const value of ['keep', '2', null, undefined, NaN, 1.5, {}]) {
        refuses(() => (client.name_conflict = value));
        refuses(() => (client.nameConflict = value));
        refuses(() => (client['name-conflict'] = value));
        refuses(() => client.set_name_conflict(value));
        refuses(() => new PillionHttp.Client({loop, name_conflict: value}));
        refuses(() => new PillionHttp.Client({loop, nameConflict: value}));
        refuses(() => (new PillionHttp.DownloadOptions().name_conflict = value));
        refuses(() => (PillionHttp.Request.new('GET', URL).cache_mode = value));
        refuses(() => (loop.budget_mode = value));
        refuses(() => loop.set_budget_mode(value));
    }
    assertEqual(client.name_conflict, UNIQUIFY);
    client.name_conflict = KEEP;
    assertEqual([client.name_conflict, client.nameConflict, client['name-conflict']], [KEEP, KEEP, KEEP]);
    client.set_name_conflict(REFUSE);
    assertEqual(client.get_name_conflict(), REFUSE);
    assertEqual(new PillionHttp.Client({loop, name_conflict: KEEP}).name_conflict, KEEP);
});

test('http/cache', loop => {
    const path = GLib.dir_make_tmp('pillion-cache-XXXXXX');
    const server = PillionHttp.TestServer.new(loop);
    let requests = 0;
    server.add_handler('/', exchange => {
        requests++;
        exchange.add_header('Cache-Control', 'max-age=10000');
        exchange.set_text(`${requests}`, null);
    });

    const cache = PillionHttp.Cache.new(path);
    const client = new PillionHttp.Client({loop, cache});
    const url = `${server.get_url()}/`;
    const await_ = task => {
        kickUntilDone(loop, task);
        task.check();
        return task;
    };
    const get = mode => {
        const request = PillionHttp.Request.new('GET', url);
        request.cache_mode = mode;
        const response = await_(client.send(request, null)).get_object();
        return [response.dup_text(), response.from_cache, response];
    };
    const {DEFAULT, RELOAD, ONLY_IF_CACHED} = PillionHttp.CacheMode;

    assertEqual(cache.path, path);
    assertFails(PillionHttp.error_quark(), PillionHttp.Error.NOT_CACHED, () => get(ONLY_IF_CACHED));
    assertEqual(get(DEFAULT).slice(0, 2), ['1', false]);
    assertEqual(get(ONLY_IF_CACHED).slice(0, 2), ['1', true]);
    assertEqual(get(RELOAD).slice(0, 2), ['2', false]);
    client.offline = true;
    assertEqual(get(DEFAULT).slice(0, 2), ['2', true]);
    client.offline = false;
    get(DEFAULT)[2].remove_from_cache();
    assertEqual(get(DEFAULT).slice(0, 2), ['3', false]);

    const list = await_(cache.list(null, loop, null)).get_object();
    assertEqual([list.get_n_items(), list.get_item(0).get_url()], [1, url]);
    assertEqual(await_(cache.verify(loop, null)).get_int(), 0);
    assert(await_(cache.remove(url, loop, null)).get_boolean());
    assert(await_(cache.clear(loop, null)).get_boolean());
    assertEqual(get(DEFAULT).slice(0, 2), ['4', false]);
    assert(await_(cache.flush(loop, null)).get_boolean());
    server.close();
});

test('http/credentials', loop => {
    const server = PillionHttp.TestServer.new(loop);
    const secret = `Basic ${GLib.base64_encode('me:secret')}`;
    server.add_handler('/', exchange => {
        if (exchange.get_header('Authorization') === secret) {
            exchange.set_text('welcome', null);
        } else {
            exchange.set_status(401);
            exchange.add_header('WWW-Authenticate', 'Basic realm="notes"');
            exchange.set_text('who are you?', null);
        }
    });

    const ask = handler => {
        const client = PillionHttp.Client.new(loop);
        client.connect('authenticate', handler);
        const call = client.get_bytes(`${server.get_url()}/a`, null);
        kickUntil(loop, () => call.is_done());
        return call;
    };
    const credentials = PillionHttp.Credentials.new('me', 'secret');
    let seen;
    const task = client => {
        const answer = Pillion.Task.new(client.get_loop(), 'answer', null);
        answer.return_object(credentials);
        return answer;
    };
    const handlers = [
        (client, challenge) => {
            seen = [challenge.realm, challenge.scheme, challenge.n_refused];
            return credentials;
        },
        async () => {
            await loop.sleep(1000, null);
            return credentials;
        },
        task,
    ];
    for (const handler of handlers)
        assertEqual(ask(handler).get_bytes().get_size(), 7);
    assertEqual(seen, ['notes', 'Basic', 0]);

    for (const handler of [() => null, async () => undefined])
        assertFails(PillionHttp.status_error_quark(), 401, () => ask(handler).check());

    const tokens = PillionHttp.TestServer.new(loop);
    tokens.add_handler('/', exchange => exchange.set_text(exchange.get_header('Authorization'), null));
    for (const renew of [() => PillionHttp.Credentials.new_bearer('abc', 0), async () => PillionHttp.Credentials.new_bearer('abc', 0)]) {
        const client = PillionHttp.Client.new(loop);
        client.credentials = PillionHttp.Credentials.new_renewing(loop, renew);
        const call = client.get_bytes(`${tokens.get_url()}/a`, null);
        kickUntil(loop, () => call.is_done());
        assertEqual(call.get_bytes().get_size(), 'Bearer abc'.length);
    }

    // With the client that needs the token: the first call of the function is sent without one, and each that says so
    tokens.add_handler('/token', exchange => exchange.set_text(exchange.get_header('Authorization') ?? 'none', null));
    const own = PillionHttp.Client.new(loop);
    own.credentials = PillionHttp.Credentials.new_renewing(loop, async () => {
        const first = await own.get_bytes(`${tokens.get_url()}/token`, null);
        const request = PillionHttp.Request.new('GET', `${tokens.get_url()}/token`);
        request.use_credentials = false;
        const second = await own.send(request, null);
        return PillionHttp.Credentials.new_bearer(`${first.get_size()}${second.dup_text()}`, 0);
    });
    const ownCall = own.get_bytes(`${tokens.get_url()}/a`, null);
    kickUntil(loop, () => ownCall.is_done());
    assertEqual(new TextDecoder().decode(ownCall.get_bytes().toArray()), 'Bearer 4none');

    const fail = () => {
        throw new Error('no key ring');
    };
    for (const handler of [fail, async () => fail()])
        assert(assertFails(Pillion.error_quark(), Pillion.Error.FAILED, () => ask(handler).check()).message.includes('no key ring'));
});

test('http/web-socket', loop => {
    imports.gi.versions.Soup = '3.0';
    const {Soup} = imports.gi;
    const client = PillionHttp.Client.new(loop);
    const server = new Soup.Server();
    const connections = [];
    server.listen_local(0, Soup.ServerListenOptions.IPV4_ONLY);
    server.add_websocket_handler('/socket', null, ['chat'], (_server, _message, _path, connection) => {
        connections.push(connection);
        connection.connect('message', (_connection, type, message) => {
            if (type === Soup.WebsocketDataType.BINARY)
                connection.send_binary(message.toArray());
            else
                connection.send_text(new TextDecoder().decode(message.toArray()));
        });
    });
    const request = PillionHttp.Request.new('GET', `ws://127.0.0.1:${server.get_uris()[0].get_port()}/socket`);

    const main = async () => {
        const socket = await client.open_web_socket(request, ['other', 'chat'], null);
        assertEqual(socket.protocol, 'chat');
        assertEqual(socket.response.get_status(), 101);
        await socket.send_text('häł', null);
        await socket.send_bytes(new GLib.Bytes([0, 255]), null);
        await socket.send('ö');
        await socket.send(new Uint8Array([1]));
        await socket.send(new GLib.Bytes([2]), null);
        const received = [];
        for await (const message of socket) {
            received.push(message);
            if (received.length === 5)
                connections[0].close(1000, 'bye');
        }
        assertEqual(received[0], 'häł');
        assert(received[1] instanceof Uint8Array);
        assertEqual([...received[1]], [0, 255]);
        assertEqual(received[2], 'ö');
        assertEqual(received.slice(3).map(bytes => [...bytes]), [[1], [2]]);
        assertEqual([socket.get_close_code(), socket.dup_close_reason()], [1000, 'bye']);
        assertEqual(await socket.receive(null), null);
        await socket.close(1000, null, null);

        let failure = null;
        try {
            await client.open_web_socket(PillionHttp.Request.new('POST', 'ws://127.0.0.1/'), null, null);
        } catch (error) {
            failure = error;
        }
        assert(failure.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_REQUEST), failure);
    };

    kickUntilSettled(loop, main());
    server.disconnect();
});

test('http/streams', loop => {
    const client = PillionHttp.Client.new(loop);
    const server = PillionHttp.TestServer.new(loop);
    server.add_handler('/lines', exchange => exchange.set_text('{"a": 1}\n\nb', null));
    server.add_bytes('/many', new GLib.Bytes('x\n'.repeat(20000)), null);
    let n = 0;
    server.add_handler('/events', exchange => {
        if (++n > 2)
            exchange.set_status(204);
        else
            exchange.set_text(`retry: 1\nid: ${n}\nevent: add\ndata: {"n": ${n}}\n\n`, 'text/event-stream');
    });
    const request = path => PillionHttp.Request.new('GET', server.get_url() + path);

    const main = async () => {
        const lines = [];
        for await (const line of (await client.open(request('/lines'), null)).lines())
            lines.push(line);
        assertEqual(lines, ['{"a": 1}', '', 'b']);

        const values = [];
        const stream_of_values = await client.open(request('/lines'), null);
        let failure = null;
        try {
            for await (const value of stream_of_values.json_lines())
                values.push(value);
        } catch (error) {
            failure = error;
        }
        assertEqual(values, [{a: 1}]);
        assert(failure.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON), failure);
        assert(failure.message.includes('/lines: line 3: '), failure.message);
        const parser = await (await client.open(request('/lines'), null)).read_json(null);
        assertEqual(parser.get_root().get_object().get_int_member('a'), 1);

        let size = 0;
        for await (const piece of await client.open(request('/lines'), null)) {
            assert(piece instanceof Uint8Array);
            size += piece.length;
        }
        assertEqual(size, 11);

        let turns = 0, n_lines = 0, over = false;
        const count = () => {
            turns++;
            if (!over)
                loop.call_soon(count);
        };
        count();
        for await (const line of (await client.open(request('/many'), null)).lines())
            n_lines += line.length;
        over = true;
        assertEqual(n_lines, 20000);
        assert(turns > 20, `the host had ${turns} turns`);

        const events = [];
        const stream = PillionHttp.EventStream.new(client, request('/events'));
        for await (const event of stream)
            events.push([event.type, JSON.parse(event.data).n, event.id]);
        assertEqual(events, [['add', 1, '1'], ['add', 2, '2']]);
        assertEqual([stream.last_event_id, stream.retry_interval_usec], ['2', 1000]);
        stream.close();
    };
    kickUntilSettled(loop, main());
    server.close();
});

test('http/get', loop => {
    const client = PillionHttp.Client.new(loop);
    client.set_max_connections(5);
    client.set_max_connections_per_host(2);
    client.max_connections_per_download = 16;
    client.set_idle_timeout_usec(9000000);
    client.set_user_agent('smoke/1');
    assertEqual([client.get_max_connections(), client.get_max_connections_per_host(), client.max_connections_per_download, client.get_idle_timeout_usec(),
        client.get_user_agent()], [5, 2, 16, 9000000, 'smoke/1']);
    assert(client.get_loop() === loop);

    const task = client.get_bytes(`${URL}/hello.txt`, null);
    kickUntilDone(loop, task);
    assertEqual(new TextDecoder().decode(task.get_bytes().toArray()), 'Hello from loopback\n');
});

test('http/json', loop => {
    const client = PillionHttp.Client.new(loop);
    const task = client.get_json(`${URL}/data.json`, null);
    kickUntilDone(loop, task);
    const parser = task.get_object();
    assert(parser instanceof Json.Parser);
    assertEqual(JSON.parse(Json.to_string(parser.get_root(), false)), {name: 'pillion', seats: 2, parts: ['seat', 'rail', 'strap']});
});

test('http/errors', loop => {
    const client = PillionHttp.Client.new(loop);
    const missing = client.get_bytes(`${URL}/missing`, null);
    const nonsense = client.get_bytes('no url', null);
    const broken = client.get_json(`${URL}/broken.json`, null);
    kickUntilDone(loop, missing, nonsense, broken);
    assertFails(PillionHttp.status_error_quark(), 404, () => missing.get_bytes());
    const response = PillionHttp.Response.from_task(missing);
    assertEqual([response.status, response.reason, response.url], [404, 'Not Found', `${URL}/missing`]);
    assert(response.get_header_names().includes('Content-Type'));
    assert(new TextDecoder().decode(response.get_body().toArray()).includes('Error response'));
    try {
        missing.get_bytes();
    } catch (error) {
        assert(PillionHttp.Response.from_error(error) === response);
    }
    assertFails(PillionHttp.Error, PillionHttp.Error.INVALID_URL, () => nonsense.get_bytes());
    assertFails(PillionHttp.Error, PillionHttp.Error.INVALID_JSON, () => broken.check());
});

test('http/download-options', loop => {
    const client = PillionHttp.Client.new(loop);
    const folder = Gio.File.new_for_path(GLib.dir_make_tmp('pillion-gjs-XXXXXX'));
    const target = folder.get_child('file.bin');
    const options = new PillionHttp.DownloadOptions({digest: SHA256, only_if_changed: true});
    for (const outcome of ['SAVED', 'NOT_MODIFIED']) {
        const request = PillionHttp.Request.new('GET', `${URL}/file.bin`);
        const task = client.send_to_file(request, target, options, null);
        // It may be done already
        const paused = client.pause_download(task);
        assert(paused || task.is_done());
        assertEqual(client.is_download_paused(task), paused);
        client.resume_download(task);
        kickUntilDone(loop, task);
        assertEqual(task.get_object().outcome, PillionHttp.DownloadOutcome[outcome]);
    }
    target.delete(null);
    folder.delete(null);
});

test('http/download', loop => {
    const client = PillionHttp.Client.new(loop);
    const folder = Gio.File.new_for_path(GLib.dir_make_tmp('pillion-gjs-XXXXXX'));
    const target = folder.get_child('file.bin');
    async function work() {
        const task = client.download(`${URL}/file.bin`, target, SHA256, null);
        await task.wait_async(null);
        return task.get_object();
    }
    const download = kickUntilSettled(loop, work());
    assert(download instanceof PillionHttp.Download);
    assertEqual([download.get_size(), download.get_sha256(), download.get_integrity(), download.get_resumed_from()],
        [1 << 20, SHA256, PillionHttp.Integrity.DIGEST, 0]);
    assert(download.get_file().equal(target));
    assertEqual(target.query_info('standard::size', 0, null).get_size(), 1 << 20);

    const into = client.download_into(`${URL}/file.bin`, folder, null, null);
    kickUntilDone(loop, into);
    const again = into.get_object().get_file();
    again.delete(null);
    if (target.query_exists(null))
        target.delete(null);
    folder.delete(null);
});

// Combinators, completions and retries

function taskOf(loop, result) {
    const task = Pillion.Task.new(loop, 'child', null);
    if (result instanceof GLib.Error)
        task.return_error(result);
    else if (result !== undefined)
        task.return_int(result);
    return task;
}

const failure = text => new GLib.Error(Pillion.error_quark(), Pillion.Error.FAILED, text);

test('compose/sets', loop => {
    const [first, second] = [taskOf(loop), taskOf(loop)];
    const tasks = ['all', 'settle', 'any', 'race'].map(name => Pillion.Task[name](loop, [first, second]));
    assert(tasks[0].get_children()[1] === second);
    first.return_error(failure('oh'));
    second.return_int(2);
    kickUntilDone(loop, ...tasks);
    assertFails(Pillion.Error, Pillion.Error.FAILED, () => tasks[0].get_boolean());
    assert(tasks[1].get_boolean());
    assertEqual(tasks[2].get_int(), 2);
    assertFails(Pillion.Error, Pillion.Error.FAILED, () => tasks[3].get_int());
    assert(Pillion.Task.all(loop, []).get_boolean());
    assertFails(Pillion.Error, Pillion.Error.NOTHING_GIVEN, () => Pillion.Task.any(loop, []).check());
});

test('compose/map', loop => {
    const task = Pillion.Task.map(loop, 5, 2, null, index => taskOf(loop, index * 10));
    kickUntilDone(loop, task);
    assertEqual(task.get_children().map(child => child.get_int()), [0, 10, 20, 30, 40]);
    const none = Pillion.Task.map(loop, 5, 2, null, () => null);
    kickUntilDone(loop, none);
    assertFails(Pillion.Error, Pillion.Error.FAILED, () => none.get_boolean());
});

test('compose/chain', loop => {
    const task = taskOf(loop, 20);
    const then = task.and_then(first => taskOf(loop, first.get_int() + 22));
    const late = taskOf(loop).with_timeout(0);
    const passed = taskOf(loop).with_deadline(loop.get_now());
    const shield = task.shield();
    kickUntil(loop, () => [then, late, passed, shield].every(each => each.is_done()));
    assertEqual([then.get_int(), shield.get_int()], [42, 20]);
    for (const each of [late, passed]) {
        assertFails(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT, () => each.check());
        assert(each.get_children()[0].return_if_cancelled());
    }
});

test('compose/completions', loop => {
    const tasks = [taskOf(loop), taskOf(loop, 1)];
    const completions = Pillion.Completions.new(loop, tasks);
    completions.add(taskOf(loop, 9));
    async function work() {
        const seen = [];
        for (;;) {
            const next = completions.next();
            if (completions.get_n_left() === 1)
                tasks[0].return_int(0);
            await next.wait_async(null);
            const task = next.get_object();
            if (task === null)
                return seen;
            seen.push(task.get_int());
        }
    }
    assertEqual(kickUntilSettled(loop, work()), [1, 9, 0]);
    assertEqual(completions.get_n_left(), 0);
    completions.add(tasks[0]);
    assertEqual(completions.try_next(), tasks[0]);
    assertEqual(completions.try_next(), null);
});

test('compose/retry', loop => {
    const asked = [];
    const retry = new Pillion.Retry({attempts: 3, initial_delay_usec: 100, jitter: 0, seed: 1});
    retry.set_predicate((error, attempt) => {
        asked.push([error.message, attempt]);
        return true;
    });
    const task = retry.run(loop, 'fetch', null, attempt => taskOf(loop, attempt < 3 ? failure(`no ${attempt}`) : 42));
    kickUntilDone(loop, task);
    assertEqual(task.get_int(), 42);
    assertEqual(asked, [['no 1', 1], ['no 2', 2]]);
    assertEqual(task.get_children().length, 3);
});

test('compose/closures', loop => {
    const seen = [];
    const task = taskOf(loop, 20).and_then(first => taskOf(loop, first.get_int() + 22));
    task.add_done_callback(done => seen.push(done.get_int()));
    loop.call_soon(() => seen.push('soon'));
    const mapped = Pillion.Task.map(loop, 3, 0, null, index => taskOf(loop, index));
    kickUntil(loop, () => seen.length === 2 && mapped.is_done());
    assertEqual(seen.sort(), [42, 'soon']);
    assertEqual(mapped.get_children().map(child => child.get_int()), [0, 1, 2]);
});

test('compose/nothing-is-freed-too-early', loop => {
    const kept = [];
    const task = Pillion.Task.map(loop, 100, 10, null, index => {
        kept.push(taskOf(loop, index));
        return kept[index];
    });
    kickUntilDone(loop, task);
    for (let i = 0; i < 100; i++)
        assert(task.get_children()[i] === kept[i]);
    System.gc();
    assertEqual(kept.map(child => child.get_int()).reduce((a, b) => a + b), 4950);
});

runTests();
