#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs a fuzzer as a test: fuzz.py NAME PROGRAM CORPUS RUNS

It ends after a minute. With the usual seed, it also ends after RUNS inputs. They are the same ones each time, so what
fails for the first time fails because the code or the corpus has changed.

PILLION_FUZZ_SEED is another seed, with which only the minute counts, and PILLION_FUZZ_SECONDS another length of the minute.
PILLION_FUZZ_HURRY is a file; if it exists, somebody is waiting, and ten seconds have to do.
"""

import base64
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

USUAL_SEED = '1'

# The exit code of a fuzzer that ends because of a signal
INTERRUPTED = 72


def report(name, folder):
    """Says how to see what was found again."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith('slow-unit'):
            continue
        content = path.read_bytes()
        print(f'\n{name}: an input of {len(content)} bytes breaks it ({path.name.partition("-")[0]}). To see that again, add it to the corpus:\n\n'
              f'  echo {base64.b64encode(content).decode()} | base64 -d >tests/fuzz/corpus/{name}/NEW-NAME\n'
              f'  meson test -C _build fuzz-{name}\n', flush=True)


def give_way():
    """Lets everything else go first. Each test has a session of its own, and Linux may share the processors out among these."""
    try:
        pathlib.Path('/proc/self/autogroup').write_text('19', encoding='ascii')
    except OSError:
        pass


def without_chance(command):
    """A fuzzer looks at what is compared, which can be addresses: so these are not random, if that is possible here."""
    prefix = ['setarch', os.uname().machine, '-R']
    possible = shutil.which(prefix[0]) and subprocess.run([*prefix, 'true'], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return prefix + command if possible else command


def run(command):
    """Runs a fuzzer, and returns its exit code."""
    hurry = os.environ.get('PILLION_FUZZ_HURRY')
    if hurry:
        give_way()
    begin = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.STDOUT) as process:
        while hurry and not (os.path.exists(hurry) and time.monotonic() - begin > 10):
            try:
                return process.wait(1)
            except subprocess.TimeoutExpired:
                pass
        if hurry:
            print('It ends early, because nothing else is left to be done.', flush=True)
            process.send_signal(signal.SIGINT)
        status = process.wait()
        return 0 if status == INTERRUPTED else status


def main():
    name, program, corpus, runs = sys.argv[1:]
    seed = os.environ.get('PILLION_FUZZ_SEED') or USUAL_SEED
    seconds = os.environ.get('PILLION_FUZZ_SECONDS') or '60'
    with tempfile.TemporaryDirectory(prefix='pillion-fuzz-') as folder:
        found = pathlib.Path(folder, 'found')
        found.mkdir()
        # In an order that does not depend on the file system
        inputs = pathlib.Path(folder, 'inputs')
        inputs.write_text(','.join(str(path) for path in sorted(pathlib.Path(corpus).iterdir())), encoding='utf-8')
        command = [
            program, f'-seed={seed}', f'-max_total_time={seconds}', f'-seed_inputs=@{inputs}', f'-artifact_prefix={found}/',
            # However busy the machine is
            '-timeout=120', '-rss_limit_mb=2048', '-print_final_stats=1', '-verbosity=0',
            # Its own, 77, would mean that the test was skipped
            '-error_exitcode=1', '-timeout_exitcode=1',
        ]
        if seed == USUAL_SEED:
            command = without_chance([*command, f'-runs={runs}'])
        print(f'{name}: PILLION_FUZZ_SEED={seed}', flush=True)
        status = run(command)
        if status != 0:
            report(name, found)
    return 0 if status == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
