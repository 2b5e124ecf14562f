"""`lookup import`: signed files are verified whole before anything is applied, taken once, told in full."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

from lookup.cli.import_input import open_input
from lookup.cli.import_missed import Missed
from lookup.cli.import_one import Ended, Importing, import_file
from lookup.cli.main import main
from lookup.client_files import LISTS, SignedFile, signature
from lookup.client_oversight import parts
from lookup.ledger.entry import ACTIONS
from lookup.services.actors import client_token
from lookup.services.register_client import resume, revoke_key, suspend
from lookup.storage import tables
from tests.support import databases
from tests.support.processes import ROOT
from tests.support.pushing import SEED, SOURCE, Desk, configure, count, dump, event, later
from tests.support.waiting import until

Drop = Callable[..., Path]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A registered client, and the push settings of its database in the environment."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        made = Desk(database)
        configure(monkeypatch, url)
        yield made


@pytest.fixture
def drop(desk: Desk, tmp_path: Path) -> Drop:
    """Write a signed file of events or lines into a folder."""

    def write(*events: Any, name: str = "drop/day.ndjson", key: str = desk.key, seed: bytes = SEED) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with SignedFile(path, key, seed, SOURCE) as out:
            for each in events:
                out.add_line(each) if isinstance(each, bytes) else out.add(each)
        return path

    return write


def story(number: int) -> list[dict[str, Any]]:
    """Two events of one incident."""
    subject = f"369901260302081405{number:02}"
    return [event(f"a-{number}", subject=subject), later(f"b-{number}", "J20", 20, subject=subject)]


def result(path: Path) -> list[dict[str, Any]]:
    """The lines of a file's result, without the marks by which the importer knows its own."""
    lines = [json.loads(line) for line in Path(f"{path}.result.ndjson").read_bytes().splitlines()]
    assert all(lines[place].pop("mark") for place in (0, -1))
    return [{name: value for name, value in line.items() if name != "mark"} for line in lines]


def acts(desk: Desk) -> list[dict[str, Any]]:
    """The details of all entries about files."""
    with desk.context.database.read() as conn:
        query = select(tables.audit_entry.c.detail).where(tables.audit_entry.c.action == 24)
        return [json.loads(detail) for detail in conn.execute(query).scalars()]


def importing(
    desk: Desk,
    path: Path,
    *,
    say: Callable[[str], object] = len,
    stopped: Callable[[], bool] = bool,
    batch: int = 2,
) -> Ended:
    """Import with small batches; `stopped` is asked before each, `say` called after each."""
    return import_file(Importing(desk.context, "tester", say, stopped, batch=batch), path)


def events(desk: Desk) -> int:
    """How many events are stored."""
    return count(desk.context.database, tables.event)


def test_a_signed_file_is_taken_and_every_event_answered(desk: Desk, drop: Drop) -> None:
    """One result line for each line, broken ones too, with the reference, then a sum; the acts are entries."""
    first, second = story(1)
    path = drop(first, b"{broken", event("z", data__to="Z99"), b"  ", second)
    assert main(["import", str(path)]) == 1
    head, *told, last = result(path)
    assert [(each["line"], each["outcome"]) for each in told] == [
        (1, "accepted"),
        (2, "quarantined"),
        (3, "quarantined"),
        (5, "accepted"),
    ]
    assert told[0]["reference"]["code"]
    assert told[2]["errors"][0]["pointer"] == "/data/to"
    assert last.pop("entry")
    assert last == {"status": "imported", "events": 4, "counts": {"accepted": 2, "quarantined": 2}}
    assert stat.S_IMODE(Path(f"{path}.result.ndjson").stat().st_mode) == 0o600
    assert events(desk) == 2
    assert [(act["act"], act["file"], act["client"]) for act in acts(desk)] == [
        ("begin", head["file"], "yunxi"),
        ("end", head["file"], "yunxi"),
    ]


