"""The notebooks of scenarios/notebooks/ run from top to bottom, and each draws something."""

import ast
import contextlib
import io
import json
import unittest
from pathlib import Path

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "scenarios" / "notebooks").glob("*.ipynb"))


def run(cell, names):
    """What a notebook would show below the cell: the value of its last expression."""
    tree = ast.parse(cell)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


class Notebooks(unittest.TestCase):
    def test_all_run(self):
        self.assertEqual(len(NOTEBOOKS), 5)
        for file in NOTEBOOKS:
            with self.subTest(file.name):
                notebook = json.loads(file.read_text(encoding="utf-8"))
                names, printed, shown = {}, io.StringIO(), []
                with contextlib.redirect_stdout(printed):
                    for cell in notebook["cells"]:
                        if cell["cell_type"] == "code":
                            self.assertEqual(cell["outputs"], [])
                            shown.append(run("".join(cell["source"]), names))
                self.assertTrue(printed.getvalue())
                self.assertTrue(any(hasattr(value, "_repr_svg_") and "<svg" in value._repr_svg_() for value in shown))


if __name__ == "__main__":
    unittest.main()
