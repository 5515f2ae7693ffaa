/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "http/pillion-field-list.h"

/* What a fuzz-NAME.c defines: it reads an input as the library would, and aborts if something that must hold does not. libFuzzer calls it
 * with inputs of its own; without it, fuzz-main.c calls it with the corpus. Returns 0. */
int   LLVMFuzzerTestOneInput (const guint8  *data,
                              gsize          size);

/* Takes a line off the input, without its end; the last one may have none. Most inputs are a few lines and then the rest. */
char *fuzz_take_line         (const guint8 **data,
                              gsize         *size);

/* Takes the rest, up to the first zero byte */
char *fuzz_take_text         (const guint8 **data,
                              gsize         *size);

/* A number that depends on the input alone, for instance the length of the pieces that it is read in; from 1 to @max */
gsize fuzz_take_number       (const guint8 **data,
                              gsize         *size,
                              gsize          max);

/* Takes lines of "name: value" up to an empty one. Lines that are no fields are skipped. */
void  fuzz_take_fields       (const guint8     **data,
                              gsize             *size,
                              PillionFieldList  *fields);

/* A descriptor of a folder in memory if possible, empty at first. It is removed when the program exits. @path may be NULL. */
int   fuzz_get_folder        (const char   **path);

/* Makes a file in it contain exactly these bytes */
void  fuzz_write_file        (const char    *name,
                              const guint8  *data,
                              gsize          size);
