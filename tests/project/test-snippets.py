#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Every snippet in the README, the pages of docs/ and the documentation comments is compiled or run as it stands.

A C snippet with a main () is a program: it is compiled with the flags from pkg-config and run, like those in Python,
JavaScript and Vala, with the address of a file on a loopback server and the name of a file to write as arguments. It must
succeed. A C snippet without one must compile, at the top of a file or in a function; so must a Python snippet that imports
nothing. A shell snippet is run with the address in $URL, and the C snippet before it in a file of the name that it uses. Its
lines with ./run are not run, because they are what runs this test, but must name an existing command.
"""

import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import loopback
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
BUILD = pathlib.Path(os.environ['PILLION_BUILD_DIR'])
FENCE = re.compile(r'^```(\w*)\n(.*?)^```$', re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r'^/\*\*\n(.*?)^ ?\*/', re.DOTALL | re.MULTILINE)
WARNINGS = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wno-missing-field-initializers']

# What a fragment of a function may use without creating it
IN_A_FUNCTION = '''
#include <pillion-http/pillion-http.h>
PillionLoop *loop;
PillionTask *task;
PillionHost *host;
PillionHttpClient *client;
GFile *file;
GCancellable *cancellable;
gpointer user_data;
GError *error;
gboolean running;
const char *url;
G_GNUC_UNUSED static void draw_frame (void) { }
G_GNUC_UNUSED static void on_done (PillionTask *done, gpointer data) { }
void snippet (void);
void
snippet (void)
{
%s
}
'''

# The headers of main loops, and their packages
MAIN_LOOPS = {'GLFW/glfw3.h': 'glfw3', 'SDL.h': 'sdl2', 'event2/event.h': 'libevent_core', 'systemd/sd-event.h': 'libsystemd',
              'uv.h': 'libuv'}

HAVE_GTK = subprocess.run(['/usr/bin/python3', '-c', "import gi; gi.require_version('Gtk', '4.0')"],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0

# What is done to the programs of docs/your-program.md, each with the window of one toolkit: a coroutine opens a dialog that
# needs the loop to end, and the window is closed by its frame
IN_A_WINDOW = {
    'Tk': {
        'dialog': """
async def work():
    dialog = tkinter.Toplevel(window)
    asyncio.ensure_future(asyncio.sleep(0.05)).add_done_callback(lambda task: dialog.destroy())
    dialog.wait_window()

window = tkinter.Tk()
pillion.hosts.tk.install(window)
job = asyncio.ensure_future(work())
job.add_done_callback(lambda job: window.destroy())
window.mainloop()
job.result()
""",
        'run': 'window.mainloop()\n',
        'close': "window.after(1, window.tk.eval, window.protocol('WM_DELETE_WINDOW'))\n",
    },
    'Qt': {
        'dialog': """
async def work():
    dialog = QtWidgets.QDialog()
    asyncio.ensure_future(asyncio.sleep(0.05)).add_done_callback(lambda task: dialog.accept())
    dialog.exec_()

app = QtWidgets.QApplication(sys.argv[:1])
pillion.hosts.qt.install(app)
job = asyncio.ensure_future(work())
job.add_done_callback(lambda job: app.quit())
app.exec_()
job.result()
""",
        'run': 'app.exec_()\n',
        'close': 'QtCore.QTimer.singleShot(1, button.close)\n',
    },
    'GTK, and anything else on GLib': {
        'dialog': """
from gi.repository import GLib

async def work():
    dialog = GLib.MainLoop()
    asyncio.ensure_future(asyncio.sleep(0.05)).add_done_callback(lambda task: dialog.quit())
    dialog.run()

def on_activate(app):
    global job
    window = Gtk.ApplicationWindow(application=app)
    job = asyncio.ensure_future(work())
    job.add_done_callback(lambda job: window.destroy())

