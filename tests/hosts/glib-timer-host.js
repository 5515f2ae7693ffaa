// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// GLib's main loop with a timer that kicks, which the loop finds to run its own context

import GLib from 'gi://GLib';
import Pillion from 'gi://Pillion?version=1';

import {GlibHost} from './glib-host.js';

export class GlibTimerHost {
    constructor(loop) {
        this.loop = loop;
        this.host = Pillion.CallbackHost.new('glib-timer');
        this.host.set_install(() => (this.timer = this.startTimer()));
        this.host.set_remove(() => GLib.source_remove(this.timer));
        loop.ensure(this.host);
    }

    startTimer() {
        return GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, () => {
            // GLib does not dispatch a source inside itself, so each kick has a new one
            this.timer = this.startTimer();
            this.loop.kick();
            return GLib.SOURCE_REMOVE;
        });
    }

    run(isOver) {
        GlibHost.prototype.run(isOver);
    }

    showDialog(isOver) {
        this.run(isOver);
    }
}
