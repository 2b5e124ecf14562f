"""What the lines of a signed file are, and what becomes of a batch of them: events, or parts of lists of a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lookup.cli.import_results import Told
from lookup.client_files import LINES, LISTS
from lookup.services.accept_events import accept_events
from lookup.services.accept_manifest import accept_manifest, refuse_manifest
from lookup.services.arrivals import Client, Fault
from lookup.services.contexts import PushContext
from lookup.web.push import body
from lookup.web.push.answers import element, error
from lookup.web.push.arriving import read_line
from lookup.web.push.faults import fault
from lookup.web.push.manifest_wire import read_manifest
from lookup.web.push.manifests import told

Batch = list[tuple[int, int, bytes]]
"""Lines with their number and with how many bytes of the file end with them."""

REFUSED = ("conflict", "quarantined", "refused")
"""Outcomes of lines that were not taken."""


def take_events(context: PushContext, client: Client, batch: Batch) -> list[Told]:
    """Have a batch of events taken in one transaction; returns the answers, each with its line."""
    reads = [read_line(client, context.settings.incident_pattern, line) for _, _, line in batch]
    taken = accept_events(context, client, [read.arrival for read in reads])
    answers = (element(0, result, read.faults) for result, read in zip(taken, reads, strict=True))
    return [
        {"line": number, **{name: value for name, value in answer.items() if name != "index"}}
        for (number, _, _), answer in zip(batch, answers, strict=True)
    ]


def take_lists(context: PushContext, client: Client, batch: Batch) -> list[Told]:
    """Have each line taken as a part of a list, in a transaction of its own; returns the answers with their lines."""
    return [{"line": number, **_take_part(context, client, line)} for number, _, line in batch]


def _take_part(context: PushContext, client: Client, line: bytes) -> Told:
    try:
        part = read_manifest(client, context.settings.incident_pattern, body.parse(line))
    except body.NotJson as broken:
        part = [fault("", broken.rule)]
    if isinstance(part, list):
        return _refused("refused", part, refuse_manifest(context, client, part[0].rule))
    receipt = accept_manifest(context, client, part, None)
    if receipt is None:
        raise RuntimeError("a part without a nonce is no replay")
    if receipt.refusal is not None:
        faults = [fault(receipt.refusal.pointer, receipt.refusal.rule)]
        return {"manifest": part.name, "part": part.part, **_refused(receipt.outcome, faults, receipt.entry)}
    compared = told(receipt.compared) if receipt.compared else {}
    return {"outcome": receipt.outcome, "part": part.part, **compared, "entry": receipt.entry}


def _refused(outcome: str, faults: list[Fault], entry: str) -> Told:
    return {"outcome": outcome, "errors": [error(each) for each in faults], "entry": entry}


TAKERS: Mapping[str, Callable[[PushContext, Client, Batch], list[Told]]] = {
    LINES: take_events,
    LISTS: take_lists,
}
"""Content type of a signed file to what takes its lines."""
