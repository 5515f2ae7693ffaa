# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A game in pygame, whose menus have a frame loop of their own. With the environment variable PYGAME_WAITS, it sleeps until something
happens; otherwise it draws 100 frames a second."""

import os

import pygame

import pillion.hosts

from kicks import count_kicks


class Host:
    detected = 'pygame'
    sleeps = 'PYGAME_WAITS' in os.environ

    def __init__(self, loop):
        pygame.display.init()
        self.screen = pygame.display.set_mode((64, 64))
        self.install(loop)

    def install(self, loop=None):
        self.loop = pillion.hosts.pygame.install(loop=loop)
        count_kicks(self)
        self.host = self.loop.get_host()
        return self.loop

    def run(self, is_over):
        if 'PYGAME_WAITS' in os.environ:
            while not is_over():
                pillion.hosts.pygame.wait(10)
        else:
            clock = pygame.time.Clock()
            while not is_over():
                pygame.event.pump()
                self.screen.fill('black')
                pygame.display.flip()
                self.loop.kick()
                clock.tick(100)

    def show_dialog(self, is_over):
        self.run(is_over)

    def run_until_closed(self):
        while pillion.hosts.pygame.wait(10).type != pygame.QUIT:
            self.loop.kick()
