"""Of README.md, docs/, the rooms' READMEs, studies: each relative link is a file of the project and its anchor a heading (as GitHub and as
MkDocs spell it), each file of ours that a page names in `code` is there, lists stand behind a blank line (or MkDocs makes one paragraph of
them), and the site's reading order has every page once. No network.
"""
import pathlib
import re
import sys
import unittest

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "docs" / "site"))
import links  # noqa: E402
import reference  # noqa: E402

OURS = re.compile(r"`((?:sim|tests|cmake|docs|schemas|real_runs)/[\w./-]*\w\.(?:hpp|cpp|md|def|py|json|cmake|cu|ts))`")


def text_of(page):
    return (root / page).read_text(encoding="utf-8")


class Pages(unittest.TestCase):
    def test_links(self):
        for page in links.pages(root):
            for line, target in links.links_of(text_of(page)):
                if links.is_outside(target):
                    continue
                with self.subTest(f"{page}:{line}: {target}"):
                    path, anchor = links.target_of(page, target)
                    self.assertTrue((root / path).is_file(), "there is no such file")
                    if anchor:
                        self.assertIn(anchor, links.anchors_of(text_of(path)), "no heading is spelled so")

    def test_files_that_pages_name(self):
        for page in links.pages(root):
            if page == "CHANGELOG.md":  # tells of the past
                continue
            for name in OURS.findall(text_of(page)):
                with self.subTest(f"{page}: {name}"):
                    self.assertTrue((root / name).is_file())

    def test_lists_begin_behind_a_blank_line(self):
        for page in links.pages(root):
            lines = links.without_code(text_of(page)).split("\n")
            for number, (before, line) in enumerate(zip(lines, lines[1:]), 2):
                if re.match(r"([-*]|\d+\.) ", line) and before.strip() and not re.match(r" *([-*]|\d+\.) |  ", before):
                    self.fail(f"{page}:{number}: a list begins right behind a line of text")

    def test_reading_order(self):
        nav = re.findall(r"^ +- [^:\n]+: (\S+\.md)$", text_of("docs/site/mkdocs.yml"), re.M)
        generated = [f"reference/{name}.md" for name in ["commands", *reference.KINDS]]
        self.assertEqual(sorted(nav), sorted(links.pages(root) + generated))

    def test_the_checks_find_what_is_wrong(self):
        page = "# A b\n\nSee [x](gone.md), [y](#a-b), `[no](link)`.\n\n```\n[no](link)\n```\n"
        self.assertEqual(links.links_of(page), [(3, "gone.md"), (3, "#a-b")])
        self.assertEqual(links.anchors_of(page + "\n## C - d\n\n## `e_f`, G?\n"), {"a-b", "e_f-g"})
        self.assertEqual(links.target_of("docs/a.md", "../sim/b.md#c"), ("sim/b.md", "c"))


if __name__ == "__main__":
    unittest.main()
