/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* How long a test may take in real time before it is ended with the names of what it waits for, in ms */
extern guint pillion_test_patience_msec;
