"""Names that sources give to what they send, lists and files: they go into the ledger, so they must mean nobody."""

from __future__ import annotations

import re

_LONG = re.compile(r"[0-9]{11,}", re.ASCII)
_MOMENT = re.compile(
    r"20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])([0-5][0-9]){2}", re.ASCII
)


def holds_number(name: str, pattern: str, unit: str = "") -> bool:
    """Say whether a name may hold the number of an incident, by this deployment's pattern, a phone, a person or a case.

    That is what has eleven digits or more in a row and is neither the code `unit` nor a moment, yyyyMMddHHmmss.
    """
    runs = _LONG.findall(name)
    return bool(re.search(pattern, name)) or any(run != unit and not _MOMENT.fullmatch(run) for run in runs)
