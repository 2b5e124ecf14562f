"""Looks that a citizen is told of later (依法暂不告知): why they may be delayed, by what decision, for how long.

Law: 个人信息保护法 art 35 and 18(1), (2): organs of state tell whose data they handle, except where secrecy is
prescribed or telling would hinder their duty, and tell it when that is over. The longest delay is ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lookup.domain.faults import Fault

MOST_DAYS: Final = 90

REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "investigation": ("告知会妨碍正在进行的侦查", "telling would hinder an investigation"),
        "supervision": (
            "告知会妨碍对承办人员的监督调查",
            "telling would hinder an inquiry into those in charge",
        ),
        "safety": ("告知会危及他人的人身安全", "telling would endanger somebody"),
    }
)
"""Reason to its words in zh-Hans and English; frozen, since entries name them."""


APPROVAL: Final = re.compile(r"[\w〔〕\[\]（）() .·-]{4,40}")
"""What the number of a decision (批准文号) looks like."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A decision that looks at one report are told of after `days`; `approval` is the decision's number (批准文号)."""

    reason: str
    approval: str
    days: int


def declaration(reason: str, approval: str, days: str) -> Declaration | tuple[Fault, ...]:
    """Return what was typed as a declaration, or what is wrong with it.

    Codes: covert_reason unknown; approval missing, shape; covert_days shape (1 to MOST_DAYS).
    """
    decision = " ".join(approval.split())
    faults = [] if reason in REASONS else [Fault("covert_reason", "unknown")]
    if not decision:
        faults.append(Fault("approval", "missing"))
    elif not APPROVAL.fullmatch(decision):
        faults.append(Fault("approval", "shape"))
    if not re.fullmatch(r"[1-9][0-9]?", days.strip(), re.ASCII) or int(days) > MOST_DAYS:
        faults.append(Fault("covert_days", "shape"))
    return tuple(faults) or Declaration(reason, decision, int(days))


def is_withheld(ts: int, release: int | None, horizon_days: int, now: int) -> bool:
    """Whether a covert look at `ts` is still withheld at `now`: until its release, never longer than the horizon.

    Times in UTC microseconds; `release` None (an entry that names none) means the horizon.
    """
    latest = ts + horizon_days * 86_400_000_000
    return now < (latest if release is None else min(release, latest))
