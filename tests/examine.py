"""What every page must keep to, whatever the test that fetched it was about."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

SCRIPTS = Path(__file__).parent.parent / "static/js"
FIELDS = {"input", "select", "textarea"}
UNLABELLED = {"hidden", "submit", "button"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: set[str] = set()
        self.labelled: set[str] = set()
        self.fields: list[tuple[str, bool]] = []
        self.headings = 0
        self.title = ""
        self.language = ""
        self.behaviours: set[str] = set()
        self.script = ""
        self._inside_label = 0
        self._inside_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.headings += tag == "h1"
        self._inside_label += tag == "label"
        self._inside_title = tag == "title"
        if tag == "html":
            self.language = said.get("lang", "")
        if "id" in said:
            if said["id"] in self.ids:
                self.faults.append(f"the id {said['id']} stands twice")
            self.ids.add(said["id"])
        if tag == "label" and "for" in said:
            self.labelled.add(said["for"])
        if tag in FIELDS and said.get("type") not in UNLABELLED:
            named = bool(self._inside_label) or "aria-label" in said
            self.fields.append((said.get("id", ""), named))
        self.behaviours |= set(said.get("data-module", "").split())
        if tag == "script":
            self.script = said.get("src", "")
        if tag == "img" and "alt" not in said:
            self.faults.append("a picture has no alt")
        if tag == "script" and "src" not in said:
            self.faults.append("a script stands inline")
        for name in said:
            if name == "style" or name.startswith("on"):
                self.faults.append(f"<{tag}> has an inline {name}")

    def handle_endtag(self, tag: str) -> None:
        self._inside_label -= tag == "label"
        self._inside_title = False

    def handle_data(self, data: str) -> None:
        if self._inside_title:
            self.title += data


def examine(page: str) -> list[str]:
    """The faults of a page; an empty list for a sound one."""
    reader = _Reader()
    reader.feed(page)
    faults = reader.faults
    if reader.headings != 1:
        faults.append(f"it has {reader.headings} h1 and not one")
    if not reader.title.strip(" ·"):
        faults.append("it has no title")
    if not reader.language:
        faults.append("it names no language")
    missing = reader.behaviours - known_to(reader.script.rpartition("/")[2])
    faults += [f"its script does not know {name}" for name in sorted(missing)]
    for name, named in reader.fields:
        if not named and name not in reader.labelled:
            faults.append(f"the field {name or '?'} has no label")
    return faults


@cache
def known_to(script: str) -> set[str]:
    """The behaviours that a page's first script can start."""
    path = SCRIPTS / script
    text = path.read_text() if script.startswith("for-") and path.is_file() else ""
    return set(re.findall(r'^  "?([a-z-]+)"?[:,]', text, re.MULTILINE))
