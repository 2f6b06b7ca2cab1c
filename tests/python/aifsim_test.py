"""The Python package against the program itself: the same figures, the same errors."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import aifsim
from aifsim._ask import _path_of, program

ROOT = Path(__file__).resolve().parents[2]
SMALL = {
    "title": "small",
    "question": "how long?",
    "platforms": ["mn5_acc"],
    "workload": "gpt-2.7b",
    "gpus": [8, 16],
    "fidelity": "analytical",
}


def told(*arguments):
    """What the program prints for the same question."""
    return json.loads(subprocess.run([program(), *arguments], stdout=subprocess.PIPE, check=True).stdout)


class SameFigures(unittest.TestCase):
    def test_run(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = aifsim.run("first-look", fidelity="analytical", out=folder)
            other = told("run", "first-look", "--fidelity", "analytical", "--out", folder + "/other", "--json")
            self.assertEqual([point.to_dict() for point in answer.points], other["points"])
            self.assertTrue(os.path.exists(os.path.join(answer.folder, "report.html")))

    def test_collective(self):
        answer = aifsim.collective("all_reduce", platform="dgx_h100", ranks=16, size="64MiB", sweep="sizes")
        other = told("collective", "all_reduce", "--platform", "dgx_h100", "--ranks", "16", "--size", "64MiB", "--sweep", "sizes", "--json")
        self.assertEqual([row.to_dict() for row in answer.table], other["rows"])
        self.assertEqual(answer.chosen.bytes, 64 * 2**20)
        self.assertEqual(aifsim.collective("broadcast", platform="dgx_h100", ranks=4, size=2**20).rows[0].bytes, 2**20)

    def test_search_bisection_show_list(self):
        with tempfile.TemporaryDirectory() as folder:
            words = ["--gpus", "8,16", "--top", "2", "--fidelity", "analytical"]
            answer = aifsim.search("gpt-2.7b", platform="mn5_acc", gpus=[8, 16], top=2, fidelity="analytical")
            other = told("search", "gpt-2.7b", "--platform", "mn5_acc", *words, "--out", folder, "--json")
            self.assertEqual(answer.best[0].step_time_s, other["best"][0]["step_time_s"])
            self.assertEqual(answer.layouts, other["layouts"])
        self.assertEqual(aifsim.bisection("dgx_h100").table[0].to_dict(), told("bisection", "dgx_h100", "--json")["halves"][0])
        self.assertEqual(len(aifsim.list_catalogue("gpus")), len(told("list", "gpus", "--json")))
        figures = aifsim.show("gpu", "a40").table
        self.assertIn("NVIDIA A40", [figure.value for figure in figures])
        self.assertEqual(aifsim.version(), subprocess.run([program(), "--version"], stdout=subprocess.PIPE).stdout.decode().strip())

    def test_compare(self):
        layout = {"tensor_parallel": 1, "pipeline_parallel": 1, "context_parallel": 1, "recompute": "none"}
        work = {"tokens": "1B", "global_batch": 32}
        question = {**SMALL, "platforms": ["mn5_acc", "leonardo_booster"], "gpus": [16],
                    "variants": [{"label": "BF16", "training": {**layout, **work}}]}
        answer = aifsim.compare(question)
        self.assertEqual(sorted(p.platform for p in answer.proposals), ["leonardo_booster", "mn5_acc"])
        first = answer.proposals[0]
        self.assertIn(first.title, answer.works[0].answer)
        again = aifsim.run(Path(answer.folder) / "best-1.yaml").points[0]
        self.assertEqual(first.step_time_s, again.step_time_s)

    def test_explain(self):
        answer = aifsim.explain({**SMALL, "gpus": [8]}, fidelity="analytical")
        self.assertAlmostEqual(sum(answer.time_goes.values()), answer.step_time_s)
        self.assertTrue(all(lever.what for lever in answer.table))


class Descriptions(unittest.TestCase):
    def test_a_dictionary_answers_as_its_file_does(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "small.yaml"
            file.write_text("kind: scenario\n" + "".join(f"{k}: {json.dumps(v)}\n" for k, v in SMALL.items()))
            of_file = aifsim.run(file).points
            self.assertEqual([p.to_dict() for p in aifsim.run(SMALL).points], [p.to_dict() for p in of_file])

    def test_platforms_and_workloads_may_be_dictionaries(self):
        quick = {"include": str(ROOT / "platforms/mn5_acc.yaml"), "name": "quicker", "fabric": {"injection": "400Gbps"},
                 "source": "a proposal", "confidence": "assumed"}
        points = aifsim.run({**SMALL, "platforms": ["mn5_acc", quick], "gpus": [64]}).points
        self.assertEqual([p.platform for p in points], ["mn5_acc", "quicker"])
        self.assertLess(points[1].step_time_s, points[0].step_time_s)

    def test_a_point_without_an_answer_is_a_row(self):
        huge = {**SMALL, "workload": "gpt-175b", "variants": [{"label": "x", "training": {"tensor_parallel": 1, "pipeline_parallel": 1, "sharding": "ddp", "micro_batch": 1, "sequence_parallel": False}}]}
        points = aifsim.run(huge).points
        self.assertIn("does not fit in memory", points[0].problem)
        self.assertIsNone(points[0].step_time_s)


class Errors(unittest.TestCase):
    def test_of_a_file_with_its_place(self):
        file = ROOT / "tests/scenarios/bad/jobs_no_kind.yaml"
        with self.assertRaises(aifsim.InputError) as caught:
            aifsim.run(file)
        places = [(Path(p.file).name, p.line, p.column) for p in caught.exception.problems]
        self.assertIn(("jobs_no_kind.yaml", 7, 5), places)
        self.assertIn(7, [p.line for p in aifsim.check(file)])
        self.assertEqual(aifsim.check(ROOT / "scenarios/first-look.yaml"), [])

    def test_of_a_dictionary_with_the_key(self):
        for wrong, key, words in [
            ({"platforms": ["mn5_acc", "mn5_ac"]}, "platforms[1]", 'did you mean "mn5_acc"'),
            ({"fidelty": "flow"}, "fidelty", 'did you mean "fidelity"'),
            ({"variants": [{"label": "a", "training": {"sharding": "zero9"}}]}, "variants[0].training.sharding", "zero9"),
        ]:
            with self.subTest(key), self.assertRaises(aifsim.InputError) as caught:
                aifsim.run({**SMALL, **wrong})
            first = caught.exception.problems[0]
            self.assertEqual(first.key, key)
            self.assertIsNone(first.file)
            self.assertIn(words, first.message)
            self.assertIn(key, str(caught.exception))
        with self.assertRaises(TypeError):
            aifsim.run({**SMALL, "gpus": object()})

    def test_of_arguments(self):
        with self.assertRaises(aifsim.InputError):
            aifsim.collective("all_redoce", platform="mn5_acc", ranks=8)
        with self.assertRaises(aifsim.InputError):
            aifsim.show("gpu", "no_such_gpu")

    def test_paths_of_lines(self):
        value = {"a": [1, {"b": {"c": 2}, "d": [3, [4, 5]]}, {"e": 6}], "f": 7}
        lines = json.dumps(value, indent=2).split("\n")
        for text, path in [('"c": 2', "a[1].b.c"), ("3,", "a[1].d[0]"), ("5", "a[1].d[1][1]"), ('"e": 6', "a[2].e"), ('"f": 7', "f")]:
            line = next(i for i, known in enumerate(lines, 1) if known.strip() == text)
            self.assertEqual(_path_of(lines, line), path)


class Tables(unittest.TestCase):
    def test_rows_and_frame(self):
        points = aifsim.run(SMALL).points
        rows = points.rows()
        self.assertEqual([row["gpus"] for row in rows], [8, 16])
        self.assertIn("memory.total_bytes", rows[0])
        self.assertEqual(len(points[:1]), 1)
        try:
            import pandas
        except ImportError:
            with self.assertRaisesRegex(ImportError, "python3-pandas"):
                points.to_frame()
        else:
            self.assertIsInstance(points.to_frame(), pandas.DataFrame)
        with self.assertRaisesRegex(AttributeError, "there is no mfuu"):
            points[0].mfuu


class LongWork(unittest.TestCase):
    def test_progress(self):
        calls = []
        aifsim.run({**SMALL, "gpus": [8, 16, 32]}, workers=1, progress=lambda *call: calls.append(call))
        self.assertTrue(calls)
        self.assertTrue(all(0 <= done <= count and isinstance(name, str) for done, count, name in calls))

    def test_what_the_callback_throws_ends_the_run(self):
        def fail(*_):
            raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough"):
            aifsim.run({**SMALL, "gpus": [8, 16, 32]}, workers=1, progress=fail)

    def test_interrupt(self):
        long = {**SMALL, "gpus": [512], "fidelity": "flow"}
        timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        began = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            aifsim.run(long, draws=100000)
        self.assertLess(time.monotonic() - began, 30)

    def test_threads_ask_side_by_side(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(aifsim.run(SMALL).points[0].step_time_s)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(answers)), 1)
        self.assertEqual(len(answers), 3)


if __name__ == "__main__":
    unittest.main()
