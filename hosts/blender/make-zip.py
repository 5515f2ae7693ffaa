#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Packs the add-on: make-zip.py ZIP FOLDER PYTHON OVERRIDES.

FOLDER has the files of the add-on itself, PYTHON the package, and OVERRIDES what PyGObject needs. The same sources give the same
bytes."""

import pathlib
import sys
import zipfile

# The earliest that the format knows
DATE = 1980, 1, 1, 0, 0, 0


def main(name, folder, python, overrides):
    python = pathlib.Path(python)
    entries = {path.name: path for path in (pathlib.Path(folder) / '__init__.py', pathlib.Path(folder) / 'blender_manifest.toml')}
    for path in sorted((python / 'pillion').rglob('*')):
        if path.suffix == '.py' or path.name == 'py.typed':
            entries[f'python/{path.relative_to(python)}'] = path
    for path in sorted(pathlib.Path(overrides).glob('*.py')):
        entries[f'overrides/{path.name}'] = path
    with zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED) as archive:
        for entry, path in entries.items():
            info = zipfile.ZipInfo(f'pillion/{entry}', DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())


main(*sys.argv[1:])
