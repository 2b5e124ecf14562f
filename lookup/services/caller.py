"""The number that called (报警电话), masked, as the report's own pages show it: kept sealed with the incident.

Every number that may come to count is kept with its moment (`fold.told_at`), so that whatever order events come in,
and whatever is corrected or retracted later, the same one is shown.
"""

from __future__ import annotations

import json

from lookup.domain.fold import counts
from lookup.services.sealing import seal, unseal

PHONE_PURPOSE = "reporter-phone"


def with_caller(sealed: bytes | None, told: int, masked: str, seal_key: bytes) -> bytes:
    """Return `sealed` with one more masked number, told at `told`; the same bytes when that changes nothing.

    Of those that no correction told only the last can ever count; of two of one moment it is the same in any order.
    """
    known = _known(sealed, seal_key)
    after = known | {told: max(masked, known.get(told, ""))}
    last = max((each for each in after if each % 2 == 0), default=0)
    after = {each: number for each, number in sorted(after.items()) if each % 2 or each == last}
    if sealed is not None and after == known:
        return sealed
    return seal(seal_key, PHONE_PURPOSE, json.dumps(after).encode())


def caller(sealed: bytes | None, since: int, seal_key: bytes) -> str | None:
    """Return the masked number that counts when those of reporters count `since`; None without one."""
    known = _known(sealed, seal_key)
    last = max((told for told in known if counts(told, since)), default=None)
    return None if last is None else known[last]


def _known(sealed: bytes | None, seal_key: bytes) -> dict[int, str]:
    text = unseal(seal_key, PHONE_PURPOSE, sealed) if sealed else None
    if text is None:
        return {}
    if not text.startswith(b"{"):  # as it was kept before numbers had a moment (migration 0013)
        return {0: text.decode()}
    return {int(told): number for told, number in json.loads(text).items()}