def test_a_repeated_file_is_applied_once(desk: Desk, drop: Drop, capsys: pytest.CaptureFixture[str]) -> None:
    """The same file again is known by its result; under another name, or with --again, all are duplicates."""
    path = drop(*story(1))
    assert main(["import", str(path)]) == 0
    assert main(["import", str(path)]) == 0
    assert "was imported before" in capsys.readouterr().err
    copy = path.with_name("copy.ndjson")
    copy.write_bytes(path.read_bytes())
    Path(f"{copy}.sig").write_bytes(Path(f"{path}.sig").read_bytes())
    assert main(["import", str(copy)]) == 0
    first = Path(f"{path}.result.ndjson").read_bytes()
    assert main(["import", "--again", str(path)]) == 0
    assert Path(f"{path}.result.ndjson~2").read_bytes() == first
    for told in (result(copy), result(path)):
        assert [(each["outcome"], each["first"]) for each in told[1:-1]] == [("duplicate", "accepted")] * 2
    assert events(desk) == 2


def test_the_result_of_a_name_is_that_of_the_last_import(desk: Desk, drop: Drop) -> None:
    """A refusal of what was imported before does not leave a result that says `imported`; the earlier one is kept."""
    path = drop(*story(1))
    assert main(["import", str(path)]) == 0
    revoke_key(desk.context, "tester", desk.key)
    assert main(["import", "--again", str(path)]) == 4
    assert (result(path)[-1]["status"], result(path)[-1]["rule"]) == ("refused", "key-revoked")
    earlier = Path(f"{path}.result.ndjson~2").read_bytes().splitlines()
    assert json.loads(earlier[-1])["status"] == "imported"


def test_an_hmac_client_signs_files_too(desk: Desk, tmp_path: Path) -> None:
    """Old systems use their shared secret."""
    key = desk.keyed("hmac-sha256", b"s" * 32)
    with SignedFile(tmp_path / "h.ndjson", key, b"s" * 32, SOURCE, algorithm="hmac-sha256") as out:
        out.add(event())
    assert main(["import", str(tmp_path / "h.ndjson")]) == 0


def flip(path: Path) -> None:
    """Change one byte of a file."""
    raw = bytearray(path.read_bytes())
    raw[40] ^= 1
    path.write_bytes(raw)


def revoke(desk: Desk, path: Path) -> None:
    """Revoke the only key."""
    main(["client", "key", "revoke", desk.key, "--yes"])


def resign(desk: Desk, path: Path, **changes: Any) -> None:
    """Sign a file anew, wrongly."""
    raw = path.read_bytes()
    given: dict[str, Any] = {"key_id": desk.key, "private_key": SEED} | changes
    Path(f"{path}.sig").write_bytes(signature(given.pop("digest", bytes(32)), len(raw), **given))


def edit(path: Path, old: str, new: str) -> None:
    """Change the text of a signature file."""
    sig = Path(f"{path}.sig")
    changed = sig.read_text().replace(old, new, 1)
    assert changed != sig.read_text()
    sig.write_text(changed)


