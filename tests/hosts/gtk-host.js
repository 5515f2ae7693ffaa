// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// GTK 3 and 4, whose dialogs are modal windows with a main loop of their own

import {GlibHost} from './glib-host.js';

class AnyGtkHost extends GlibHost {
    constructor(loop, version) {
        super(loop);
        // Not at the top of the file, because GTK may not be installed
        imports.gi.versions.Gtk = version;
        this.Gtk = imports.gi.Gtk;
        if (![this.Gtk.init_check(null)].flat()[0])
            throw new Error('GTK finds no display');
        this.window = new this.Gtk.Window({title: 'Host'});
        this.window.present();
    }

    showDialog(isOver) {
        const dialog = new this.Gtk.Window({title: 'Dialog', modal: true, transient_for: this.window});
        dialog.present();
        this.run(isOver);
        dialog.destroy();
    }
}

export class GtkHost extends AnyGtkHost {
    constructor(loop) {
        super(loop, '4.0');
    }
}

export class Gtk3Host extends AnyGtkHost {
    constructor(loop) {
        super(loop, '3.0');
    }
}
