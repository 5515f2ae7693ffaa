#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What docs/http/coming-from.md says of Pillion is true: its code runs, line by line"""

import ast
import asyncio
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import gi

gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.repository import PillionHttp

import loopback
import pillion
import tap

SOURCE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'])
PAGE = (SOURCE / 'docs' / 'http' / 'coming-from.md').read_text(encoding='utf-8')

DATA = SOURCE / 'tests' / 'http' / 'data'

# Around the code of the last column: what a reader of the table has already
C_PROGRAM = '''
#include <pillion-http/pillion-http.h>

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(PillionHttpClient) client = pillion_http_client_new (loop);
  const char *url = argv[1];
  g_autoptr(PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autofree char *socket_url = g_strconcat (url, "/socket", NULL);
  g_autoptr(PillionHttpRequest) socket_request = pillion_http_request_new ("GET", socket_url);
  g_autoptr(PillionTask) task = pillion_http_client_send (client, request, NULL);
  g_autoptr(GFile) file = g_file_new_for_path (argv[2]);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("abc", 3);
  g_autoptr(PillionHttpCookieJar) jar = pillion_http_cookie_jar_new ();
  g_autoptr(PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
  g_autoptr(PillionHttpForm) form = pillion_http_form_new ();
  g_autoptr(PillionHttpResponse) response = NULL;
  g_autoptr(GError) error = NULL;

  pillion_loop_run_until_complete (loop, task, &error);
  g_assert_no_error (error);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
%s
  return 0;
}
'''


def rows(heading):
    """The code of the last column of the table below a heading."""
    section = PAGE.partition(f'\n## {heading}\n')[2].partition('\n## ')[0]
    for line in section.splitlines():
        if line.startswith('|') and not line.startswith('|---'):
            yield from re.findall(r'`([^`]+)`', line.rsplit(' | ', 1)[1])


class ComingFrom(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-coming-from-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.path = self.folder / 'file'
        self.path.write_bytes(b'content')
        server = loopback.Server()
        self.url = server.__enter__() + '/echo'
        self.addCleanup(server.__exit__)

    def test_python(self):
        lines = list(rows('Python'))
        self.assertGreater(len(lines), 25)

        async def main():
            async with contextlib.AsyncExitStack() as stack:
                names = {'PillionHttp': PillionHttp, 'asyncio': asyncio, 'url': self.url, 'socket_url': self.url + '/socket', 'path': self.path,
                         'authorities': DATA / 'cert.pem', 'certificate': DATA / 'client-cert.pem', 'key': DATA / 'client-key.pem',
                         'enter': stack.enter_async_context}
                for line in lines:
                    with self.subTest(line):
                        code = compile(line, line, 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                        started = eval(code, names)  # pylint: disable=eval-used
                        if started is not None:
                            await started
                self.assertEqual(names['response'].status, 200)
                self.assertIn(b'"method"', b''.join(names['pieces']))
                self.assertTrue(names['lines'])
                self.assertEqual(names['values'][0]['method'], 'GET')
                self.assertEqual(names['message'], 'hello')

        pillion.run(main())

    def test_c(self):
        lines = list(rows('C'))
        self.assertGreater(len(lines), 20)
        calls = ''.join(self.call(line) for line in lines)
        (self.folder / 'program.c').write_text(C_PROGRAM % calls, encoding='utf-8')
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'pillion-http-1'], check=True, capture_output=True, text=True)
        compiler = os.environ.get('CC', 'cc').split()
        for command in ([*compiler, '-Wall', '-Werror', 'program.c', '-o', 'program', *flags.stdout.split()],
                        ['./program', self.url, self.path]):
            run = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)

    def call(self, line):
        """What starts a task ends well, if it is waited for."""
        if re.match(r'pillion_http_client_(get_bytes|send|open|open_web_socket|download|upload) ', line):
            return f'''
  {{
    g_autoptr(PillionTask) started = {line};

    pillion_loop_run_until_complete (loop, started, &error);
    g_assert_no_error (error);
  }}
'''
        if line.startswith('pillion_http_request_new '):
            return f'  g_object_unref ({line});\n'
        return f'  (void) {line};\n'


if __name__ == '__main__':
    tap.main()
