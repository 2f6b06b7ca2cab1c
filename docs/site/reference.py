"""Pages of reference, from what the program itself says: the keys of a kind of file from its JSON Schema, the commands from
their --help. Both come from the tables that read the files and the command line, so no page tells of a key that is not there.

keys_page(schema) -> Markdown      schema: as `aifsim schema KIND` prints it
commands_page(help_of) -> Markdown  help_of([words]) -> the text of `aifsim WORDS --help`
"""
import json
import re

KINDS = {  # in reading order: heading, folder, what a file is
    "platform": ("Platform", "platforms/", "A machine: nodes, wiring, fabric, storage, power, site and cost"),
    "gpu": ("GPU model", "gpu_models/", "A device: figures of the data sheet, and constants fitted to real runs"),
    "workload": ("Workload", "workloads/", "A model's architecture, and how it is trained"),
    "stack": ("Stack", "workloads/stacks/", "The software that runs a workload: its choices, and what it costs"),
    "scenario": ("Scenario", "scenarios/", "A question: workloads on platforms, with variants, counts and swept fields"),
    "exercise": ("Exercise", "scenarios/exercises/", "What a student reads, runs and answers, and how it is marked"),
}
EVERYWHERE = ("source", "confidence")  # keys of any map, told once in docs/reference.md


def _number(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)) and abs(value) >= 1e5:
        return f"{value:.6g}".replace("e+0", "e").replace("e+", "e")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(values):
    return ", ".join(f"`{value}`" for value in values)


class _Keys:
    """Walks a schema depth first; every map becomes a section with a table, a map that stands in two places one section."""

    def __init__(self, schema):
        self.definitions = schema["definitions"]
        self.sections = []  # (path, meaning, lines)
        self.section_of = {}  # a map's content -> its path
        self.top = schema["else"]

    def follow(self, node):
        """The node behind $ref and allOf, with the description that stands nearest; and the last definition's name."""
        name, description = None, node.get("description")
        while "$ref" in node or "allOf" in node:
            if "allOf" in node:
                node = node["allOf"][0]
            else:
                name = node["$ref"].rsplit("/", 1)[1]
                node = self.definitions[name]
            description = description or node.get("description")
        return node, description or "", name

    def type_and_range(self, node, path):
        """What may stand there, in words; the range of numbers; sections of the maps in it are written on the way."""
        node, description, name = self.follow(node)
        if name == "tokens" or isinstance(node.get("type"), list):
            return "number with or without a unit (`15T`)", ""
        if "const" in node:
            return f"`{node['const']}`", ""
        if "enum" in node:
            return _words(node["enum"]), ""
        if "oneOf" in node:
            links = [self.map_section(one, path, one["properties"]["kind"]["const"]) for one in node["oneOf"]]
            return "map by `kind`: " + ", ".join(links), ""
        if "anyOf" in node and "properties" not in node:
            return self.choice(node["anyOf"], path)
        kind = node.get("type")
        if kind == "array":
            inside, limits = self.type_and_range(node["items"], path + "[]")
            return "list of: " + inside, limits
        if kind == "object":
            if "properties" not in node:
                return "map of paths to lists or ranges", ""
            return "map: " + self.map_section(node, path), ""
        if kind == "string" and "pattern" in node:
            if re.match(r"^\^\(\[", node["pattern"]) and not description.startswith(("a ", "an ")):
                return "word", ""
            return self.unit(name, node), ""
        limits = []
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<")):
            if key in node:
                limits.append(f"{sign} {_number(node[key])}")
        words = {"string": "text", "integer": "count", "number": "number", "boolean": "`true` or `false`"}
        return words[kind], ", ".join(limits)

    @staticmethod
    def unit(name, node):
        told = node.get("description", "")
        match = re.match(r"an? (.*) such as (\S+)(?: or (\S+))?$", told)
        if match:
            return f"{match[1]} (`{match[2]}`)"
        return (name or "text").replace("_", " ")

    def choice(self, options, path):
        """anyOf: a value or the figure of it; a number or a percentage; a word or its other spellings."""
        texts, limits, figure = [], "", False
        for option in options:
            inside = self.follow(option)[0]
            if inside.get("type") == "object" and "value" in inside.get("properties", {}):
                figure = True
                continue
            if inside.get("type") == "string" and "pattern" in inside:
                if inside["pattern"] == "^[0-9.]+%$":
                    texts[-1] = "ratio"
                    continue
                if texts and texts[-1].startswith("`"):
                    continue  # spellings of the words before
            text, range_ = self.type_and_range(option, path)
            texts.append(text)
            limits = limits or range_
        return " or ".join(texts) + (", figure" if figure else ""), limits

    def map_section(self, node, path, case=""):
        """The section of a map, as a link."""
        content = json.dumps(node, sort_keys=True)
        title = f"{path} ({case})" if case else path
        if content not in self.section_of:
            self.section_of[content] = title
            lines = []
            self.sections.append((title, node.get("description", ""), lines))
            required = node.get("required", [])
            for key, value in node["properties"].items():
                if key in EVERYWHERE or (key == "kind" and not path):
                    continue
                kind, limits = self.type_and_range(value, f"{path}.{key}" if path else key)
                if key == "kind" and case:
                    continue
                target, description, _ = self.follow(value)
                default = value.get("default", target.get("default"))
                below = isinstance(default, (int, float)) and default < target.get("minimum", default)
                if default is None:
                    default = "required" if key in required else ""
                elif default == "" or below:  # stands for "not given", of which the meaning speaks
                    default = ""
                else:
                    default = f"`{_number(default)}`"
                lines.append(f"| `{key}` | {kind} | {default} | {limits} | {description.replace('|', '&#124;')} |")
        title = self.section_of[content]
        return f"[{title or 'top'}](#{anchor(title)})"


def anchor(title):
    """As Python-Markdown's toc makes them of a heading."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower())


def keys_page(schema):
    kind = schema["title"].removeprefix("aifsim ")
    heading, folder, what = KINDS[kind]
    keys = _Keys(schema)
    keys.map_section(keys.top, "")
    out = [f"# {heading}", "",
           f"{what}: a file in `{folder}`, or of your own anywhere. It begins with `kind: {kind}`. "
           f"[How to read the tables](../docs/reference.md).", ""]
    for title, meaning, lines in keys.sections:
        out += [f"## {title}" if title else "## Keys of the file", ""]
        if title and meaning:
            out += [meaning, ""]
        if lines:
            out += ["| key | what stands there | default | range | meaning |", "| --- | --- | --- | --- | --- |", *lines, ""]
        else:
            out += ["No keys of its own.", ""]
    return "\n".join(out).replace("](#)", "](#keys-of-the-file)")


def _subcommands(text):
    names, inside = [], False
    for line in text.splitlines():
        if line.startswith("Subcommands:"):
            inside = True
        elif inside and (match := re.match(r"  (\S+)", line)):
            names.append(match[1])
        elif inside and not line.strip():
            break
    return names


def commands_page(help_of):
    out = ["# Commands", "", "What `--help` of each prints. Exit codes: 0 answered; 1 no model can answer, or not every point; "
           "2 a mistake in your files or arguments; 70 a bug of aifsim.", ""]

    def add(words):
        text = help_of(words)
        out.extend([f"## {' '.join(['aifsim', *words])}", "", "```text", text.rstrip(), "```", ""])
        for name in _subcommands(text):
            add([*words, name])

    add([])
    return "\n".join(out)
