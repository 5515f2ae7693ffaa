/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  PROMPT_ANSWERED,
  PROMPT_DECLINED,
  PROMPT_INTERRUPTED,
  PROMPT_NO_TERMINAL,
} PromptOutcome;

PromptOutcome prompt_password (const char  *question,
                               char       **password);
PromptOutcome prompt_yes      (const char  *question);

G_END_DECLS
