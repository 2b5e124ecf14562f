"""Settings: read once, refused when wrong, no default secret, only what a surface needs."""

from __future__ import annotations

import re
from dataclasses import MISSING, FrozenInstanceError, fields
from pathlib import Path

import pytest

from lookup.cli import keys
from lookup.cli.main import main
from lookup.settings import (
    PREFIX,
    CitizenSettings,
    Common,
    ConsoleSettings,
    PushSettings,
    SettingsError,
    WorkerSettings,
    is_secret,
    read,
)

KINDS = (CitizenSettings, PushSettings, ConsoleSettings, WorkerSettings)
README = Path(__file__).parents[1] / "README.md"


def environment(**changes: str) -> dict[str, str]:
    """A usable environment for every surface."""
    made = {PREFIX + name.upper(): value for name, value in keys.make().items()}
    made |= {
        "LOOKUP_DATABASE_URL": "sqlite:///lookup.db",
        "LOOKUP_ORIGIN": "lookup.test/log1",
        "LOOKUP_PUBLIC_URL": "https://lookup.test",
    }
    return made | changes


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_environment_is_accepted_and_frozen(kind: type[Common]) -> None:
    """Fresh keys and three plain settings are enough for any surface."""
    settings = read(kind, environment())
    with pytest.raises(FrozenInstanceError):
        settings.origin = "other"  # type: ignore[misc]


def test_printed_blocks_need_only_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    """Each block of `lookup keys`, with its comments filled in, is a whole environment of its surface."""
    assert main(["keys", "--origin", "police.example/log1"]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    for kind, block in zip(KINDS, blocks, strict=False):
        given = dict(re.findall(r"^(LOOKUP_[A-Z_]+)=(\S+)$", block, re.M))
        assert set(re.findall(r"^# (LOOKUP_[A-Z_]+)=   \(", block, re.M)) == {
            "LOOKUP_DATABASE_URL", "LOOKUP_PUBLIC_URL",
        }  # fmt: skip
        by_hand = {name: environment()[name] for name in ("LOOKUP_DATABASE_URL", "LOOKUP_PUBLIC_URL")}
        assert read(kind, given | by_hand).origin == "police.example/log1"


@pytest.mark.parametrize("kind", KINDS)
def test_every_missing_secret_is_named(kind: type[Common]) -> None:
    """There is no default secret: each one that is missing is one line of the refusal."""
    with pytest.raises(SettingsError) as refused:
        read(kind, {})
    told = "\n".join(refused.value.problems)
    for each in fields(kind):
        if is_secret(each):
            assert PREFIX + each.name.upper() in told


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("DATABASE_URL", "mysql://host/x"),
        ("PUBLIC_URL", "lookup.test"),
        ("PUBLIC_URL", "https://lookup.example/path"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "yes"),
        ("DEMO", "true"),
        ("LIMITS_URL", "http://redis"),
        ("PEPPER", "c2hvcnQ"),
        ("PASS_KEYS", "not base64 at all,"),
        ("ORIGIN", "  "),
        ("INCIDENT_PATTERN", "(20 digits"),
    ],
)
def test_a_wrong_value_is_refused_without_being_shown(name: str, wrong: str) -> None:
    """The refusal names the setting and what to do, never the value."""
    with pytest.raises(SettingsError) as refused:
        read(CitizenSettings, environment(**{PREFIX + name: wrong}))
    assert len(refused.value.problems) == 1
    assert name in refused.value.problems[0]
    assert wrong.strip() == "" or wrong not in refused.value.problems[0].partition(":")[2]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """NAME_FILE names a file with the value; a file that can not be read is explained."""
    given = environment()
    file = tmp_path / "pepper"
    file.write_text(given.pop("LOOKUP_PEPPER") + "\n")
    assert len(read(CitizenSettings, given | {"LOOKUP_PEPPER_FILE": str(file)}).pepper) == 32
    with pytest.raises(SettingsError, match="can not be read"):
        read(CitizenSettings, given | {"LOOKUP_PEPPER_FILE": str(tmp_path / "none")})


def test_no_surface_has_a_secret_of_another() -> None:
    """Only the worker signs checkpoints, only citizen and push make references, only the console has sessions."""
    holders = {
        name: {kind.__name__ for kind in KINDS if any(f.name == name for f in fields(kind))}
        for name in ("log_key", "reference_key", "pass_keys", "session_keys")
    }
    assert holders == {
        "log_key": {"WorkerSettings"},
        "reference_key": {"CitizenSettings", "PushSettings"},
        "pass_keys": {"CitizenSettings"},
        "session_keys": {"ConsoleSettings"},
    }


def test_the_readme_says_which_surface_takes_which_setting() -> None:
    """The configuration table names every setting and no other, for each surface needed ●, optional ○ or nothing."""
    table = README.read_text(encoding="utf-8").partition("### Configuration")[2]
    told = {row[1]: tuple(cell.strip() for cell in row[2].split("|")) for row in ROW.finditer(table)}
    every = {PREFIX + f.name.upper() for kind in KINDS for f in fields(kind)}
    assert told == {name: tuple(mark(kind, name) for kind in COLUMNS) for name in every}


COLUMNS = (CitizenSettings, PushSettings, ConsoleSettings, WorkerSettings)
ROW = re.compile(r"^\| `(LOOKUP_[A-Z_]+)` \|((?:[^|]*\|){3}[^|]*)\|", re.M)


def mark(kind: type[Common], name: str) -> str:
    """How the table shows a setting of a surface."""
    found = [each for each in fields(kind) if PREFIX + each.name.upper() == name]
    return "" if not found else "●" if found[0].default is MISSING else "○"
