# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Closes the windows of a program, as a window manager does, for tests on a display that has none."""

import ctypes
import ctypes.util

CLIENT_MESSAGE = 33
CARDINAL = 6


class ClientMessage(ctypes.Structure):
    _fields_ = [('type', ctypes.c_int), ('serial', ctypes.c_ulong), ('send_event', ctypes.c_int), ('display', ctypes.c_void_p),
                ('window', ctypes.c_ulong), ('message_type', ctypes.c_ulong), ('format', ctypes.c_int), ('data', ctypes.c_long * 5),
                ('room', ctypes.c_long * 12)]  # XSendEvent () reads a whole XEvent


# A window may be gone by the time that it is asked something
ErrorHandler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
ignore = ErrorHandler(lambda *_: 0)


class Display:
    def __init__(self):
        self.x = ctypes.CDLL(ctypes.util.find_library('X11'))
        for name in ('XOpenDisplay', 'XDefaultRootWindow', 'XInternAtom'):
            getattr(self.x, name).restype = ctypes.c_void_p
        self.x.XSetErrorHandler(ignore)
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(None))
        self.root = self.x.XDefaultRootWindow(self.display)

    def atom(self, name):
        return self.x.XInternAtom(self.display, name.encode(), 0)

    def children(self):
        root, parent = ctypes.c_ulong(), ctypes.c_ulong()
        windows, n = ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
        self.x.XQueryTree(self.display, ctypes.c_ulong(self.root), ctypes.byref(root), ctypes.byref(parent), ctypes.byref(windows),
                          ctypes.byref(n))
        found = windows[:n.value] if n.value else []
        if windows:
            self.x.XFree(windows)
        return found

    def pid(self, window):
        kind, form, n, left = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
        data = ctypes.POINTER(ctypes.c_long)()
        self.x.XGetWindowProperty(self.display, ctypes.c_ulong(window), ctypes.c_ulong(self.atom('_NET_WM_PID')), ctypes.c_long(0),
                                  ctypes.c_long(1), 0, ctypes.c_ulong(CARDINAL), ctypes.byref(kind), ctypes.byref(form),
                                  ctypes.byref(n), ctypes.byref(left), ctypes.byref(data))
        found = data[0] if data and n.value else 0
        if data:
            self.x.XFree(data)
        return found

    def close_windows(self, pid=None):
        """Those of a process, or all: Tk doesn't say whose they are."""
        for window in [window for window in self.children() if pid in (None, self.pid(window))]:
            message = ClientMessage(type=CLIENT_MESSAGE, window=window, message_type=self.atom('WM_PROTOCOLS'), format=32)
            message.data[0] = self.atom('WM_DELETE_WINDOW')
            self.x.XSendEvent(self.display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
        self.x.XSync(self.display, 0)

    def get_largest_window(self):
        """Its number, as text."""
        def area(window):
            place = (ctypes.c_int * 2)()
            root, width, height, border, depth = ctypes.c_ulong(), *(ctypes.c_uint() for _ in range(4))
            self.x.XGetGeometry(self.display, ctypes.c_ulong(window), ctypes.byref(root), ctypes.byref(place, 0), ctypes.byref(place, 4),
                                ctypes.byref(width), ctypes.byref(height), ctypes.byref(border), ctypes.byref(depth))
            return width.value * height.value

        return str(max(self.children(), key=area))
