// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// GLib's main loop, which runs the loop's context by itself

import GLib from 'gi://GLib';
import Pillion from 'gi://Pillion?version=1';

export class GlibHost {
    constructor(loop) {
        this.host = new Pillion.CallbackHost({name: 'glib', context: GLib.MainContext.default()});
        loop.ensure(this.host);
    }

    run(isOver) {
        const main = new GLib.MainLoop(null, false);
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, 10, () => {
            if (!isOver())
                return GLib.SOURCE_CONTINUE;
            main.quit();
            return GLib.SOURCE_REMOVE;
        });
        main.run();
    }

    showDialog(isOver) {
        this.run(isOver);
    }
}