pillion.hosts.gtk.install()
app = Gtk.Application()
app.connect('activate', on_activate)
app.run()
job.result()
""",
        'run': 'app.run()\n',
        'close': "app.connect_after('activate', lambda app: app.get_windows()[0].close())\n",
    },
}


def pages():
    """Pairs of a name and a text that may contain snippets."""
    for path in [SOURCE / 'README.md', SOURCE / 'CONTRIBUTING.md', *sorted((SOURCE / 'docs').rglob('*.md'))]:
        yield path, path.read_text(encoding='utf-8')
    for folder, pattern in (('src', '*.c'), ('include', '*.h')):
        for path in sorted((SOURCE / folder).rglob(pattern)):
            text = path.read_text(encoding='utf-8')
            for comment in COMMENT.finditer(text):
                body = re.sub(r'^ \* ?', '', comment.group(1), flags=re.MULTILINE)
                if '```' in body or '|[' in body:
                    # Keep the line numbers of the file
                    yield path, '\n' * text[:comment.start(1)].count('\n') + body


def flags(text):
    modules = ['pillion-http-1' if 'pillion_http_' in text or 'pillion-http.h' in text else 'pillion-1'] + (['json-glib-1.0'] if 'json-glib' in text else [])
    for header, module in MAIN_LOOPS.items():
        if f'#include <{header}>' in text:
            if subprocess.run(['pkg-config', '--exists', module], check=False).returncode != 0:
                raise unittest.SkipTest(f'{module} is not installed')
            modules.append(module)
    run = subprocess.run(['pkg-config', '--cflags', '--libs', *modules], check=True, capture_output=True, text=True)
    return run.stdout.split()

# It would reset itself when its last client leaves, and refuse the next one: wxPython asks for a display that way
XVFB = ['xvfb-run', '-a', '-s', '-screen 0 1280x1024x24 -nolisten tcp -noreset']

class Snippets(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-snippet-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def check(self, *command, cwd=None, timeout=120, **env):
        run = subprocess.run(command, cwd=cwd or self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors='replace', timeout=timeout, check=False,
                             env=dict(os.environ, **env))
        self.assertEqual(run.returncode, 0, f'{" ".join(command)}\n{run.stdout}')

    def compile_c(self, text, *arguments):
        (self.folder / 'snippet.c').write_text(text, encoding='utf-8')
        compiler = os.environ.get('CC', 'cc').split()
        return subprocess.run([*compiler, *WARNINGS, 'snippet.c', *arguments, *flags(text)], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def run_program(self, *command, text=''):
        with loopback.Server() as server:
            url = server + ('/data.json' if 'json' in text else '/file.bin')
            self.check(*command, url, 'written')

    def check_usage(self, *command):
        run = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stdout), (2, ''), run.stderr)
        self.assertRegex(run.stderr, r'^Usage: \S+ URL( FILE)?\n$')

    # program_LANGUAGE turns a snippet into a program, and returns the command that runs it

    def program_c(self, text):
        made = self.compile_c(text, '-o', 'snippet')
        self.assertEqual(made.returncode, 0, made.stdout)
        return ['./snippet']

    def program_python(self, text):
        (self.folder / 'snippet.py').write_text(text, encoding='utf-8')
        if re.search(r'^(import bpy|from pillion.hosts.blender )', text, re.MULTILINE):
            if not shutil.which('blender'):
                self.skipTest('Blender is not installed')
            if 'def register' in text:  # as Blender calls an add-on
                with (self.folder / 'snippet.py').open('a', encoding='utf-8') as file:
                    file.write('register()\nunregister()\n')
            return ['blender', '-b', '--factory-startup', '--python-exit-code', '1', '--python', str(self.folder / 'snippet.py'), '--']
        uses_gtk = "'Gtk', '4.0'" in text
        if uses_gtk and not HAVE_GTK:
            self.skipTest('GTK 4 is not installed')
        for module, package in (('tkinter', 'Tk for Python'), ('pygame', 'pygame'), ('PyQt5', 'PyQt'), ('trio', 'trio'), ('wx', 'wxPython'),
                                ('aiohttp', 'aiohttp')):
            if re.search(rf'^(import|from) {module}', text, re.MULTILINE) and not importlib.util.find_spec(module):
                self.skipTest(f'{package} is not installed')
        # PyGObject warns if a program doesn't say which version of a namespace it wants
        command = ['/usr/bin/python3', '-u', '-X', 'dev', '-W', 'ignore', '-W', 'error:Pillion', 'snippet.py']
        if uses_gtk or re.search('^import (tkinter|wx)', text, re.MULTILINE):
            if not shutil.which('xvfb-run'):
                self.skipTest('Xvfb is not installed')
            command = [*XVFB, *command]
        return ['env', 'SDL_VIDEODRIVER=dummy', 'SDL_AUDIODRIVER=dummy', 'QT_QPA_PLATFORM=offscreen', *command]

    def program_js(self, text):
        if not shutil.which('gjs'):
            self.skipTest('gjs is not installed')
        (self.folder / 'snippet.js').write_text(text, encoding='utf-8')
        command = ['gjs', '-m', 'snippet.js']
        if 'gi://Gtk' in text:
            if not HAVE_GTK:
                self.skipTest('GTK 4 is not installed')
            if not shutil.which('xvfb-run'):
                self.skipTest('Xvfb is not installed')
            command = [*XVFB, *command]
        return command

    def program_vala(self, text):
        if not shutil.which('valac'):
            self.skipTest('valac is not installed')
        (self.folder / 'snippet.vala').write_text(text, encoding='utf-8')
        packages = ['gio-2.0', 'pillion-1']
        packages += [package for package, word in (('json-glib-1.0', 'Json.'), ('posix', 'Posix.'), ('pillion-http-1', 'PillionHttp.')) if word in text]
        self.check('valac', *(f'--pkg={package}' for package in packages), '-X', '-w',
                   '-o', 'snippet', 'snippet.vala')
        return ['./snippet']

    def snippet_c(self, text, before):
        if re.search(r'^main \(', text, re.MULTILINE):
            program = self.program_c(text)
            if 'argv[1]' in text:
                self.check_usage(*program)
            self.run_program(*program, text=text)
            return
        if '#include' not in text:
            text = '#include <pillion-http/pillion-http.h>\n' + text
        top = self.compile_c(text, '-fsyntax-only', '-Wno-unused')
        if top.returncode != 0:
            # A callback before the statements that use it: GNU C allows a function inside the function
            body = re.sub(r'^static ', '', re.sub('#include <pillion.*>', '', text), flags=re.MULTILINE)
            inside = self.compile_c(IN_A_FUNCTION % body, '-fsyntax-only', '-Wno-unused', '-Wno-shadow')
            self.assertEqual(inside.returncode, 0, f'At the top: {top.stdout}\nIn a function: {inside.stdout}')

    def snippet_python(self, text, before):
        if 'import' not in text:
            compile(text, 'fragment', 'exec')
            return
        if 'import pytest' in text:
            if not importlib.util.find_spec('pytest'):
                self.skipTest('pytest is not installed')
            (self.folder / 'snippet.py').write_text(text, encoding='utf-8')
            self.check('/usr/bin/python3', '-m', 'pytest', '-p', 'pillion_pytest', '-p', 'no:cacheprovider', 'snippet.py')
            return
        self.run_program(*self.program_python(text), text=text)

    def snippet_js(self, text, before):
        self.run_program(*self.program_js(text), text=text)

    def snippet_vala(self, text, before):
        self.run_program(*self.program_vala(text), text=text)

    def catalogue(self, language, text):
        """A program that fetches a catalogue of thumbnails: it gets all of them, and stops when told to."""
        program = getattr(self, 'program_' + language)(text)
        with loopback.Server() as server:
            for stop in (False, True):
                said = []
                stopped = False
                if stop:
                    loopback.late.clear()  # so that it is not done before it is told
                with subprocess.Popen([*program, server + '/catalogue.json'], cwd=self.folder, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, text=True) as run:
                    for line in run.stdout:
                        said.append(line.strip())
                        if stop and not stopped and re.match('[5-9] of 50, ', said[-1]):
                            stopped = True
                            run.send_signal(signal.SIGINT)
                loopback.late.set()
                self.assertEqual(run.returncode, 0, said)
                if stop:
                    self.assertRegex(said[-1], '^([5-9]|1[01]) of 50')
                else:
                    self.assertEqual(said[-1], '47 of 50, 3 failed')

    def in_a_window(self):
        """The programs of docs/your-program.md that have a window, and what to do to them."""
        page = (SOURCE / 'docs' / 'your-program.md').read_text(encoding='utf-8')
        for toolkit, changes in IN_A_WINDOW.items():
            section = page.partition(f'\n## {toolkit}\n')[2]
            with self.subTest(toolkit):
                yield FENCE.search(section).group(2), changes

    def test_hosts_kick_in_a_dialog_of_a_coroutine(self):
        for text, changes in self.in_a_window():
            host, fetch, _ = text.partition('async def fetch')
            self.assertTrue(fetch)
            program = self.program_python(host + changes['dialog'])
            self.check(*program, timeout=30, QT_NO_GLIB='1')  # with GLib in it, Qt needs no kicks

    def test_the_first_program_fails_if_its_download_does(self):
        text = FENCE.search((SOURCE / 'README.md').read_text(encoding='utf-8')).group(2)
        with loopback.Server() as server:
            run = subprocess.run([*self.program_python(text), server + '/no-such-file', 'written'], cwd=self.folder, capture_output=True,
                                 text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn('404', run.stderr)

    def test_closing_the_window_cancels_the_job(self):
        for text, changes in self.in_a_window():
            self.assertEqual(text.count(changes['run']), 1)
            closing = text.replace(changes['run'], changes['close'] + changes['run']) + 'assert job.cancelled()\n'
            self.run_program(*self.program_python(closing))

    def snippet_sh(self, text, before):
        usage = subprocess.run([SOURCE / 'run'], capture_output=True, text=True, check=True).stdout
        for command in re.findall(r'\./run ([a-z]+)', text):
            self.assertRegex(usage, rf'(?m)^  {command}\b')
        for name in re.findall(r'\b[\w-]+\.c\b', text):
            self.assertIn('c', before, 'there is no C snippet before this one')
            (self.folder / name).write_text(before['c'], encoding='utf-8')
        script = '\n'.join(line for line in text.splitlines() if './run' not in line)
        with loopback.Server() as server:
            self.check('sh', '-euc', script, URL=server + '/file.bin', PATH=f'{BUILD}/tools/pillion:{os.environ["PATH"]}')


class Rules(unittest.TestCase):
    def test_no_old_style_snippets(self):
        for path, text in pages():
            with self.subTest(path):
                self.assertNotIn('|[', text)

    def test_there_are_snippets_where_they_must_be(self):
        found = {(path.name, match.group(1)) for path, text in pages() for match in FENCE.finditer(text)}
        for wanted in (('README.md', 'python'), ('your-program.md', 'c'), ('your-program.md', 'sh'), ('tasks.md', 'c')):
            self.assertIn(wanted, found)

    def test_commands_in_the_readme(self):
        usage = subprocess.run([SOURCE / 'run'], capture_output=True, text=True, check=True).stdout
        for name in ('README.md', 'CONTRIBUTING.md'):
            for command in re.findall(r'\./run ([a-z]+)', (SOURCE / name).read_text(encoding='utf-8')):
                self.assertRegex(usage, rf'(?m)^  {command}\b')


def add_tests():
    for path, text in pages():
        before = {}
        for match in FENCE.finditer(text):
            language, body = match.group(1), textwrap.dedent(match.group(2))
            line = text[:match.start()].count('\n') + 1
            name = f'test_{path.relative_to(SOURCE)}:{line}'
            if language in ('', 'text', 'ini', 'xml'):
                continue

            def test(self, language=language, body=body, before=dict(before)):
                run = getattr(self, 'snippet_' + language, None)
                self.assertIsNotNone(run, f'nobody knows how to run {language}')
                if 'thumbnail panel' in body:
                    self.catalogue(language, body)
                else:
                    run(body, before)

            setattr(Snippets, name, test)
            before[language] = body


if __name__ == '__main__':
    add_tests()
    tap.main()
