# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# As GObject.pyi beside it
from typing import Any

def __getattr__(name: str) -> Any: ...

class Error(Exception):
    message: str
    domain: str
    code: int
    def __init__(self, message: str = ..., domain: str = ..., code: int = ...) -> None: ...
    def matches(self, domain: int, code: int) -> bool: ...
    @staticmethod
    def new_literal(domain: int, message: str, code: int) -> Error: ...
