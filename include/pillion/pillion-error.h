/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-types.h>

G_BEGIN_DECLS

/**
 * PILLION_ERROR:
 *
 * The domain of the errors in [error@Pillion.Error].
 *
 * Since: 1.0
 */
#define PILLION_ERROR (pillion_error_quark ())

/**
 * PillionError:
 * @PILLION_ERROR_FAILED: something failed that has no code of its own
 * @PILLION_ERROR_CLOSED: the loop, the client, the scope or the queue was closed
 * @PILLION_ERROR_WRONG_THREAD: called on a thread other than the host's
 * @PILLION_ERROR_BUSY: the context is run by another thread, or the host is in a region that allows no callbacks
 * @PILLION_ERROR_NESTED: the caller would wait for itself to return
 * @PILLION_ERROR_LEFT_BEHIND: something had not ended by the deadline of a close; the message names it
 * @PILLION_ERROR_HOST: the host could not install the hook
 * @PILLION_ERROR_NAME_TAKEN: the name is taken, by a hook of another loop, a scope, or a task in a scope
 * @PILLION_ERROR_WRONG_TYPE: the result of the task has a different type
 * @PILLION_ERROR_NOT_DONE: the task has no result yet
 * @PILLION_ERROR_NO_RESOURCES: the system has no more threads, or no memory or descriptor for a stack
 * @PILLION_ERROR_NOT_IN_FIBER: only a fiber can do this, on its loop's thread
 * @PILLION_ERROR_DEADLOCK: it would wait for itself, directly or indirectly
 * @PILLION_ERROR_NOTHING_GIVEN: no tasks were given, so none can succeed or finish first
 * @PILLION_ERROR_OVER_RELEASED: more was released or ended than was acquired or begun
 *
 * What can go wrong in Pillion itself. Errors of the system keep the domains that GIO gives them (`G_IO_ERROR` and others), and
 * cancellation is `G_IO_ERROR_CANCELLED` everywhere.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_ERROR_FAILED,
  PILLION_ERROR_CLOSED,
  PILLION_ERROR_WRONG_THREAD,
  PILLION_ERROR_BUSY,
  PILLION_ERROR_NESTED,
  PILLION_ERROR_LEFT_BEHIND,
  PILLION_ERROR_HOST,
  PILLION_ERROR_NAME_TAKEN,
  PILLION_ERROR_WRONG_TYPE,
  PILLION_ERROR_NOT_DONE,
  PILLION_ERROR_NO_RESOURCES,
  PILLION_ERROR_NOT_IN_FIBER,
  PILLION_ERROR_DEADLOCK,
  PILLION_ERROR_NOTHING_GIVEN,
  PILLION_ERROR_OVER_RELEASED,
} PillionError;

PILLION_AVAILABLE_IN_1_0
GQuark pillion_error_quark (void);

G_END_DECLS
