/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "scenarios.h"

/* What the scenarios are made of */
char     *scene_get_path       (Scene       *scene,
                                const char  *name);
GFile    *scene_get_file       (Scene       *scene,
                                const char  *name);
char     *scene_get_url        (Scene       *scene,
                                const char  *path);

/* Before anything fails */
void      scene_write_file     (Scene       *scene,
                                const char  *name,
                                const char  *bytes,
                                gssize       length);

/* These take the task */
gboolean  scene_await          (Scene       *scene,
                                PillionTask *task,
                                GError     **error);
gpointer  scene_await_object   (Scene       *scene,
                                PillionTask *task,
                                GError     **error);
GBytes   *scene_await_bytes    (Scene       *scene,
                                PillionTask *task,
                                GError     **error);

/* Gets what has to be the content */
void      scene_assert_content (Scene       *scene,
                                GBytes      *bytes);
gboolean  scene_get_content    (Scene       *scene,
                                const char  *url,
                                GError     **error);
gboolean  scene_get            (Scene       *scene,
                                const char  *path,
                                GError     **error);

/* At the same time */
gboolean  scene_get_both       (Scene       *scene,
                                const char  *path,
                                const char  *other_path,
                                GError     **error);
