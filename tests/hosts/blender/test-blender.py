#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tests in the real Blender: test-blender.py ZIP PICTURES GROUP [NAME…]. The group is `sessions` or `ends`, and a name SESSION, SESSION.CASE or
ends.WAY. Blender is started once for each session, and once for each end.

It needs a display. ZIP is the add-on, and PICTURES a folder for screenshots."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import plug

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ['PILLION_BUILD_DIR'])
FIRST = 30  # s: more than Blender takes to start, even if nothing of it is in memory
PATIENCE = 300  # s, for a session

WINDOW = ['--window-geometry', '0', '0', '640', '480']

# What Blender is started with, and what its environment lacks
SESSIONS = {
    'survival': (WINDOW, ()),
    'operators': (WINDOW, ()),
    'add_ons': (WINDOW, ()),
    'suite': (WINDOW, ()),
    'background': (['--background'], ()),
    'missing': (WINDOW, ('GI_TYPELIB_PATH',)),
    'extension': (['--background'], ()),
    'installed': (['--background'], ()),
    'no_pygobject': (['--background'], ()),
    'downloader': (['-b'], ()),
    'browser': (['--window-geometry', '0', '0', '1024', '768', '--enable-event-simulate'], ()),
}

# How Blender is ended while downloads are under way, and the status that it ends with
ENDS = {
    'quit': 0,
    'window': 0,
    'exit': 0,
    'inside-a-callback': 0,
    'background': 0,
    'hard-exit': 0,
    'disable': 0,
    'reload': 0,
    'SIGTERM': None,
    'SIGKILL': -9,
}
MSEC = 4000  # for each file

n_tests = 0
all_good = True


def say(good, name, comment=''):
    global n_tests, all_good
    n_tests += 1
    all_good = all_good and good
    print(f'{"ok" if good else "not ok"} {n_tests} {name}{comment}', flush=True)


def set_up(folder, add_on):
    """A folder for Blender's user, with the add-on in it."""
    add_ons = folder / 'scripts' / 'addons'
    add_ons.mkdir(parents=True)
    for path in pathlib.Path(add_on).parent.rglob('*.zip'):
        zipfile.ZipFile(path).extractall(add_ons)
    shutil.copytree(HERE.parents[2] / 'hosts' / 'blender' / 'template', add_ons / 'pillion_template')
    env = {name: value for name, value in os.environ.items() if name not in ('PYTHONPATH', 'G_DEBUG')}
    env.update(
        BLENDER_USER_SCRIPTS=str(folder / 'scripts'),
        BLENDER_USER_CONFIG=str(folder / 'config'),
        HOME=str(folder),
        TMPDIR=str(folder),
        LIBGL_ALWAYS_SOFTWARE='1',
        PYTHONDONTWRITEBYTECODE='1',
    )
    return env


def run_session(name, add_on, pictures, url):
    name, *chosen = name.split('.')
    options, missing = SESSIONS[name]
    with tempfile.TemporaryDirectory(prefix='pillion-blender-', ignore_cleanup_errors=True) as text:
        folder = pathlib.Path(text)
        env = set_up(folder, add_on)
        env['PILLION_TEST_URL'] = url
        if name == 'no_pygobject':
            (folder / 'without' / 'gi').mkdir(parents=True)
            (folder / 'without' / 'gi' / '__init__.py').write_text('raise ImportError("No module named \'gi\'")\n', encoding='utf-8')
            env['PYTHONPATH'] = str(folder / 'without')
        if name == 'installed':
            env['PYTHONPATH'] = os.environ['PYTHONPATH']
        module = 'pillion'
        if name == 'extension':
            module = 'pillion_extension'
            (folder / 'scripts' / 'addons' / 'pillion').rename(folder / 'scripts' / 'addons' / module)
        for variable in missing:
            env.pop(variable, None)
        results = folder / 'results'
        command = ['blender', '--factory-startup', *options, '--python-exit-code', '1', '--addons', module,
                   '--python', str(HERE / 'driver.py'), '--', 'cases_' + name, str(results), pictures, *chosen]
        try:
            done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=FIRST + PATIENCE, text=True, errors='replace')
            status, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as error:
            status, output = 'a timeout', (error.stdout or b'').decode(errors='replace')
        for crash in folder.glob('*.crash.txt'):
            output += crash.read_text(encoding='utf-8', errors='replace')
        report(name, results, status, output)


def run_end(way, moment, add_on, puller):
    """Ends Blender, and then goes on with what it has left. No file may be wrong."""
    with tempfile.TemporaryDirectory(prefix='pillion-blender-', ignore_cleanup_errors=True) as text:
        folder = pathlib.Path(text)
        env = set_up(folder, add_on)
        files = folder / 'files'
        files.mkdir()
        urls = puller.begin(MSEC)
        command = ['blender', '--factory-startup', *WINDOW, '--addons', 'pillion', '--python', str(HERE / 'quit.py'), '--', way, str(moment),
                   str(files), *urls]
        blender = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors='replace')
        try:
            output, _ = blender.communicate(timeout=FIRST + plug.START + plug.END)
        except subprocess.TimeoutExpired:
            blender.kill()
            output = blender.communicate()[0] + '\nBlender has not ended'
        ended = time.monotonic()
        began = re.search(r'^ends at (.*)', output, re.MULTILINE)
        problem = n_parts = None
        if began is None or ENDS[way] not in (None, blender.returncode):
            problem = f'Blender hangs, or ends with {blender.returncode}:\n{output}'
        else:
            try:
                n_parts = puller.check(files, lambda: plug.download(files, urls))
            except AssertionError as error:
                problem = f'{error}\n{output}'
        if problem:
            print(f'ends.{way}, moment {moment}: {problem}', file=sys.stderr, flush=True)
        say(not problem, f'ends.{way}', f' # {ended - float(began[1]):.2f} s, {n_parts} parts' if not problem else '')


def report(session, results, status, output):
    lines = results.read_text(encoding='utf-8').splitlines() if results.exists() else []
    planned, running = [], None
    good = status == 0
    for entry in map(json.loads, lines):
        if 'plan' in entry:
            planned = entry['plan']
        elif 'begin' in entry:
            running = entry['begin']
        else:
            running = None
            planned.remove(entry['name'])
            good = good and entry['failure'] is None
            if entry['failure'] is not None:
                print(f'{session}.{entry["name"]}:\n{entry["failure"]}', file=sys.stderr)
            say(entry['failure'] is None, f'{session}.{entry["name"].removeprefix("case_")}', f' # {entry["seconds"]} s')
    for name in planned:
        print(f'{session}.{name} has not run to its end, because Blender ended with {status}', file=sys.stderr)
        say(False, f'{session}.{name.removeprefix("case_")}')
    if not lines:
        say(False, f'{session}.start')
    if not good:
        print(f'--- {session}, status {status}, in {running}:\n{output[-12000:]}', file=sys.stderr, flush=True)


def main(add_on, pictures, group, *names):
    if shutil.which('blender') is None:
        print('1..0 # SKIP Blender is not installed')
        return 0
    puller = plug.Plug()
    print(f'# PILLION_SEED={plug.SEED}', flush=True)
    for name in names or {'sessions': SESSIONS, 'ends': [f'ends.{way}' for way in ENDS]}[group]:
        if name.startswith('ends.'):
            way = name.removeprefix('ends.')
            for moment in plug.get_moments('blender', way):
                run_end(way, moment, add_on, puller)
        else:
            run_session(name, add_on, pictures, puller.server.url)
    print(f'1..{n_tests}', flush=True)
    return 0 if all_good else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
