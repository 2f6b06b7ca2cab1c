"""What MkDocs makes pages of: files where they stand in the project, so that a link works on the site as in a checkout, and
the generated pages under reference/. Of what pages link to besides (a scenario, a drawing), a copy goes along.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from mkdocs.structure.files import File, Files

here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]
sys.path.insert(0, str(here))
sys.dont_write_bytecode = True
import links  # noqa: E402
import reference  # noqa: E402

generated = tempfile.TemporaryDirectory()  # goes when MkDocs ends


def _aifsim():
    return os.environ.get("AIFSIM", str(root / "build" / "aifsim"))


def _output(*words):
    environment = {**os.environ, "COLUMNS": "110", "AIFSIM_HOME": str(root)}
    return subprocess.run([_aifsim(), *words], check=True, capture_output=True, text=True, env=environment).stdout


def on_files(files, config):
    made = pathlib.Path(generated.name)
    (made / "reference").mkdir(exist_ok=True)
    pages = {f"reference/{kind}.md": reference.keys_page(json.loads(_output("schema", kind))) for kind in reference.KINDS}
    pages["reference/commands.md"] = reference.commands_page(lambda words: _output(*words, "--help"))
    for path, text in pages.items():
        (made / path).write_text(text)
    theme = [file for file in files if file.src_path == "site.css"]
    ours = [File(path, str(root), config["site_dir"], False) for path in links.site_files(root)]
    return Files([*theme, *ours, *(File(path, str(made), config["site_dir"], False) for path in pages)])


def on_page_markdown(markdown, **_):
    """GitHub wants pipes in a table's code escaped, Python-Markdown prints the escape."""
    return re.sub(r"^\|.*$", lambda row: row[0].replace("\\|", "&#124;") if "`" not in row[0] else _unescaped(row[0]),
                  markdown, flags=re.M)


def _unescaped(row):
    return re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), row)
