/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#define PILLION_INSIDE
#include <pillion/pillion-callback-host.h>
#include <pillion/pillion-completions.h>
#include <pillion/pillion-enums.h>
#include <pillion/pillion-error.h>
#include <pillion/pillion-event.h>
#include <pillion/pillion-fiber.h>
#include <pillion/pillion-glib-host.h>
#include <pillion/pillion-host-suite.h>
#include <pillion/pillion-host.h>
#include <pillion/pillion-kick.h>
#include <pillion/pillion-loop.h>
#include <pillion/pillion-poll-source.h>
#include <pillion/pillion-queue.h>
#include <pillion/pillion-retry.h>
#include <pillion/pillion-scope.h>
#include <pillion/pillion-semaphore.h>
#include <pillion/pillion-task-combinators.h>
#include <pillion/pillion-task.h>
#include <pillion/pillion-test-host.h>
#include <pillion/pillion-test.h>
#include <pillion/pillion-tick-host.h>
#include <pillion/pillion-types.h>
#include <pillion/pillion-version.h>
#undef PILLION_INSIDE
