#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Packs an add-on: make-zip.py ZIP NAME [PREFIX FOLDER PATTERN]…

The add-on's folder NAME gets the files of each FOLDER that match PATTERN, under PREFIX. The same sources give the same bytes."""

import pathlib
import sys
import zipfile

# The earliest that the format knows
DATE = 1980, 1, 1, 0, 0, 0


def main(output, name, *rest):
    entries = {}
    for prefix, folder, pattern in zip(*[iter(rest)] * 3):
        for path in pathlib.Path(folder).glob(pattern):
            entries[str(pathlib.PurePosixPath(name, prefix, path.relative_to(folder)))] = path
    with zipfile.ZipFile(output, 'w', zipfile.ZIP_DEFLATED) as archive:
        for entry, path in sorted(entries.items()):
            info = zipfile.ZipInfo(entry, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())


main(*sys.argv[1:])
