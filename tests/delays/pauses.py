#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs a program, and stops all of it for a moment again and again, as a busy virtual machine does.

pauses.py COMMAND…

PILLION_PAUSES=RUN,STOP says for how many ms it runs at most, and for how many it stops at most. PILLION_SEED chooses them.
"""

import os
import random
import signal
import subprocess
import sys
import time


def main(command):
    longest_run, longest_stop = (int(text) for text in os.environ.get('PILLION_PAUSES', '60,60').split(','))
    chance = random.Random(os.environ.get('PILLION_SEED'))
    program = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: program.send_signal(number))

    while True:
        try:
            status = program.wait(chance.uniform(0, longest_run) / 1000)
        except subprocess.TimeoutExpired:
            program.send_signal(signal.SIGSTOP)
            time.sleep(chance.uniform(0, longest_stop) / 1000)
            program.send_signal(signal.SIGCONT)
        else:
            break

    if status < 0:
        # The same end, but without a second core
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
