"""What `lookup push` tells: why a request was not taken and what to do, how far it came, in both languages."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.services.register_client import suspend
from lookup.storage import tables
from tests.cli.conftest import Push
from tests.support.processes import ROOT
from tests.support.pushing import Desk, count, dump, event
from tests.support.pushing_http import Faulty
from tests.support.waiting import until

Pushing = tuple[Desk, Faulty, Push]
Read = pytest.CaptureFixture[str]


def lines(file: Path, number: int) -> Path:
    """A file of so many events, each of an incident of its own."""
    made = (event(f"e-{n}", subject=f"369901260302081405{n:02}") for n in range(number))
    file.write_bytes(b"".join(dump(each) + b"\n" for each in made))
    return file


def test_a_refused_request_is_told_with_its_reason_and_what_to_do(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """It is no interruption: running again would not help. Nothing of it was taken; exit status 4 says so."""
    desk, faulty, push = pushing
    file = lines(tmp_path / "e.ndjson", 1)
    suspend(desk.context, "tester", "yunxi")
    assert push(file) == 4
    told = capsys.readouterr().err
    assert "客户端已停用（client-suspended，403）。请联系管理员。" in told
    assert "The client is suspended (client-suspended, 403). Ask the operator." in told
    assert "Nothing of this request was taken." in told
    assert "Interrupted" not in told
    assert faulty.seen == 1


def test_each_exit_status_is_in_the_help(capsys: Read) -> None:
    """Whoever runs it from a script finds every status there."""
    with pytest.raises(SystemExit):
        main(["push", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(f"{status} " in told.split("Exit status: ")[1] for status in range(5))


@pytest.mark.parametrize(
    ("fault", "hint"), [("page 404", "--url"), ("page 413", "--batch"), ("page 301", "--url")]
)
def test_what_is_no_lookup_service_is_not_tried_again(
    pushing: Pushing, tmp_path: Path, capsys: Read, fault: str, hint: str
) -> None:
    """A wrong address or a proxy answers with a page: that is told at once, with what to check."""
    _, faulty, push = pushing
    faulty.plan = [fault]
    assert push(lines(tmp_path / "e.ndjson", 1)) == 4
    assert hint in capsys.readouterr().err
    assert faulty.seen == 1


@pytest.mark.parametrize(
    ("fault", "zh", "en"),
    [
        ("cut before", "连接中断", "the connection broke"),
        ("page 502", "应答 502", "answered 502"),
        ("page 200", "应答不是本服务的", "no lookup service"),
    ],
)
def test_each_wait_is_told(
    pushing: Pushing, tmp_path: Path, capsys: Read, fault: str, zh: str, en: str
) -> None:
    """Nobody looks at a silent screen: why, in how many seconds, and how many tries are left."""
    _, faulty, push = pushing
    faulty.plan = [fault]
    assert push(lines(tmp_path / "e.ndjson", 1)) == 0
    told = capsys.readouterr().err
    assert f"服务暂时不可用：{zh}" in told
    assert "还会试 7 次" in told
    assert en in told
    assert "7 more tries" in told


def test_ctrl_c_says_how_far_it_came_and_that_it_goes_on(pushing: Pushing, tmp_path: Path) -> None:
    """It ends with 3 as --help says, and the next run sends the rest."""
    desk, faulty, push = pushing
    file = lines(tmp_path / "e.ndjson", 3)
    faulty.plan = ["", "", "hang"]
    # What a shell runs in the background ignores Ctrl-C, and so would what it starts.
    words = [
        "env",
        "--default-signal=INT",
        sys.executable,
        "-m",
        "lookup",
        *push.words,
        "--batch",
        "1",
        str(file),
    ]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: faulty.seen == 3)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "已中断" in told
    assert "2 events answered in this run; nothing is lost" in told
    assert "Traceback" not in told
    assert push(file) == 0
    assert count(desk.context.database, tables.event) == 3


def test_the_totals_of_a_resumed_file_are_of_all_of_it(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """What an earlier run was answered counts too, and is told as such; a file sent before is not told as nothing."""
    _, faulty, push = pushing
    file = lines(tmp_path / "e.ndjson", 4)
    file.write_bytes(dump(event("z", data__to="Z99")) + b"\n" + file.read_bytes())
    faulty.plan = ["", "400"]
    assert push("--batch", 2, file) == 4
    assert "2 events answered in this run" in capsys.readouterr().err
    assert push(file) == 1
    told = capsys.readouterr().err
    assert "going on after 2 events" in told
    assert "5 条 events（其中以前 2 before）：接受 accepted 4，隔离 quarantined 1" in told
    assert f"see {file}.result" in told
    assert push(file) == 1
    told = capsys.readouterr().err
    assert "sent already (5 events)" in told
    assert "accepted 4" in told
    assert "nothing to send" not in told


def test_a_file_that_can_not_be_sent_does_not_stop_the_others(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """Each is told with its reason, those after it are sent, and the exit status is the worst."""
    desk, _, push = pushing
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "1.json").write_bytes(b"[")
    (folder / "2.ndjson").symlink_to(folder)
    lines(folder / "3.ndjson", 2)
    assert push(tmp_path / "nothing", folder) == 2
    told = capsys.readouterr().err
    assert f"Not sent: {tmp_path}/nothing: there is no such file or folder" in told
    assert f"Not sent: {folder}/1.json: it is no JSON" in told
    assert count(desk.context.database, tables.event) == 2


def test_a_folder_is_not_sent_in_silence_or_with_results(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """A link that leads nowhere is told, and the result of an import that was carried back is no file of events."""
    desk, _, push = pushing
    folder = tmp_path / "out"
    folder.mkdir()
    lines(folder / "1.ndjson", 1)
    (folder / "1.ndjson.result.ndjson").write_text('{"outcome":"accepted"}\n')
    assert push(folder) == 0
    (folder / "2.ndjson").symlink_to(tmp_path / "gone.ndjson")
    assert push(folder) == 2
    assert f"Not sent: {folder}/2.ndjson" in capsys.readouterr().err
    assert count(desk.context.database, tables.event) == 1


def test_nothing_to_send_is_told(pushing: Pushing, tmp_path: Path, capsys: Read) -> None:
    """A folder without event files, or a file without events, is not passed over in silence."""
    _, faulty, push = pushing
    (tmp_path / "out").mkdir()
    assert push(tmp_path / "out") == 0
    assert ".ndjson" in capsys.readouterr().err
    (tmp_path / "out" / "e.json").write_bytes(b"[]")
    assert push(tmp_path / "out") == 0
    assert "nothing to send" in capsys.readouterr().err
    assert faulty.seen == 0


SPOILT = {
    "mark": (".resume", "{"),
    "mark of something else": (".resume", "[1]"),
    "mark without numbers": (".resume", '{"events":"x","done":true,"digest":""}'),
    "answers": (".result", "x\n"),
    "answers of something else": (".result", "{}\n"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_lies_beside_a_file_and_is_broken_is_told(
    pushing: Pushing, tmp_path: Path, capsys: Read, spoilt: str
) -> None:
    """No traceback, no word of another file, but which one it is and how to go on."""
    _, _, push = pushing
    file = lines(tmp_path / "e.ndjson", 1)
    assert push(file) == 0
    end, text = SPOILT[spoilt]
    (tmp_path / f"e.ndjson{end}").write_text(text)
    assert push(file) == 2
    told = capsys.readouterr().err
    assert f"e.ndjson{end} is broken; --again" in told
    assert push("--again", file) == 0


def test_an_event_that_is_too_long_stops_no_other(pushing: Pushing, tmp_path: Path) -> None:
    """It could be sent in no request; it is told in its place, with why."""
    _, _, push = pushing
    file = lines(tmp_path / "e.ndjson", 1)
    file.write_bytes(dump(event("big", data__case="A" * 4_194_304)) + b"\n" + file.read_bytes())
    assert push(file) == 1
    told = [json.loads(line) for line in (tmp_path / "e.ndjson.result").read_bytes().splitlines()]
    assert [each["outcome"] for each in told] == ["unreadable", "accepted"]
    assert "too long" in told[0]["errors"][0]["text"]["en"]


@pytest.mark.parametrize("batch", ["0", "1001", "-1", "x", "1.5", "1" + "0" * 23, "9" * 5000, "²"])
def test_a_wrong_number_is_told_in_plain_words(capsys: Read, batch: str) -> None:
    """The range is said, and nothing of what was typed or of Python."""
    with pytest.raises(SystemExit) as ended:
        main(["push", f"--batch={batch}", "e.ndjson"])
    assert ended.value.code == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.endswith("--batch: 须为 1 至 1000 的整数 / must be a whole number from 1 to 1000")


def test_standard_input_that_was_not_taken_is_to_be_sent_again(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch, capsys: Read
) -> None:
    """It has no mark, so nothing is said of going on from there."""
    _, faulty, push = pushing
    faulty.plan = ["400"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(dump(event()))))
    assert push("-") == 4
    assert "what was taken counts once" in capsys.readouterr().err


def test_a_signed_file_that_is_not_written_is_told_in_plain_words(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """Nothing to write, no such folder, no such input: each is said, and no file is left."""
    _, _, push = pushing
    out = tmp_path / "out.ndjson"
    good, empty, long = (tmp_path / name for name in ("good.ndjson", "empty.ndjson", "long.ndjson"))
    lines(good, 1)
    empty.touch()
    long.write_bytes(b"x" * 4_200_000)
    for given, to, why in (
        (empty, out, "there is no event to write"),
        (long, out, "event 1 is longer than 4 MiB"),
        (tmp_path / "nothing", out, f"{tmp_path}/nothing: there is no such file or folder"),
        (good, tmp_path / "no" / "out", "No such file or directory"),
        (good, good, "exists already"),
    ):
        assert push("--to-file", to, given) == 2
        told = capsys.readouterr().err
        assert why in told
        assert "Errno" not in told
    assert not list(tmp_path.glob("out*"))
    assert push("--to-file", out, good) == 0
    assert "1 行 line，" in capsys.readouterr().err
    assert os.path.exists(f"{out}.sig")


def test_a_file_that_became_another_is_begun_anew_without_losing_answers(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """What is advised keeps the references of what was sent under this name before."""
    _, _, push = pushing
    file = lines(tmp_path / "e.ndjson", 2)
    assert push(file) == 0
    before = Path(f"{file}.result").read_bytes()
    file.write_bytes(dump(event("other", subject="36990126030208140599")) + b"\n")
    capsys.readouterr()
    assert push(file) == 2
    told = capsys.readouterr().err
    assert "--again" in told
    assert "remove" not in told
    assert push("--again", file) == 0
    assert Path(f"{file}.result~").read_bytes() == before


def test_refusals_of_an_earlier_run_are_told_with_where_they_are(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """The exit status says that some were refused, so the reasons can be found, however often it is run."""
    _, _, push = pushing
    file = tmp_path / "e.ndjson"
    file.write_bytes(dump(event("z", data__to="Z99")) + b"\n")
    assert push(file) == 1
    capsys.readouterr()
    assert push(file) == 1
    assert f"see {file}.result" in capsys.readouterr().err


def test_a_judging_only_writes_no_signed_file(tmp_path: Path, capsys: Read) -> None:
    """`--dry-run` changes nothing, so that it can not go with what writes a file to be applied."""
    with pytest.raises(SystemExit) as left:
        main(["push", "--dry-run", "--to-file", str(tmp_path / "x"), str(tmp_path)])
    assert left.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_a_key_file_that_does_not_fit_is_told_as_what_it_may_be(
    pushing: Pushing, tmp_path: Path, capsys: Read
) -> None:
    """Whoever uses this command signs nothing by hand: it is the key file, --hmac or the address that is another."""
    _, _, push = pushing
    (tmp_path / "other.secret").write_text("A" * 43 + "\n")
    assert push("--key-file", tmp_path / "other.secret", lines(tmp_path / "e.ndjson", 1)) == 4
    told = capsys.readouterr().err
    assert all(option in told for option in ("--key-file", "--key-id", "--hmac", "--url"))
