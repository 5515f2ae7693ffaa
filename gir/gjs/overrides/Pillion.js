// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What makes tasks promises. GJS calls _init () when it loads the namespace, whichever way a program imports it.

/* exported _init */

const Gettext = imports.gettext;
const System = imports.system;
const {Gio, GLib, GObject} = imports.gi;

// For how long continuations go on in a kick, in µs, that find all they wait for done already, before others have their turn
const SLICE_USEC = 500;

// After how many of those who wait a kick looks
const LOOKS = 2;

// GJS continues promises from a source of its own on the default context, at this priority. A loop with a context of its own never
// iterates that one, and a loop that is kicked from there only after the kick. So we iterate it: while promises wait to be continued, that
// dispatches their source and nothing else. Not the function that GJS's own timers call, imports._promiseNative.drainMicrotaskQueue ():
// outside of its dispatch the source would be ready all the time, and take every turn of a main loop that a continuation runs.
const JOBS = 'GjsPromiseJobQueueSource';
let draining = false;

function drain() {
    // Inside a continuation nothing is continued; all goes on when it returns
    if (draining || GLib.main_current_source()?.get_name() === JOBS)
        return;

    draining = true;
    // So that there is something to continue
    Promise.resolve().then(() => {});
    try {
        GLib.MainContext.default().iteration(false);
    } finally {
        draining = false;
    }
}

let Pillion;

// Who waits for a task that is pending: with the task, its loop, and the functions of a promise
const waits = new Set();
let cursor = waits.values();

// How many were told what they waited for
let settled = 0;
let settledBefore = 0;

// When the continuations that run now have had their time; 0 outside of kicks
let sliceEnd = 0;

// The same for those that the main loop of a host runs by itself: this long after the last one was told of its task
let turnEnd = 0;

function _inSlice(func) {
    const outer = sliceEnd;

    sliceEnd = GLib.get_monotonic_time() + SLICE_USEC;
    try {
        return func();
    } finally {
        sliceEnd = outer;
    }
}

function isDefault(loop) {
    return loop.get_context() === GLib.MainContext.default();
}

function _settle(wait, error = null) {
    if (!waits.delete(wait))
        return;

    settled++;
    turnEnd = GLib.get_monotonic_time() + SLICE_USEC;
    if (sliceEnd !== 0)
        sliceEnd = turnEnd;
    if (error === null)
        wait.resolve();
    else
        wait.reject(error);

    // Whoever runs the default context continues it at once
    if (!isDefault(wait.loop))
        _inSlice(drain);
}

function _closedError(task) {
    const text = Gettext.dgettext('pillion', "The loop was closed while waiting for '%s'");

    return new GLib.Error(Pillion.error_quark(), Pillion.Error.CLOSED, text.replace('%s', () => task.get_name()));
}

// Whether others have their turn before what continues now goes on. Where nobody kicks it goes on.
function hadItsTime(loop) {
    const end = sliceEnd !== 0 ? sliceEnd : loop.is_riding() ? turnEnd : 0;

    return end !== 0 && GLib.get_monotonic_time() >= end;
}

// Settles when the task is done, whatever its outcome; it fails only where the loop is closed before. Not with the task itself,
// because a promise takes the outcome of whatever has a then () for its own.
function _ended(task) {
    const loop = task.get_loop();

    // What is done can be waited for where nobody kicks any more
    if (task.is_done() && (loop.is_closed() || !task.get_safe_point()) && !hadItsTime(loop))
        return Promise.resolve();
    if (loop.is_closed())
        return task.is_done() ? Promise.resolve() : Promise.reject(_closedError(task));

    return new Promise((resolve, reject) => {
        const wait = {task, loop, resolve, reject};

        waits.add(wait);
        task.add_done_callback(() => _settle(wait));
    });
}

