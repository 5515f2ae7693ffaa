/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* A disk with a bad sector, which counts. For one file of a program: its functions take the place of the C library's. */

#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

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

static int n_file_reads; /* atomic: how often files were read from where their descriptors were */

ssize_t
read (int fd,
      void *buffer,
      size_t length)
{
  ssize_t (*real) (int, void *, size_t) = (ssize_t (*) (int, void *, size_t)) dlsym (RTLD_NEXT, "read");
  struct stat info;

  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    g_atomic_int_inc (&n_file_reads);

  return real (fd, buffer, length);
}
