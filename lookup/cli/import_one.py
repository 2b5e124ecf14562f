"""Importing one signed file: nothing of it is applied before its signature, its size and its digest are verified."""

from __future__ import annotations

import base64
import errno
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from lookup.cli.import_input import (
    MAX_LINE,
    BusyError,
    ChangedError,
    Measured,
    Seen,
    lines,
    measure,
    open_input,
    read_whole_signature,
    signature_of,
    which,
)
from lookup.cli.import_lines import TAKERS, Batch
from lookup.cli.import_results import Results, Told, finished, refusal
from lookup.cli.telling import counted
from lookup.services.authenticate_file import Declared, Denied, Vouched, authenticate, living, read_signature
from lookup.services.contexts import PushContext
from lookup.services.note_file import note_file

LONGEST_NAME = 200
"""Bytes; what is added to the name of a result fits into the 255 of a file system."""
HELD = ("client-suspended", "client-expired")
"""Rules that may end: a file of such a client is not refused, it waits."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an import ended: imported, before (was imported already), refused, held, incomplete, busy or stopped.

    `rule`: why it is refused, or held (its client may not act at present), or what it lacks (unsigned, torn, missing,
    short). `earlier`: where the result of an earlier import is now.
    """

    state: str
    rule: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    earlier: Path | None = None


@dataclass(frozen=True, slots=True)
class Importing:
    """What every import of one run shares: `say` is told the progress, `stopped` asked before each batch.

    `put_away` is told how it ended, and of what, while the file is still locked; `known` asked whether it is known
    that a file (its id) is held by a rule, so that there is one entry of it.
    """

    context: PushContext
    operator: str
    say: Callable[[str], object]
    stopped: Callable[[], bool]
    again: bool = False
    batch: int = 500
    put_away: Callable[[Ended, Seen], object] = lambda *_: None
    known: Callable[[str, str], bool] = lambda *_: False


def import_file(run: Importing, path: Path) -> Ended:
    """Import `path`, or go on where an earlier import of it was interrupted.

    Raises OSError when a file can not be read or written; nothing is lost by that.
    """
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise OSError(errno.ENAMETOOLONG, f"the name is longer than {LONGEST_NAME} bytes")
    try:
        return _import(run, path)
    except BusyError:
        return Ended("busy")


def _import(run: Importing, path: Path) -> Ended:
    raw = read_whole_signature(path)
    if raw is None:
        return Ended("incomplete", "torn" if os.path.lexists(signature_of(path)) else "unsigned")
    seen = Seen(raw, which(path))
    declared = read_signature(raw)
    if isinstance(declared, str):
        return _put_away(run, _refuse(run, path, declared, None), seen)
    try:
        opened = open_input(path)
    except FileNotFoundError:
        return Ended("incomplete", "missing")
    if opened is None:
        return _put_away(run, _refuse(run, path, "file.kind", declared), seen)
    with opened:
        seen = Seen(raw, which(opened.fileno()))
        return _put_away(run, _signed(run, path, opened, declared), seen)


def _put_away(run: Importing, ended: Ended, seen: Seen) -> Ended:
    run.put_away(ended, seen)
    return ended


def _signed(run: Importing, path: Path, opened: BinaryIO, declared: Declared) -> Ended:
    vouched = authenticate(run.context, declared)
    if isinstance(vouched, Denied):
        return _denied(run, path, declared, vouched)
    if declared.media not in TAKERS:
        return _refuse(run, path, "file.media", declared, vouched)
    size = os.fstat(opened.fileno()).st_size
    if size < declared.size:
        return Ended("incomplete", "short")
    if size > declared.size:
        return _refuse(run, path, "file.size", declared, vouched)
    measured = measure(opened, size)
    if measured.digest != declared.digest:
        return _refuse(run, path, "file.digest", declared, vouched)
    last = None if run.again else finished(path, _head(declared, vouched), run.context.settings.pepper)
    if last is not None:
        return Ended("before", counts=last["counts"])
    if measured.longest > MAX_LINE:
        return _refuse(run, path, "file.line", declared, vouched)
    results = Results(path, _head(declared, vouched), run.context.settings.pepper)
    try:
        return _apply(run, opened, measured, vouched, results)
    finally:
        results.close()


