// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The simulated frame loop

import Pillion from 'gi://Pillion?version=1';

export class TickHost {
    constructor(loop) {
        this.enders = [];
        this.host = Pillion.TickHost.new('frames', 100);
        this.host.connect('frame', () => {
            if (this.enders.at(-1)())
                this.host.quit();
        });
        loop.ensure(this.host);
    }

    run(isOver) {
        this.enders.push(isOver);
        this.host.run(0);
        this.enders.pop();
    }

    showDialog(isOver) {
        this.run(isOver);
    }
}
