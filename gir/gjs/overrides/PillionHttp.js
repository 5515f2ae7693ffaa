// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The calls return Pillion's tasks, which are promises once that namespace was imported: a program need not do it by itself.

/* exported _init */

function _overrideTestServer(proto) {
    const {_start} = imports.overrides.Pillion;
    const addHandler = proto.add_handler;

    // The function may be async
    proto.add_handler = function (path, func) {
        addHandler.call(this, path, exchange => _start(this.get_loop(), path, func, exchange) ?? null);
    };
}

function _init() {
    void imports.gi.Pillion;
    _overrideTestServer(this.TestServer.prototype);
}
