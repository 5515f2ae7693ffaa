# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A game in pygame, whose menus have a frame loop of their own."""

import pygame

import gi
gi.require_version('Pillion', '1')
from gi.repository import Pillion


class Host:
    def __init__(self, loop):
        pygame.display.init()
        self.screen = pygame.display.set_mode((64, 64))
        self.loop = loop
        self.n_kicks = 0
        self.hooked = False
        self.host = Pillion.CallbackHost.new('pygame')
        self.host.set_install(self.install)
        self.host.set_remove(self.remove)
        loop.ensure(self.host)

    def install(self, loop):
        self.hooked = True

    def remove(self, loop):
        self.hooked = False

    def run(self, is_over):
        clock = pygame.time.Clock()
        while not is_over():
            pygame.event.pump()
            self.screen.fill('black')
            pygame.display.flip()
            if self.hooked:
                self.n_kicks += 1
                self.loop.kick()
            clock.tick(100)

    def show_dialog(self, is_over):
        self.run(is_over)
