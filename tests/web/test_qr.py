"""The QR code of a link: scannable on any ground, drawn without inline style."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import segno

from lookup.services.references import issue
from lookup.settings import CitizenSettings
from lookup.web.qr import svg
from tests.support import contexts
from tests.support.reports import NUMBER

SVG = "{http://www.w3.org/2000/svg}"


def drawn(path: str, size: int) -> list[list[int]]:
    """The modules that a path of horizontal strokes draws, row by row."""
    grid = [[0] * size for _ in range(size)]
    x, y = 0.0, 0.0
    for command, arguments in re.findall(r"([Mmh])([-\d. ]+)", path):
        values = [float(each) for each in arguments.split()]
        if command == "h":
            for column in range(int(x), int(x + values[0])):
                grid[int(y)][column] = 1
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return grid


def test_the_picture_is_the_code_with_its_quiet_zone() -> None:
    """The strokes draw the modules of the link, four blank modules around, on a white ground of its own."""
    settings = contexts.settings(CitizenSettings, "")
    link = issue(settings, NUMBER, bytes(16), 1).link
    expected = [list(row) for row in segno.make_qr(link, error="m", boost_error=False).matrix]
    size = len(expected) + 8
    ground, code = ET.fromstring(svg(link)).iter(f"{SVG}path")  # noqa: S314  # made here
    assert ground.get("fill") == "#fff"
    grid = drawn(code.attrib["d"], size)
    assert [row[4:-4] for row in grid[4:-4]] == expected
    assert sum(map(sum, grid)) == sum(map(sum, expected))


def test_the_picture_needs_no_style_and_no_other_site() -> None:
    """A page under the strict policy may show it: no style, no script, no reference to elsewhere."""
    picture = svg("https://lookup.test/r#token").decode()
    assert not re.search(r"style|script|href|url\(", picture)
    assert picture.startswith("<svg")