def _apply(run: Importing, opened: BinaryIO, measured: Measured, vouched: Vouched, results: Results) -> Ended:
    """Hand over what is not told yet, batch by batch; what was taken but not told is a duplicate then."""
    declared = vouched.declared
    began, before = time.monotonic(), results.done
    _note(run, "continue" if before else "begin", vouched, {"count": before})
    rule = ""
    try:
        for batch in _batches(lines(opened, declared.size, measured), before, run.batch):
            if run.stopped():
                return Ended("stopped", counts=results.outcomes)
            rule = _take(run.context, declared, batch, results)
            if rule:
                break
            rate = (results.outcomes.total() - before) / max(time.monotonic() - began, 1e-3)
            run.say(_progress(100 * batch[-1][1] // declared.size, results, rate))
    except ChangedError:
        rule = "file.changed"
    detail: dict[str, str | int] = {"count": results.outcomes.total()}
    if rule in HELD:
        return _hold(run, declared, rule, vouched.client.id, results.outcomes)
    entry = _note(run, "refuse" if rule else "end", vouched, detail | ({"rule": rule} if rule else {}))
    results.finish({**(refusal(rule) if rule else {"status": "imported"}), "entry": entry})
    return Ended("refused" if rule else "imported", rule, results.outcomes, results.earlier)


def _take(context: PushContext, declared: Declared, batch: Batch, results: Results) -> str:
    """Have one batch judged and told; returns why its client may not act any more, or ""."""
    client = living(context, declared.key)
    if isinstance(client, str):
        return client
    results.add(TAKERS[declared.media](context, client, batch))
    return ""


def _batches(found: Iterator[tuple[int, int, bytes]], done: int, size: int) -> Iterator[Batch]:
    """Yield the lines after the first `done` ones in batches of at most `size` and 4 MiB."""
    batch: Batch = []
    room = MAX_LINE
    for place, line in enumerate(found):
        if place < done:
            continue
        if batch and (len(batch) == size or len(line[2]) > room):
            yield batch
            batch, room = [], MAX_LINE
        batch.append(line)
        room -= len(line[2])
    if batch:
        yield batch


def _progress(percent: int, results: Results, rate: float) -> str:
    number, counts = results.outcomes.total(), counted(results.outcomes)
    return f"{percent:3} %  {number:,} 条 {'line' if number == 1 else 'lines'}  {rate:,.0f}/s  {counts}"


def _head(declared: Declared, vouched: Vouched) -> Told:
    digest = f"sha-256=:{base64.b64encode(declared.digest).decode()}:"
    return {
        "file": declared.file,
        "digest": digest,
        "bytes": declared.size,
        "client": vouched.client.id,
        "key": declared.key,
    }


def _note(run: Importing, act: str, vouched: Vouched, detail: dict[str, str | int]) -> str:
    return note_file(run.context, act, vouched.declared.file, client=vouched.client.id, detail=detail)


def _denied(run: Importing, path: Path, declared: Declared, denied: Denied) -> Ended:
    if denied.rule in HELD:
        return _hold(run, declared, denied.rule, denied.signer)
    return _refuse(run, path, denied.rule, declared, signer=denied.signer)


def _hold(
    run: Importing, declared: Declared, rule: str, signer: str | None, counts: Mapping[str, int] | None = None
) -> Ended:
    """Leave a file as it is until its client may act again, with an entry the first time."""
    told = counts or {}
    if not run.known(declared.file, rule):
        detail: dict[str, str | int] = {"rule": rule, "count": sum(told.values())}
        note_file(run.context, "refuse", declared.file, client=signer, operator=run.operator, detail=detail)
    return Ended("held", rule, told)


def _refuse(
    run: Importing,
    path: Path,
    rule: str,
    declared: Declared | None,
    vouched: Vouched | None = None,
    signer: str | None = None,
) -> Ended:
    """Leave an entry, of the `signer` where one is known, and a result that says why; nothing was applied."""
    file, client = declared.file if declared else "", vouched.client.id if vouched else signer
    head: Told = _head(declared, vouched) if declared and vouched else {"file": file}
    results = Results(path, head, run.context.settings.pepper)
    entry = note_file(
        run.context, "refuse", file, client=client, operator=run.operator, detail={"rule": rule}
    )
    results.finish({**refusal(rule), "entry": entry})
    return Ended("refused", rule, earlier=results.earlier)
