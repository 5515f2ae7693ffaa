/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* A disk with a bad sector. For one file of a program: it has a function that takes the place of one of the C library's. */

#include <dlfcn.h>
#include <errno.h>
#include <sys/uio.h>

#include <glib.h>

static int reading_fails; /* atomic: whether the disk can't read bodies */

ssize_t
preadv (int fd,
        const struct iovec *parts,
        int n_parts,
        off_t offset)
{
  ssize_t (*real) (int, const struct iovec *, int, off_t);

  if (g_atomic_int_get (&reading_fails))
    {
      errno = EIO;
      return -1;
    }

  real = (ssize_t (*) (int, const struct iovec *, int, off_t)) dlsym (RTLD_NEXT, sizeof (off_t) == 8 ? "preadv64" : "preadv");
  return real (fd, parts, n_parts, offset);
}
