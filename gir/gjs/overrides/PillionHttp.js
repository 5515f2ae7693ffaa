// SPDX-FileCopyrightText: 2026 The Pillion authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The calls return Pillion's tasks, which are promises once that namespace was imported: a program need not do it by itself.

/* exported _init */

function _init() {
    void imports.gi.Pillion;
}
