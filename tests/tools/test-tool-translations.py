# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The command in each of its languages, and whether the translations are complete."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import tooltest
from tooltest import Terminal, run

SOURCE = os.environ["PILLION_SOURCE_DIR"]
WITH_MESSAGE = re.compile(r"(?<![A-Za-z0-9_])(?:_|N_|C_|NC_|ngettext|g_dgettext|g_dngettext) ?\((?:GETTEXT_PACKAGE,)?\s*\"")

# For each language: the name of a locale, a text of the command, a text of the library, and a number
LANGUAGES = {
    "de": ("de_DE.UTF-8", "Befehle:", "„steal“ ist kein Befehl", "1 Datei, ", "der Server antwortete mit 503", "Bilder", ","),
    "fr": ("fr_FR.UTF-8", "Commandes\u00a0:", "«\u00a0steal\u00a0» n’est pas une commande", "1 fichier, ",
           "le serveur a répondu 503", "images", ","),
    "nl": ("nl_NL.UTF-8", "Opdrachten:", "‘steal’ is geen opdracht", "1 bestand, ", "de server antwoordde 503", "beelden",
           ","),
    "zh_CN": ("zh_CN.UTF-8", "命令：", "“steal”不是命令", "1 个文件，", "服务器的回答是 503", "帧", "."),
}


class Translations(tooltest.ToolTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The test's own locales, because a fresh system has none
        cls.locales = tempfile.mkdtemp(prefix="pillion-locales-")
        for locale, *_ in LANGUAGES.values():
            made = subprocess.run(["localedef", "-i", locale.split(".")[0], "-f", "UTF-8", os.path.join(cls.locales, locale)],
                                  capture_output=True, check=False)
            if made.returncode > 1 or not os.path.exists(os.path.join(cls.locales, locale)):
                raise unittest.SkipTest(f"Debian's locales are not installed: localedef can't make {locale}: {made.stderr!r}")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.locales)
        super().tearDownClass()

    def languages(self):
        for locale, *words in LANGUAGES.values():
            yield {"LC_ALL": locale, "LOCPATH": self.locales}, *words

    def test_help(self):
        for changes, commands, *_ in self.languages():
            done = run("--help", **changes)
            self.assertEqual(done.returncode, 0)
            self.assertIn(commands, done.stdout)
            self.assertNotIn("Commands:", done.stdout)
            for command in ("fetch", "demo", "serve"):
                done = run("help", command, **changes)
                self.assertEqual(done.returncode, 0)
                self.assertNotIn("success", done.stdout)
                self.assertNotIn("The request:", done.stdout)

    def test_wrong_usage(self):
        for changes, _, no_command, *_ in self.languages():
            done = run("steal", **changes)
            self.assertEqual(done.returncode, 2)
            self.assertIn(no_command, done.stderr)

    def test_fetch(self):
        for changes, _, _, one_file, refusal, _, mark in self.languages():
            done = run("fetch", "-P", self.folder, "--frames", self.url("thumbnails/000.png"), self.url("failing.bin"), **changes)
            self.assertEqual(done.returncode, 22, done.stderr)
            self.assertIn(one_file, done.stderr)
            self.assertIn(refusal, done.stderr)
            self.assertRegex(done.stderr, rf"\d\{mark}\d+\u00a0")
            self.assertNotRegex(done.stderr, r"\b(done|start|frames|kicks|late)\b(?!  )")

    def test_terminal(self):
        for changes, _, _, _, _, frames, _ in self.languages():
            terminal = Terminal("fetch", "--frames", self.url("thumbnails/000.png"), cwd=self.folder, **changes)
            self.assertEqual(terminal.finish(), 0)
            self.assertRegex(terminal.pictures()[-1][-1], rf"^{frames} +[▁▂▃▄▅▆▇█]+  ")

    def test_language_alone(self):
        # If only C.UTF-8 is installed, LANGUAGE works anyway
        done = run("--help", LC_ALL="C.UTF-8", LANGUAGE="nl")
        self.assertIn("Opdrachten:", done.stdout)


class Files(unittest.TestCase):
    """The translations themselves"""

    def test_potfiles(self):
        """The list contains every file with a message, and nothing else."""
        with open(os.path.join(SOURCE, "po", "POTFILES.in"), encoding="utf-8") as file:
            listed = {line.strip() for line in file if line.strip() and not line.startswith("#")}
        found = set()
        for top in ("src", "tools"):
            for folder, _, names in os.walk(os.path.join(SOURCE, top)):
                for name in names:
                    path = os.path.join(folder, name)
                    if name.endswith(".c"):
                        with open(path, encoding="utf-8") as file:
                            if WITH_MESSAGE.search(file.read()):
                                found.add(os.path.relpath(path, SOURCE))
        self.assertEqual(listed, found)

    def test_complete(self):
        """Every message in the sources is translated, and none is fuzzy."""
        with tempfile.TemporaryDirectory() as folder:
            template = os.path.join(folder, "pillion.pot")
            subprocess.run(["xgettext", "--files-from=po/POTFILES.in", "--from-code=UTF-8", "--keyword=_", "--keyword=N_",
                            "--keyword=C_:1c,2", "--keyword=NC_:1c,2", "--keyword=g_dcgettext:2", "--keyword=g_dngettext:2,3",
                            "--keyword=ngettext:1,2", "--output=" + template],
                           cwd=SOURCE, check=True, capture_output=True)
            for language in LANGUAGES:
                with self.subTest(language=language):
                    translation = os.path.join(SOURCE, "po", language + ".po")
                    compared = subprocess.run(["msgcmp", translation, template], capture_output=True,
                                              text=True, check=False)
                    self.assertEqual(compared.returncode, 0, compared.stderr)
                    checked = subprocess.run(["msgfmt", "--check", "--statistics", "--output=/dev/null", translation],
                                             capture_output=True, text=True, check=False, env=dict(os.environ, LC_ALL="C"))
                    self.assertEqual(checked.returncode, 0, checked.stderr)
                    self.assertRegex(checked.stderr, r"^\d+ translated messages\.$")


if __name__ == "__main__":
    tooltest.main()
