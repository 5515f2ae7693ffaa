#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs a fuzzer as a test: fuzz.py NAME PROGRAM CORPUS RUNS

With the usual seed, it ends after RUNS inputs, which take about a minute of a processor. They are the same each time, so a
new failure means that the code or the corpus has changed.

With another seed, PILLION_FUZZ_SEED, it ends after a minute; PILLION_FUZZ_SECONDS changes that. PILLION_FUZZ_UNTIL says that
it runs beside other tests, to which it gives way, and is the time (in seconds since 1970) after which five seconds have to do.
"""

import base64
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

USUAL_SEED = '1'

# The exit code of a fuzzer that ends because of a signal
INTERRUPTED = 72


def inputs_in(folder):
    """What broke a fuzzer."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith('slow-unit'))


def report(name, folder):
    """Says how to see what was found again."""
    for path in inputs_in(folder):
        content = path.read_bytes()
        print(f'\n{name}: an input of {len(content)} bytes breaks it ({path.name.partition("-")[0]}). To see that again, add it to the corpus:\n\n'
              f'  echo {base64.b64encode(content).decode()} | base64 -d >tests/fuzz/corpus/{name}/NEW-NAME\n'
              f'  meson test -C _build fuzz-{name}\n', flush=True)


def give_way():
    """Lets everything else go first."""
    try:
        # Linux may share the processors among sessions before it looks at their processes, and each test has its own
        pathlib.Path('/proc/self/autogroup').write_text('19', encoding='ascii')
    except OSError:
        pass
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        pass


def without_chance(command):
    """A fuzzer looks at what is compared, which can be addresses: so these are not random, if that is possible here."""
    prefix = ['setarch', os.uname().machine, '-R']
    possible = shutil.which(prefix[0]) and subprocess.run([*prefix, 'true'], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return prefix + command if possible else command


def run(command, found):
    """Runs a fuzzer, and returns its exit code."""
    until = os.environ.get('PILLION_FUZZ_UNTIL')
    if until:
        give_way()
    with subprocess.Popen(command, stderr=subprocess.STDOUT) as process:
        try:
            status = process.wait(max(5, float(until) - time.time()) if until else None)
        except subprocess.TimeoutExpired:
            print('It ends early, because the tests have taken long enough.', flush=True)
            # Asked to end, it could wait for ever: its handler allocates, whatever the signal has interrupted
            process.kill()
            status = 1 if inputs_in(found) else 0
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
            program, f'-seed={seed}', f'-seed_inputs=@{inputs}', f'-artifact_prefix={found}/',
            # However busy the machine is
            '-timeout=600', '-rss_limit_mb=2048', '-print_final_stats=1', '-verbosity=0',
            # Its own, 77, would mean that the test was skipped
            '-error_exitcode=1', '-timeout_exitcode=1',
        ]
        if seed == USUAL_SEED:
            command = without_chance([*command, f'-runs={runs}'])
        else:
            command.append(f'-max_total_time={seconds}')
        print(f'{name}: PILLION_FUZZ_SEED={seed}', flush=True)
        status = run(command, found)
        if status != 0:
            report(name, found)
    return 0 if status == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
