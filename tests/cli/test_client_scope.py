"""`lookup client scope`, `suspend`, `resume`, `revoke`: what is not named stays, and an entry says what changed."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from lookup.cli.main import main
from lookup.domain.events import Kind
from lookup.services import register_client
from lookup.services.register_client import Scope
from lookup.storage import clients, tables
from lookup.storage.clients import ClientRow
from tests.support.pushing import Desk

FAR, FARTHER = 4_102_416_000_000_000, 4_102_502_400_000_000
"""The first moments after 2099-12-31 and 2100-01-01 in Asia/Shanghai (µs)."""


def row(desk: Desk) -> ClientRow:
    """The client as it stands."""
    with desk.context.database.read() as conn:
        found = clients.by_id(conn, "yunxi")
    assert found is not None
    return found


def acts(desk: Desk) -> list[dict[str, object]]:
    """The details of what was done to it since it was registered and keyed."""
    query = select(tables.audit_entry.c.detail).where(tables.audit_entry.c.action == 60)
    with desk.context.database.read() as conn:
        details = conn.execute(query.order_by(tables.audit_entry.c.ts, tables.audit_entry.c.seq)).scalars()
        every = [json.loads(detail) for detail in details]
    return [each for each in every if each["act"] not in ("register", "key-add")]


@pytest.fixture
def narrow(configured: Desk) -> Desk:
    """A client of one unit, two kinds and a last day, before the test."""
    scope = Scope(("3699",), ("transition", "mark"), FAR)
    assert isinstance(register_client.rescope(configured.context, "tester", "yunxi", scope), ClientRow)
    return configured


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (["--unit", "3698", "--unit", "3699", "--unit", "3698"], {"units": ("3698", "3699")}),
        (["--kind", "pause", "--kind", "pause"], {"kinds": ("pause",)}),
        (["--all-kinds"], {"kinds": ()}),
        (["--expires", "2100-01-01"], {"expires": FARTHER}),
        (["--no-expiry"], {"expires": None}),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_what_is_not_named_stays(narrow: Desk, words: list[str], changed: dict[str, object]) -> None:
    """Units, kinds and last day change each by itself."""
    before = row(narrow)
    assert main(["client", "scope", "yunxi", *words]) == 0
    assert row(narrow) == before._replace(**changed)  # type: ignore[arg-type]


def test_an_entry_says_what_a_scope_was_and_is(narrow: Desk) -> None:
    """By codes and times, and only what changed."""
    assert main(["client", "scope", "yunxi", "--unit", "36", "--unit", "35", "--all-kinds"]) == 0
    assert main(["client", "scope", "yunxi", "--no-expiry"]) == 0
    head = {"client": "yunxi", "act": "scope"}
    assert acts(narrow)[1:] == [
        head
        | {
            "units_before": "3699",
            "units_now": "36,35",
            "kinds_before": "transition,mark",
            "kinds_now": "all",
        },
        head | {"expires_before": FAR, "expires_now": "never"},
    ]


def test_an_entry_says_with_what_scope_a_client_began(configured: Desk) -> None:
    """Else the first change would not say what was there before it."""
    words = ["--name", "案管", "--source", "urn:yunxi:cases", "--unit", "3699", "--expires", "2099-12-31"]
    assert main(["client", "add", "cases", *words]) == 0
    with configured.context.database.read() as conn:
        details = conn.execute(select(tables.audit_entry.c.detail)).scalars()
        told = [json.loads(detail) for detail in details if detail and '"cases"' in detail]
    began = {"units_now": "3699", "kinds_now": "all", "expires_now": FAR}
    assert told == [{"client": "cases", "act": "register"} | began]


def test_a_change_tells_what_holds_now(narrow: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole scope, with what was not named."""
    assert main(["client", "scope", "yunxi", "--unit", "3698"]) == 0
    out = capsys.readouterr().out
    assert "units    3698\n" in out
    assert "kinds    transition, mark\n" in out
    assert "expires  after 2099-12-31\n" in out


def test_a_scope_needs_to_know_what_changes(narrow: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither nothing nor both of two contraries."""
    before = row(narrow)
    assert main(["client", "scope", "yunxi"]) == 2
    assert "--unit, --kind or --all-kinds, --expires or --no-expiry" in capsys.readouterr().err
    for words in (["--kind", "mark", "--all-kinds"], ["--expires", "2100-01-01", "--no-expiry"]):
        with pytest.raises(SystemExit, match="2"):
            main(["client", "scope", "yunxi", *words])
    with pytest.raises(SystemExit, match="2"):
        main(["client", "scope", "yunxi", "--expires", "9999-12-31"])
    assert "a day is written as" in capsys.readouterr().err
    assert row(narrow) == before


def test_what_changes_nothing_says_so_and_leaves_no_entry(
    narrow: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice the same is done once; the second time is no failure."""
    key = narrow.key
    for words, said in (
        (["suspend", "yunxi", "--yes"], "It was suspended already."),
        (["resume", "yunxi"], "It was not suspended."),
        (["scope", "yunxi", "--unit", "36", "--kind", "mark"], "That is its scope already."),
        (["key", "revoke", key, "--yes"], "It was revoked already."),
    ):
        assert main(["client", *words]) == 0
        assert said not in capsys.readouterr().out
        count = len(acts(narrow))
        assert main(["client", *words]) == 0
        assert said in capsys.readouterr().out
        assert len(acts(narrow)) == count
    assert [each["act"] for each in acts(narrow)][1:] == ["suspend", "resume", "scope", "key-revoke"]


def test_a_resumed_client_that_has_expired_is_told_to_be_so(
    narrow: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its pushes are refused still, and the words say how to prolong it; after that they are taken."""
    register_client.rescope(narrow.context, "tester", "yunxi", Scope(("3699",), (), 1))
    assert main(["client", "suspend", "yunxi", "--yes"]) == 0
    capsys.readouterr()
    for _round in range(2):
        assert main(["client", "resume", "yunxi"]) == 0
        out = capsys.readouterr().out
        assert "taken again" not in out
        assert "expired" in out
        assert "`lookup client scope yunxi --expires DAY`" in out
    assert main(["client", "scope", "yunxi", "--no-expiry"]) == 0
    assert main(["client", "suspend", "yunxi", "--yes"]) == 0
    assert main(["client", "resume", "yunxi"]) == 0
    assert "taken again" in capsys.readouterr().out


def test_the_last_day_is_told_as_it_was_typed(configured: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Not as the midnight after it; every kind that is allowed is named."""
    assert main(["client", "scope", "yunxi", "--expires", "2099-12-31"]) == 0
    capsys.readouterr()
    assert main(["client", "show", "yunxi"]) == 0
    out = capsys.readouterr().out
    assert "expires  after 2099-12-31\n" in out
    assert f"kinds    {', '.join(kind.value for kind in Kind)}\n" in out


def test_an_id_that_no_client_can_have_is_refused_in_words(
    configured: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no proper text never comes to the database."""
    for words in (["show"], ["suspend", "--yes"], ["key", "revoke", "--yes"]):
        with pytest.raises(SystemExit, match="2"):
            main(["client", *words, "\udcff"])
        assert "has characters" in capsys.readouterr().err.splitlines()[-1]
