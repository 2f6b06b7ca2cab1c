"""Pages of the project and the links in them.

pages(root) -> paths; links_of(text) -> [(line, target)]; anchors_of(text) -> set; site_files(root) -> paths of pages and of
what they link to.
"""
import os
import pathlib
import re

_GLOBS = ("README.md", "CHANGELOG.md", "docs/*.md", "sim/*/README.md", "sim/*/*/README.md", "tests/*/README.md",
          "real_runs/README.md", "scenarios/**/*.md")


def pages(root):
    found = {path.relative_to(root).as_posix() for glob in _GLOBS for path in pathlib.Path(root).glob(glob)}
    return sorted(found)


def without_code(text):
    """Fenced blocks and code spans blanked out, lines kept."""
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])
    text = re.sub(r"^ *```.*?^ *```", blank, text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", blank, text)


def links_of(text):
    plain = without_code(text)
    return [(plain.count("\n", 0, match.start()) + 1, match[1]) for match in re.finditer(r"\]\(([^)\s]*)\)", plain)]


def headings_of(text):
    fences = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    return [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]) for match in re.finditer(r"^#+ +(.*?) *#*$", fences, flags=re.M)]


def anchors_of(text):
    """Of GitHub and of MkDocs where both agree: a link must work on both."""
    anchors = set()
    for heading in headings_of(text):
        heading = heading.replace("`", "")
        github = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        mkdocs = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())
        if github == mkdocs:
            anchors.add(github)
    return anchors


def is_outside(target):
    return re.match(r"[a-z]+:", target) is not None


def target_of(page, target):
    """The path, from the root, that a link of `page` names; and its anchor."""
    path, _, anchor = target.partition("#")
    if not path:
        return page, anchor
    return os.path.normpath(os.path.join(os.path.dirname(page), path)), anchor


def site_files(root):
    files = pages(root)
    for page in list(files):
        for _, target in links_of((pathlib.Path(root) / page).read_text()):
            path = target_of(page, target)[0]
            if not is_outside(target) and path not in files and (pathlib.Path(root) / path).is_file():
                files.append(path)
    return files
