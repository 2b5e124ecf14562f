"""The life of a refused event (隔离件): how it may leave quarantine, and the reasons for closing one by hand.

Pure rules; who may do it is `roles`, and that each change leaves a ledger entry is the services' work.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a refused event stands. An event that was taken ends its item for good; a person's decision does not."""

    OPEN = "open"  # 待处理: refused, and nobody has settled it
    SETTLED = "settled"  # 已由补正事件了结: a mended event of the source was taken instead
    REPLAYED = "replayed"  # 重放后收下: the very same event was taken when it was judged again
    CLOSED = "closed"  # 监督员关闭, with a reason
    WITHDRAWN = "withdrawn"  # 来源撤回


_NEXT: Final = {
    State.OPEN: frozenset({State.SETTLED, State.REPLAYED, State.CLOSED, State.WITHDRAWN}),
    # The source sends it after all: refused once more it lies open again, mended it is settled.
    State.CLOSED: frozenset({State.OPEN, State.SETTLED}),
    State.WITHDRAWN: frozenset({State.OPEN, State.SETTLED}),
    State.SETTLED: frozenset[State](),
    State.REPLAYED: frozenset[State](),
}
UNTAKEN: Final = frozenset({State.OPEN, State.CLOSED, State.WITHDRAWN})
"""States in which nothing of the item has been taken yet, so that a mended event may still settle it."""

REASONS: Final = {
    "test_data": ("测试数据", "Test data"),
    "sent_by_mistake": ("误发，不该送来", "Sent by mistake"),
    "entered_otherwise": ("同一事实已另行录入", "The fact was entered in another way"),
    "beyond_repair": ("内容损坏，来源无法补正", "Damaged; the source can not mend it"),
}
"""Why a supervisor closes an item: codes, never a sentence of anybody, so that no personal data can stand in one."""


def may_become(now: State, then: State) -> bool:
    """Say whether an item in state `now` may go to state `then`."""
    return then in _NEXT[now]