// Not get_value () for all of them: GJS 1.74 leaks the contents of the value, and if there is no value, it notices that before the error
const readers = new Map([
    [GObject.TYPE_NONE, task => task.check()],
    [GObject.TYPE_BOOLEAN, task => task.get_boolean()],
    [GObject.TYPE_INT64, task => task.get_int()],
    [GObject.TYPE_DOUBLE, task => task.get_double()],
    [GObject.TYPE_STRING, task => task.get_string()],
    [GObject.TYPE_VARIANT, task => task.get_variant()],
    [GLib.Bytes.$gtype, task => task.get_bytes()],
]);

// What an async function of scope.start () gave, whatever it is: C has no type for most of it
const OUTCOME = Symbol('outcome');

function _taskOf(promise, task, cancellable) {
    GObject.Object.prototype.connect.call(task.get_cancellable(), 'cancelled', () => cancellable.cancel());
    promise.then(value => {
        task[OUTCOME] = {value};
        if (!task.return_if_cancelled())
            task.return_boolean(true);
    }, error => {
        task[OUTCOME] = {error};
        if (!task.return_if_cancelled()) {
            task.return_error(error instanceof GLib.Error ? error
                : new GLib.Error(Pillion.error_quark(), Pillion.Error.FAILED, `${error}`));
        }
    });
    return task;
}

function _result(task) {
    const outcome = (task.get_source() ?? task)[OUTCOME];

    if (outcome && task.get_state() !== Pillion.TaskState.CANCELLED) {
        if (outcome.error)
            throw outcome.error;
        return outcome.value;
    }

    const type = task.get_result_type();
    const read = readers.get(type);

    if (read)
        return read(task);
    if (GObject.type_is_a(type, GObject.TYPE_OBJECT))
        return task.get_async_result() ?? task.get_object();
    return task.get_value()[1];
}

function _promise(task) {
    return _ended(task).then(() => _result(task));
}

// Where a collection takes several slices, GJS 1.74 takes itself to be inside of it between them, too: it calls no function, logs
// that, and drops the call. That happens to programs with tens of thousands of objects. Nobody is to wait for ever: where nothing
// is ready in the loop, who waits for a task that is done has lost the call.
function _findLost(loop) {
    const isLost = wait => wait.loop === loop && wait.task.is_done() && !wait.task.get_safe_point();

    for (let i = Math.min(LOOKS, waits.size); i > 0; i--) {
        const {value: wait, done} = cursor.next();

        if (done) {
            cursor = waits.values();
        } else if (isLost(wait) && (settled === settledBefore || loop.get_deadline() !== 0)) {
            System.gc(); // finishes it, so that no more are lost
            if (loop.get_deadline() !== 0)
                [...waits].filter(isLost).forEach(each => _settle(each));
            break;
        }
    }
    settledBefore = settled;
}

// Has the method continue what is ready: before it, because it may be called for that, and after it
function _drainAround(proto, name) {
    const original = proto[name];

    proto[name] = function (...args) {
        return _inSlice(() => {
            drain();
            try {
                return original.apply(this, args);
            } finally {
                _inSlice(drain);
            }
        });
    };
}

// @next gives a task, and @read what the iterator gives for it
function _iterator(next, read) {
    return {
        next() {
            const task = next();

            return _ended(task).then(() => read(task));
        },

        [Symbol.asyncIterator]() {
            return this;
        },
    };
}

function _overrideTask(proto) {
    proto.then = function (fulfilled, rejected) {
        return _promise(this).then(fulfilled, rejected);
    };

    proto.catch = function (rejected) {
        return _promise(this).catch(rejected);
    };

    proto.finally = function (settled) {
        return _promise(this).finally(settled);
    };

    Gio._promisify(proto, 'wait_async', 'wait_finish');
}

