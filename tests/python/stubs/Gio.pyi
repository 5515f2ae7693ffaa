# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# As GObject.pyi beside it
from typing import Any

from gi.repository import GObject

def __getattr__(name: str) -> Any: ...

class Initable(GObject.GInterface): ...