SPOILT: dict[str, tuple[str, Callable[[Desk, Path], object]]] = {
    "one byte changed": ("file.digest", lambda desk, path: flip(path)),
    "something added": ("file.size", lambda desk, path: path.write_bytes(path.read_bytes() + b"{}\n")),
    "another's key": ("file.signature", lambda desk, path: resign(desk, path, private_key=bytes(32))),
    "another digest": ("file.digest", lambda desk, path: resign(desk, path)),
    "unknown key": ("file.key", lambda desk, path: resign(desk, path, key_id="nobody.1")),
    "from the future": ("file.future", lambda desk, path: resign(desk, path, created=int(time.time()) + 900)),
    "expired": ("file.expired", lambda desk, path: edit(path, ";keyid", f";expires={int(time.time()) - 900};keyid")),
    "expires at no time": ("file.parameters", lambda desk, path: edit(path, ";keyid", ';expires="soon";keyid')),
    "short id": ("file.parameters", lambda desk, path: resign(desk, path, file_id="short")),
    "other media": ("file.media", lambda desk, path: resign(desk, path, media="text/plain")),
    "revoked key": ("key-revoked", revoke),
    "size edited": ("file.signature", lambda desk, path: edit(path, "Content-Length: ", "Content-Length: 0")),
    "tag of pushes": ("file.parameters", lambda desk, path: edit(path, "lookup-file", "lookup-push")),
    "covers less": ("file.coverage", lambda desk, path: edit(path, ' "content-type")', ")")),
    "no fields": ("file.form", lambda desk, path: Path(f"{path}.sig").write_text("hello\n")),
    "no digest": ("file.form", lambda desk, path: edit(path, "sha-256=", "md5=")),
    "no length": ("file.form", lambda desk, path: edit(path, "Content-Length: ", "Content-Length: x")),
    "too much": ("file.form", lambda desk, path: Path(f"{path}.sig").write_bytes(b"x" * 5000)),
}  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_file_that_is_not_as_signed_is_refused_whole(
    desk: Desk, drop: Drop, spoilt: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is applied; the result, the screen and an entry say why; it lies in refused/ with its result."""
    path = drop(*story(1))
    rule, spoil = SPOILT[spoilt]
    spoil(desk, path)
    assert main(["import", str(path.parent)]) == 4
    assert events(desk) == 0
    moved = path.parent / "refused" / path.name
    assert moved.exists()
    assert result(moved)[-1]["rule"] == rule
    assert (acts(desk)[-1]["act"], acts(desk)[-1]["rule"]) == ("refuse", rule)
    assert rule in capsys.readouterr().err


def hold(desk: Desk, path: Path) -> None:
    """Suspend the client."""
    suspend(desk.context, "tester", "yunxi")


@pytest.mark.parametrize(
    ("spoil", "status", "own"), [(hold, 3, True), (revoke, 4, False), (SPOILT["another's key"][1], 4, False)]
)
def test_a_refused_file_is_an_entry_of_who_is_proved_to_have_signed_it(
    desk: Desk, drop: Drop, spoil: Callable[[Desk, Path], object], status: int, own: bool
) -> None:
    """A suspended source has; a revoked key proves nothing, and then it is the operator who imported it."""
    path = drop(*story(1))
    spoil(desk, path)
    assert main(["import", str(path)]) == status
    query = select(tables.audit_entry.c.actor).where(tables.audit_entry.c.action == ACTIONS["push.file"])
    with desk.context.database.read() as conn:
        actors = [bytes(actor) for actor in conn.execute(query).scalars()]
    assert (actors == [client_token(desk.context.settings.pepper, "yunxi")]) is own


def test_a_link_is_not_followed(desk: Desk, drop: Drop, tmp_path: Path) -> None:
    """Whoever may write to the drop folder can not have other files of this machine read."""
    path = drop(*story(1))
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert main(["import", str(path)]) == 4
    assert result(path)[-1]["rule"] == "file.kind"


def test_what_is_not_complete_yet_is_left_alone(desk: Desk, drop: Drop) -> None:
    """Without a whole signature, or shorter than signed, a file stays where it is and is taken once it is whole."""
    path = drop(*story(1))
    raw, sig = path.read_bytes(), Path(f"{path}.sig").read_bytes()
    for part, signed in ((raw, None), (raw, sig[:-1]), (raw[:-9], sig), (None, sig)):
        for file, content in ((path, part), (Path(f"{path}.sig"), signed)):
            file.unlink(missing_ok=True)
            if content is not None:
                file.write_bytes(content)
        assert main(["import", str(path)]) == 3
        main(["import", str(path.parent)])
        assert not (path.parent / "done").exists()
        assert events(desk) == len(acts(desk)) == 0
    path.write_bytes(raw)
    assert main(["import", str(path.parent)]) == 0
    assert (path.parent / "done" / path.name).read_bytes() == raw
    assert sorted(os.listdir(path.parent)) == ["done"]


def test_a_folder_is_taken_in_the_order_of_names_and_never_overwritten(desk: Desk, drop: Drop) -> None:
    """What depends on what came before is right; a second file of the same name keeps both results."""
    first, second = story(1)
    drop(second, name="drop/2.ndjson")
    drop(first, name="drop/1.ndjson")
    folder = drop(*story(2), name="drop/3.ndjson").parent
    assert main(["import", str(folder)]) == 0
    assert result(folder / "done" / "2.ndjson")[1]["outcome"] == "accepted"
    drop(*story(3), name="drop/3.ndjson")
    assert main(["import", str(folder)]) == 0
    assert {"3.ndjson", "3.ndjson~2", "3.ndjson.sig~2", "3.ndjson.result.ndjson~2"} <= set(
        os.listdir(folder / "done")
    )
    assert events(desk) == 6


@pytest.mark.parametrize("torn", [0, 7, 60, 400, 2000])
def test_an_interrupted_import_goes_on_and_applies_nothing_twice(desk: Desk, drop: Drop, torn: int) -> None:
    """Wherever the written answers end, in the middle of a line too: each event once, each line told once."""
    path = drop(*(each for number in range(1, 5) for each in story(number)))
    batches = iter([False, False, False, True])
    assert importing(desk, path, stopped=lambda: next(batches)).state == "stopped"
    assert events(desk) == 6
    part = Path(f"{path}.result.ndjson.part")
    kept = part.read_bytes()
    part.write_bytes(kept[: len(kept) - torn])
    whole = [line for line in part.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")][1:]
    lines = max((place for place, line in enumerate(whole, 1) if b'"mark":' in line), default=0)
    assert main(["import", str(path)]) == 0
    assert events(desk) == 8
    _, *told, last = result(path)
    assert [each["line"] for each in told] == list(range(1, 9))
    assert last["counts"].get("duplicate", 0) == 6 - lines
    assert all(each.get("reference") for each in told[::2])
    assert [act["act"] for act in acts(desk)] == ["begin", "continue" if lines else "begin", "end"]


def test_the_mark_of_another_file_is_not_believed(desk: Desk, drop: Drop) -> None:
    """A part that was left by another file of the same name is put aside, and nothing is skipped."""
    path = drop(*story(1))
    part = Path(f"{path}.result.ndjson.part")
    part.write_bytes(b'{"file":"other"}\n{"line":1,"outcome":"accepted"}\n')
    assert main(["import", str(path)]) == 0
    assert events(desk) == 2
    assert Path(f"{part}~1").exists()


def test_a_key_that_is_revoked_meanwhile_is_stopped(desk: Desk, drop: Drop) -> None:
    """Before each batch it is asked whether key and client still live; what was taken before stands and is told."""
    path = drop(*story(1), *story(2))
    ended = importing(desk, path, say=lambda _: revoke(desk, path))
    assert (ended.state, ended.rule) == ("refused", "key-revoked")
    assert events(desk) == 2
    last = result(path)[-1]
    assert (last["rule"], last["events"]) == ("key-revoked", 2)


def test_a_client_that_is_suspended_meanwhile_goes_on_once_it_is_resumed(desk: Desk, drop: Drop) -> None:
    """What was taken before stands; the rest is taken where it stopped, and each line is told once."""
    path = drop(*story(1), *story(2))
    ended = importing(desk, path, say=lambda _: suspend(desk.context, "tester", "yunxi"))
    assert (ended.state, ended.rule, ended.counts) == ("held", "client-suspended", {"accepted": 2})
    assert events(desk) == 2
    assert not Path(f"{path}.result.ndjson").exists()
    resume(desk.context, "tester", "yunxi")
    assert main(["import", str(path)]) == 0
    assert [each["line"] for each in result(path)[1:-1]] == [1, 2, 3, 4]
    assert sorted(act["act"] for act in acts(desk)) == ["begin", "continue", "end", "refuse"]


def test_a_file_that_changes_while_it_is_read_is_stopped(desk: Desk, drop: Drop) -> None:
    """Only bytes that were hashed are applied."""
    path = drop(*[b"x" * 2000] * 2000)
    size = path.stat().st_size

    def change(_: str) -> None:
        with path.open("r+b") as opened:
            opened.seek(size - 9)
            opened.write(b"y")

    ended = importing(desk, path, say=change, batch=100)
    assert (ended.state, ended.rule) == ("refused", "file.changed")
    assert 100 <= result(path)[-1]["events"] < 2000


def test_two_imports_of_one_file_do_not_meet(
    desk: Desk, drop: Drop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second leaves it to the first."""
    path = drop(*story(1))
    opened = open_input(path)
    assert opened is not None
    with opened:
        assert main(["import", str(path)]) == 3
    assert "another process" in capsys.readouterr().err
    assert events(desk) == 0


def test_a_watched_folder_is_emptied_as_files_arrive(desk: Desk, drop: Drop, tmp_path: Path) -> None:
    """The command stays, takes what comes, and ends in order on SIGTERM."""
    folder = drop(*story(1), name="drop/1.ndjson").parent
    words = [sys.executable, "-m", "lookup", "import", "--watch", "--every", "0.05", str(folder)]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        until((folder / "done" / "1.ndjson.sig").exists)
        drop(*story(2), name="drop/2.ndjson")
        until((folder / "done" / "2.ndjson.sig").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert events(desk) == 4
    with desk.context.database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM audit_entry WHERE action = 81")).scalar_one() == 1


def test_a_watched_file_that_stays_incomplete_is_told_once(desk: Desk, drop: Drop) -> None:
    """A signature that was cut off on its way does not lie in the folder unnoticed; others are taken meanwhile."""
    torn = drop(*story(1), name="drop/1.ndjson")
    sig = Path(f"{torn}.sig")
    sig.write_bytes(sig.read_bytes()[:-1])
    drop(*story(2), name="drop/2.ndjson")
    words = [sys.executable, "-m", "lookup", "import", "--watch", "--every", "0.05", "--patience", "0.002"]
    with subprocess.Popen([*words, str(torn.parent)], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = iter(process.stderr.readline, "")
        assert next(line for line in told if "1.ndjson" in line and "is not complete yet" in line)
        drop(*story(3), name="drop/3.ndjson")
        until((torn.parent / "done" / "3.ndjson.sig").exists)
        process.send_signal(signal.SIGTERM)
        assert [line for line in told if "not complete" in line] == []
        assert process.wait(60) == 0
    assert events(desk) == 4


def test_what_is_missed_is_told_after_its_time_and_anew_after_it_was_whole() -> None:
    """Each file has its own time; one that was complete meanwhile begins again."""
    missed, one, other = Missed(10), Path("1"), Path("2")
    assert [missed.tell(one, True, now) for now in (0, 9, 10, 11, 99)] == [False, False, True, False, False]
    assert [missed.tell(other, True, now) for now in (99, 109)] == [False, True]
    assert not missed.tell(one, False, 100)
    assert [missed.tell(one, True, now) for now in (101, 111)] == [False, True]


def test_push_writes_what_import_takes(desk: Desk, tmp_path: Path) -> None:
    """`lookup push --to-file` needs no address; the order is kept and what is no event goes along."""
    key, lines = tmp_path / "key", tmp_path / "in.ndjson"
    key.write_text(base64.urlsafe_b64encode(SEED).decode())
    first, second = story(1)
    lines.write_bytes(dump(first) + b"\n{broken\n")
    (tmp_path / "later.json").write_bytes(dump([second]))
    words = ["push", "--key-id", desk.key, "--key-file", str(key), "--source", SOURCE]
    words += ["--to-file", str(tmp_path / "out.ndjson"), str(lines), str(tmp_path / "later.json")]
    assert main(words) == 0
    assert stat.S_IMODE((tmp_path / "out.ndjson").stat().st_mode) == 0o600
    assert main(["import", str(tmp_path / "out.ndjson")]) == 1
    told = result(tmp_path / "out.ndjson")[1:-1]
    assert [each["outcome"] for each in told] == ["accepted", "quarantined", "accepted"]
    assert main(words) == 2


def test_a_file_that_could_not_be_finished_is_not_there(desk: Desk, tmp_path: Path) -> None:
    """An exception while writing leaves neither file nor signature."""
    with pytest.raises(TypeError), SignedFile(tmp_path / "x.ndjson", desk.key, SEED, SOURCE) as out:
        out.add({"data": object()})
    assert not list(tmp_path.glob("x.ndjson*"))


def test_wrong_use_is_explained(desk: Desk, tmp_path: Path) -> None:
    """Watching needs a folder."""
    assert main(["import", "--watch", str(tmp_path / "nothing")]) == 2


def test_the_public_half_is_enough_to_verify() -> None:
    """The signature file can be checked with nothing but its own text and the public key (docs/push.md)."""
    made = signature(bytes(32), 5, "k", SEED, created=1, file_id="f" * 16).decode()
    fields = dict(line.split(": ", 1) for line in made.splitlines())
    base = "\n".join(
        f'"{name.lower()}": {fields[name]}' for name in ("Content-Digest", "Content-Length", "Content-Type")
    )
    base += f'\n"@signature-params": {fields["Signature-Input"].removeprefix("sig1=")}'
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    public.verify(
        base64.b64decode(fields["Signature"].removeprefix("sig1=:").removesuffix(":")), base.encode()
    )


def test_a_list_of_a_day_travels_as_a_file_too(desk: Desk, tmp_path: Path) -> None:
    """`lookup reconcile manifest --to-file` writes it, import answers as POST /v1/manifests does, twice the same."""
    assert desk.send(event()).status_code == 200
    key, numbers = tmp_path / "key", tmp_path / "numbers.txt"
    key.write_text(base64.urlsafe_b64encode(SEED).decode())
    numbers.write_text(f"{event()['subject']}\n36990126030222051103\n")
    words = ["reconcile", "manifest", str(numbers), "--day", "2026-03-02", "--key-id", desk.key]
    words += ["--key-file", str(key), "--source", SOURCE, "--to-file", str(tmp_path / "list.ndjson")]
    assert main(words) == 0
    assert main(["import", str(tmp_path / "list.ndjson")]) == 0
    told = result(tmp_path / "list.ndjson")[1]
    assert (told["outcome"], told["state"], told["not_received"]) == (
        "accepted",
        "different",
        ["36990126030222051103"],
    )
    assert main(["import", "--again", str(tmp_path / "list.ndjson")]) == 0
    assert result(tmp_path / "list.ndjson")[1]["outcome"] == "duplicate"


def test_a_bad_part_of_a_list_is_told_and_harms_no_other(desk: Desk, tmp_path: Path) -> None:
    """Not JSON, not a part, untrue of itself: each is told in its line with its own entry; the good one is taken."""
    good = next(parts("d", "2026-03-02", [event()["subject"]]))
    lines: list[bytes] = [b"{", b"[]", dump({**good, "manifest": "e", "hash": "0" * 64}), dump(good)]
    lines.append(dump({**good, "day": "2026-03-01"}))
    with SignedFile(tmp_path / "list", desk.key, SEED, SOURCE, media=LISTS) as out:
        for line in lines:
            out.add_line(line)
    assert main(["import", str(tmp_path / "list")]) == 1
    _, *told, _ = result(tmp_path / "list")
    assert [(each["outcome"], each.get("errors", [{}])[0].get("rule")) for each in told] == [
        ("refused", "json.syntax"),
        ("refused", "wire.type"),
        ("refused", "manifest.hash"),
        ("accepted", None),
        ("conflict", "manifest.head"),
    ]
    assert len({each["entry"] for each in told}) == 5
