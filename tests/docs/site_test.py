"""The pages as a site, built by MkDocs: no warning, every page of the reading order, nothing loaded from elsewhere, every link to a file and
an id that are there, generated reference included.
"""
import html.parser
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.parse

root = pathlib.Path(__file__).resolve().parents[2]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        if of.get("id"):
            self.ids.add(of["id"])
        if tag == "a" and of.get("href"):
            self.links.append(of["href"])
        self.loaded += [of[key] for key in ("src", "href") if of.get(key) and tag in ("script", "link", "img", "iframe")]


class Site(unittest.TestCase):
    def test_site(self):
        with tempfile.TemporaryDirectory() as folder:
            site = pathlib.Path(folder) / "site"
            ran = subprocess.run(["mkdocs", "build", "--quiet", "--config-file", root / "docs/site/mkdocs.yml", "--site-dir", site],
                                 capture_output=True, text=True, env={**os.environ, "AIFSIM": os.path.abspath(os.environ["AIFSIM"])})
            self.assertEqual((ran.returncode, ran.stdout + ran.stderr), (0, ""))
            pages = {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
            for order in re.findall(r": (\S+)\.md$", (root / "docs/site/mkdocs.yml").read_text(), re.M):
                self.assertIn(re.sub(r"(^|/)README$", r"\1index", order) + ".html", pages)
            for name, page in pages.items():
                if name == "404.html":  # the server's, with links from the top
                    continue
                for target in page.loaded:
                    with self.subTest(f"{name} loads {target}"):
                        self.assertTrue(self.file_of(site, name, target).is_file())
                for target in page.links:
                    parts = urllib.parse.urlsplit(target)
                    if parts.scheme in ("http", "https", "mailto"):
                        continue
                    with self.subTest(f"{name} links to {target}"):
                        file = self.file_of(site, name, target)
                        self.assertTrue(file.is_file())
                        if parts.fragment and file.suffix == ".html":
                            self.assertIn(parts.fragment, pages[file.relative_to(site).as_posix()].ids)
            commands = (site / "reference/commands.html").read_text()
            for words in ("aifsim run", "aifsim calibrate gpu", "aifsim docs"):
                self.assertIn(f">{words}<", commands)
            platform = (site / "reference/platform.html").read_text()
            self.assertIn("oversubscription", platform)

    @staticmethod
    def file_of(site, name, target):
        parts = urllib.parse.urlsplit(target)
        if parts.scheme or parts.netloc:
            raise AssertionError("loads from elsewhere")
        path = urllib.parse.unquote(parts.path)
        return pathlib.Path(os.path.normpath(site / pathlib.Path(name).parent / path)) if path else site / name


if __name__ == "__main__":
    unittest.main()
