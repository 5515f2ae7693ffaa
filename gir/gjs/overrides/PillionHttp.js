// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The calls return Pillion's tasks, which are promises once that namespace was imported: a program need not do it by itself.

/* exported _init */

function _overrideAddHandler(proto) {
    const {_start} = imports.overrides.Pillion;
    const addHandler = proto.add_handler;

    // The function may be async
    proto.add_handler = function (path, func) {
        addHandler.call(this, path, exchange => _start(this.get_loop(), path, func, exchange) ?? null);
    };
}

function _overrideClient(proto) {
    const {Pillion} = imports.gi;
    const {connect} = imports.gi.GObject.Object.prototype;

    // A handler may return credentials, or a promise of them
    proto.connect = function (signal, handler) {
        if (signal !== 'authenticate')
            return connect.call(this, signal, handler);

        return connect.call(this, signal, (client, challenge) => {
            let answer;

            try {
                answer = handler(client, challenge);
            } catch (error) {
                answer = Promise.reject(error);
            }
            if (answer instanceof Pillion.Task || (answer ?? null) === null)
                return answer ?? null;

            return _taskOf(client.get_loop(), 'authenticate', answer);
        });
    };
}

function _overrideCredentials(klass) {
    const {Pillion} = imports.gi;
    const newRenewing = klass.new_renewing;

    // The function may return credentials, or a promise of them
    klass.new_renewing = function (loop, func) {
        return newRenewing.call(this, loop, () => {
            const answer = func();

            if (answer instanceof Pillion.Task || (answer ?? null) === null)
                return answer ?? null;

            return _taskOf(loop, 'renew', answer);
        });
    };
}

// Its result is an object, which C reads
function _taskOf(loop, name, answer) {
    const {GLib, Pillion} = imports.gi;
    const task = Pillion.Task.new(loop, name, null);

    Promise.resolve(answer).then(object => {
        if (!task.is_done() && !task.return_if_cancelled())
            task.return_object(object ?? null);
    }).catch(error => {
        if (!task.is_done() && !task.return_if_cancelled()) {
            task.return_error(error instanceof GLib.Error ? error
                : new GLib.Error(Pillion.error_quark(), Pillion.Error.FAILED, `${error}`));
        }
    });
    return task;
}

function _end(value) {
    return value === null ? {value: undefined, done: true} : {value, done: false};
}

function _overrideStream(namespace) {
    const {GLib} = imports.gi;
    const {_iterator} = imports.overrides.Pillion;
    const proto = namespace.Stream.prototype;

    // As each of them is a Uint8Array
    proto[Symbol.asyncIterator] = function () {
        return _iterator(() => this.read(0, null), task => {
            const bytes = task.get_bytes();

            return _end(bytes.get_size() > 0 ? bytes.toArray() : null);
        });
    };

    proto.lines = function () {
        return _iterator(() => this.read_line(null), task => _end(task.get_string()));
    };

    proto.json_lines = async function* () {
        for await (const line of this.lines()) {
            if (line.trim() === '')
                continue;

            let value;
            try {
                value = JSON.parse(line);
            } catch (error) {
                this.response.remove_from_cache();
                const where = `${this.response.get_url()}: line ${this.get_line_number()}`;

                throw new GLib.Error(namespace.error_quark(), namespace.Error.INVALID_JSON, `${where}: ${error.message}`);
            }
            yield value;
        }
    };
}

function _overrideEventStream(proto) {
    const {_iterator, _result} = imports.overrides.Pillion;

    proto[Symbol.asyncIterator] = function () {
        return _iterator(() => this.next(null), task => _end(_result(task)));
    };
}

function _overrideWebSocket(proto) {
    const {GLib} = imports.gi;
    const {_iterator, _result} = imports.overrides.Pillion;

    // A string, or bytes: a GLib.Bytes, a Uint8Array or an array of numbers
    proto.send = function (message, cancellable = null) {
        if (typeof message === 'string')
            return this.send_text(message, cancellable);

        return this.send_bytes(message instanceof GLib.Bytes ? message : new GLib.Bytes(message), cancellable);
    };

    // Texts are strings, and the others are each a Uint8Array
    proto[Symbol.asyncIterator] = function () {
        return _iterator(() => this.receive(null), task => {
            const message = _result(task);

            if (message === null)
                return _end(null);
            const bytes = message.data.toArray();
            return _end(message.text === null ? bytes : new TextDecoder().decode(bytes));
        });
    };
}

function _init() {
    const {_checkMembers} = imports.overrides.Pillion;

    void imports.gi.Pillion;
    for (const klass of [this.Client, this.DownloadOptions, this.Request])
        _checkMembers(klass);
    _overrideClient(this.Client.prototype);
    _overrideCredentials(this.Credentials);
    _overrideStream(this);
    _overrideEventStream(this.EventStream.prototype);
    _overrideWebSocket(this.WebSocket.prototype);
    _overrideAddHandler(this.TestServer.prototype);
    _overrideAddHandler(this.TestTransport.prototype);
}
