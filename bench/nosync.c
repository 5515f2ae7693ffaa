/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Preloaded: a program that never waits for the disk */

#include <sys/types.h>

int fsync (int fd);
int fdatasync (int fd);
int sync_file_range (int fd, off_t offset, off_t length, unsigned flags);

int
fsync (int fd)
{
  return 0;
}

int
fdatasync (int fd)
{
  return 0;
}

int
sync_file_range (int fd,
                 off_t offset,
                 off_t length,
                 unsigned flags)
{
  return 0;
}