function _overrideLoop(proto) {
    const kickUntil = proto.kick_until;
    const close = proto.close;

    // Who waits for a task that the loop leaves behind is told, as the callback of wait_async () is
    proto.close = function (...args) {
        try {
            return close.apply(this, args);
        } finally {
            if (this.is_closed()) {
                for (const wait of [...waits].filter(each => each.loop === this))
                    _settle(wait, _closedError(wait.task));
            }
        }
    };

    for (const name of ['kick', 'kick_until', 'run_until_complete', 'close'])
        _drainAround(proto, name);

    const drainedKick = proto.kick;
    const drainedKickUntil = proto.kick_until;

    // What went on after the last kick may want another one
    const isWanted = function (loop, wanted) {
        if (waits.size > 0)
            _findLost(loop);
        return wanted || kickUntil.call(loop, 0)[0];
    };

    proto.kick = function () {
        return isWanted(this, drainedKick.call(this));
    };

    proto.kick_until = function (deadline) {
        const [wanted, report] = drainedKickUntil.call(this, deadline);

        return [isWanted(this, wanted), report];
    };
}

// Calls a function that may be async, or give another promise. Returns the task that it gives, one that stands for the promise, or
// what else it returns.
function _start(loop, name, func, argument = new Gio.Cancellable()) {
    const cancellable = argument instanceof Gio.Cancellable ? argument : new Gio.Cancellable();
    const stand = promise => _taskOf(promise, Pillion.Task.new(loop, name, null), cancellable);

    try {
        const started = func(argument);

        return started instanceof Pillion.Task || typeof started?.then !== 'function' ? started : stand(started);
    } catch (error) {
        return stand(Promise.reject(error));
    }
}

function _overrideScope(proto) {
    const start = proto.start;

    // The function is given the task's cancellable
    proto.start = function (name, func) {
        return start.call(this, name, () => _start(this.get_loop(), name, func));
    };
}

// GJS takes anything that is no number for the member 0 of an enumeration. Makes that an exception, wherever a property of the class is set or passed.
function _checkMembers(klass) {
    const proto = klass.prototype;
    const init = proto._init;
    const checks = new Map();
    const {READABLE, WRITABLE} = GObject.ParamFlags;

    for (const {name, flags, owner_type: owner, value_type: type} of klass.list_properties()) {
        const underscored = name.replaceAll('-', '_');
        const setter = `set_${underscored}`;

        if (owner !== klass.$gtype || !(flags & WRITABLE) || !GObject.type_is_a(type, GObject.TYPE_ENUM))
            continue;

        const check = value => {
            if (!Number.isInteger(value))
                throw new TypeError(`${underscored} is a member of ${type.name}, and not ${typeof value === 'string' ? `'${value}'` : value}`);
        };

        for (const key of [name, underscored, name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase())]) {
            checks.set(key, check);
            const {get, set} = Object.getOwnPropertyDescriptor(proto, key);

            Object.defineProperty(proto, key, {
                get: flags & READABLE ? get : undefined,
                set(value) {
                    check(value);
                    set.call(this, value);
                },
                enumerable: true,
                configurable: true,
            });
        }

        const setMember = proto[setter];
        proto[setter] = function (value) {
            check(value);
            setMember.call(this, value);
        };
    }

    proto._init = function (properties, ...others) {
        for (const [key, value] of Object.entries(properties ?? {}))
            checks.get(key)?.(value);
        return init.call(this, properties, ...others);
    };
}

function _init() {
    Pillion = this;

    _overrideTask(Pillion.Task.prototype);
    _overrideLoop(Pillion.Loop.prototype);
    _overrideScope(Pillion.Scope.prototype);
    _checkMembers(Pillion.Loop);
    for (const name of ['advance', 'run_until_idle'])
        _drainAround(Pillion.TestHost.prototype, name);
    _drainAround(Pillion.TickHost.prototype, 'run');

    Pillion.Completions.prototype[Symbol.asyncIterator] = function () {
        return _iterator(() => this.next(), task => {
            const value = task.get_object();

            return value !== null ? {value, done: false} : {value: undefined, done: true};
        });
    };

    Pillion.Queue.prototype[Symbol.asyncIterator] = function () {
        return _iterator(() => this.get(), task => {
            try {
                return {value: _result(task), done: false};
            } catch (error) {
                if (this.is_closed() && error instanceof GLib.Error && error.matches(Pillion.Error, Pillion.Error.CLOSED))
                    return {value: undefined, done: true};
                throw error;
            }
        });
    };
}
