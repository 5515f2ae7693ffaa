// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The host of the tests, on a virtual clock

import Pillion from 'gi://Pillion?version=1';

export class TestHost {
    constructor(loop) {
        this.nKicks = 0;
        this.host = Pillion.TestHost.new();
        loop.ensure(this.host);
    }

    run(isOver) {
        while (!isOver())
            this.nKicks += this.host.advance(10000);
    }

    showDialog(isOver) {
        this.run(isOver);
    }
}
