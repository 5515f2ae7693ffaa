// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// GTK 4, whose dialogs are modal windows with a main loop of their own

import {GlibHost} from './glib-host.js';

export class GtkHost extends GlibHost {
    constructor(loop) {
        super(loop);
        // Not at the top of the file, because GTK may not be installed
        imports.gi.versions.Gtk = '4.0';
        this.Gtk = imports.gi.Gtk;
        if (!this.Gtk.init_check())
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
