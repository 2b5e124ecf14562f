"""The demo itself: one real run in a folder of its own, interrupted once, started again, asked over HTTP."""

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from lookup.cli.demo_lists import NEVER_ENTERED
from lookup.ledger.entry import ACTIONS

ROOT = Path(__file__).parents[2]
READY = "Ctrl-C"


def words(*arguments: str | Path) -> list[str]:
    """What starts the command line."""
    return [sys.executable, "-m", "lookup.cli.main", *map(str, arguments)]


@contextmanager
def started(folder: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A running demo; it is stopped at the end."""
    process = subprocess.Popen(
        words("demo", "--folder", folder, "--port", str(port), *more),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Everything printed up to the line with `text`."""
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if text in line:
            return printed
    pytest.fail(f"the demo ended without saying {text!r}:\n{printed}")


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_of(folder: Path) -> list[int]:
    """Every process that has the settings of the demo in `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"sqlite:///{folder}/".encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def ask(url: str, body: dict[str, Any] | None = None, token: str | None = None) -> dict[str, Any]:
    """The JSON answer of the service."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - a loopback address of our own
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        answer: dict[str, Any] = json.load(response)
        return answer


@dataclass
class Journey:
    """What happened: three starts, and what the sample references opened during the last."""

    interrupted: str
    resumed: str
    again: str
    reports: list[dict[str, Any]]
    statuses: tuple[int, int]
    pages: dict[str, int]
    left_over: list[int]
    folder: Path
    busy: str
    desk: list[str]
    oversight: list[str]
    broken: tuple[int, str]
    trial: dict[str, Any]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Interrupt the first load, finish it with a second start, ask a third, stop it."""
    folder, port = tmp_path_factory.mktemp("demo") / "home", free_port()
    with started(folder, port) as first:
        interrupted = read_until(first, "loading")
        first.send_signal(signal.SIGINT)
        broken_off = first.wait(60)
    with started(folder, port, "--once") as second:
        resumed = read_until(second, READY)
    with started(folder, port) as third:
        again = read_until(third, READY)
        reports, pages = open_samples(again), look(port)
        supervisor, *oversight = sign_in(again, folder, port, 0, ("manifests", "sources", "waiting"))
        auditor = sign_in(again, folder, port, 1, ("alarms",))
        trial = push_as_vendor(again)
        busy = subprocess.run(
            words("demo", "--folder", folder.with_name("other"), "--port", str(port)),
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        ).stderr  # fmt: skip
        third.send_signal(signal.SIGTERM)
        ended = third.wait(60)
    broken = lose_the_worker(folder, port)
    return Journey(
        interrupted,
        resumed,
        again,
        reports,
        (broken_off, ended),
        pages,
        processes_of(folder),
        folder,
        busy,
        [supervisor, *auditor],
        oversight,
        broken,
        trial,
    )


def open_samples(printed: str) -> list[dict[str, Any]]:
    """Open every printed reference as a person would: by its link and the last four digits."""
    links = re.findall(r"http://\S+/r#\S+", printed)
    digits = re.findall(r"last four digits of the phone   ([0-9]{4})", printed)
    return [open_link(link, four) for link, four in zip(links, digits, strict=True)]


def open_link(link: str, four: str) -> dict[str, Any]:
    """Prove a link and return the report."""
    base = link.partition("/r#")[0]
    fact = {"kind": "phone_last4", "phone_last4": four}
    proved = ask(f"{base}/api/v1/verifications", {"link": link, "second_fact": fact})
    report: dict[str, Any] = ask(f"{base}/api/v1/report", token=proved["pass"])["report"]
    return report


def push_as_vendor(printed: str) -> dict[str, Any]:
    """Run the printed line in a shell and open the report whose link came back; `./run` is the present Python."""
    line = next(each.strip() for each in printed.splitlines() if "./run push" in each)
    shell = line.replace("./run", f"{sys.executable} -m lookup.cli.main")
    done = subprocess.run(
        ["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(Path(line.split()[-1] + ".result").read_text())
    four = re.search(r"last four   ([0-9]{4})", printed)
    assert four is not None
    return open_link(answer["reference"]["link"], four[1])


def look(port: int) -> dict[str, int]:
    """The status of the first page of each surface."""
    found = {}
    for path in ("/", "/console/", "/v1/openapi.json"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
            found[path] = response.status
    return found


def sign_in(printed: str, folder: Path, port: int, at: int, pages: tuple[str, ...]) -> list[str]:
    """Sign in to the console with the account printed at this place; where one ends up, and these pages."""
    url = f"http://127.0.0.1:{port}"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{url}/console/sign-in", timeout=30) as page:
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    name, password = re.findall(r"name   (\S+)\s+密码 password   (\S+)", printed)[at]
    code = re.search(rf"\b{name}\s+([0-9]{{6}})\b", one_time_code(folder))
    assert token is not None
    assert code is not None
    form = {"csrf_token": token[1], "name": name, "password": password, "code": code[1]}
    sent = urllib.request.Request(  # noqa: S310 - a loopback address of our own
        f"{url}/console/sign-in", urllib.parse.urlencode(form).encode(), {"Origin": url}
    )
    with browser.open(sent, timeout=30) as page:
        seen: list[str] = [page.url]
    for path in pages:
        with browser.open(f"{url}/console/{path}", timeout=30) as page:
            seen.append(page.read().decode())
    return seen


def lose_the_worker(folder: Path, port: int) -> tuple[int, str]:
    """Kill the worker of a running demo; the demo's exit status and last words."""
    with started(folder, port) as demo:
        read_until(demo, READY)
        workers = [
            pid for pid in processes_of(folder) if b"\0work\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(workers[0], signal.SIGKILL)
        assert demo.stdout is not None
        words = demo.stdout.read()
        return demo.wait(60), words


def one_time_code(folder: Path) -> str:
    """What `--code` prints."""
    return subprocess.run(
        words("demo", "--code", "--folder", folder),
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    ).stdout  # fmt: skip


def test_an_interrupted_load_goes_on_where_it_was(journey: Journey) -> None:
    """The second start pushes the rest, not everything again, and both ways of stopping say what they mean."""
    first = [int(n) for n in re.findall(r"(\d+)/\d+ ", journey.resumed)]
    reached = [int(n) for n in re.findall(r"(\d+)/\d+ ", journey.interrupted)]
    assert first[0] > reached[-1] > 0
    assert "100 %" in journey.resumed
    assert journey.statuses == (130, 0)


def test_a_later_start_loads_nothing(journey: Journey) -> None:
    """It prints the same references without pushing anything."""
    assert "loading" not in journey.again
    assert re.findall(r"/r#\S+", journey.again) == re.findall(r"/r#\S+", journey.resumed)


def test_what_is_printed_to_start_over_starts_this_demo(journey: Journey) -> None:
    """The line names the folder and the port, where they are not the usual ones."""
    assert re.search(rf"--fresh --folder {re.escape(str(journey.folder))} --port [0-9]+\n", journey.again)


def test_the_samples_open_the_promised_stories(journey: Journey) -> None:
    """Registered; refused with remedies; transferred; overdue; withheld: told by the real service over HTTP."""
    registered, refused, moved, overdue, withheld = journey.reports
    assert (registered["acceptance"]["code"], registered["registration"]["code"]) == ("accepted", "filed")
    assert refused["registration"]["code"] == "not_filed"
    assert "refusal_reconsideration" in {remedy["code"] for remedy in refused["remedies"]}
    assert moved["stage"]["code"] == "J97"
    assert any(due["state"] == "overdue" for due in overdue["dues"])
    assert withheld["withheld"] is True


def test_every_surface_answers(journey: Journey) -> None:
    """The three printed addresses answer."""
    assert set(journey.pages.values()) == {200}


def test_stopping_ends_every_process(journey: Journey) -> None:
    """After SIGTERM nothing of the demo runs on."""
    assert journey.left_over == []


def test_a_lost_process_stops_the_rest(journey: Journey) -> None:
    """When the worker is killed, the demo ends everything, says which process it was and fails."""
    status, last = journey.broken
    assert status == 1
    assert "worker" in last


def test_a_taken_port_is_explained(journey: Journey) -> None:
    """A second demo on the same port says so and how to choose another."""
    assert "--port" in journey.busy


def test_the_folder_is_its_owners_own(journey: Journey) -> None:
    """Nobody else can read the demo's secrets."""
    assert stat.S_IMODE(journey.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((journey.folder / "demo.json").stat().st_mode) == 0o600


def test_the_ledger_of_the_demo_verifies(journey: Journey) -> None:
    """The audit log of everything that was pushed, asked and interrupted re-derives without a finding."""
    database = f"sqlite:///{journey.folder / 'lookup.db'}"
    done = subprocess.run(
        words("verify", "db", "--database", database, "--policy", journey.folder / "policy"),
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("OK:")


def test_what_was_stopped_in_order_is_not_called_lost(journey: Journey) -> None:
    """After every Ctrl-C and new start the log says that the processes had ended in order."""
    with closing(sqlite3.connect(journey.folder / "lookup.db")) as conn:
        counts = dict(conn.execute("SELECT action, count(*) FROM audit_entry GROUP BY action"))
    assert ACTIONS["sys.writer_lost"] not in counts
    assert counts[ACTIONS["sys.close"]] >= 5


def test_the_printed_accounts_open_the_console(journey: Journey) -> None:
    """Name, password and the code that `--code` prints sign in a supervisor, and an auditor who finds no alarm."""
    supervisor, auditor, alarms = journey.desk
    for address in (supervisor, auditor):
        assert address.endswith("/console/entries")
    assert "账本没有告警" in alarms


def test_the_supervisor_finds_what_was_never_entered(journey: Journey) -> None:
    """A week of lists, of which only yesterday's differs, both ways; one gap; a step waits for what is lost.

    More may wait: a step that was typed in before the one that precedes it.
    """
    lists, sources, waiting = journey.oversight
    states = re.findall(r'<tr class="entry (\w+)">', lists)
    assert states == ["different", *["equal"] * 6]
    loud = re.findall(r'class="n loud"><small class="label">[^<]+</small>(\d+)', lists)
    assert loud == [str(NEVER_ENTERED), "1"]
    assert re.search(r"另有 1 个刚缺|缺号 </small>1<", sources)
    assert waiting.count('<tr class="entry">') >= 1
    assert "缺前一步" in waiting


def test_a_vendor_can_push_at_once(journey: Journey) -> None:
    """The printed line sends a first event with the printed key, and the link that comes back opens the report."""
    assert journey.trial["stage"]["code"] == "J10"
    for name in ("trial.pem", "trial.env", "trial.json"):
        assert stat.S_IMODE((journey.folder / name).stat().st_mode) == 0o600
