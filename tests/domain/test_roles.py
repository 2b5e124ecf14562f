"""Powers stay separate, a jurisdiction ends where it ends, and a stranger can not lock a supervisor out."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain import budget, roles
from lookup.domain.faults import MESSAGES, Fault
from lookup.domain.roles import ADMINISTRATORS, Right, Role

NOW = 1_773_500_000_000_000


@pytest.mark.parametrize("pair", list(combinations(sorted(ADMINISTRATORS), 2)))
def test_no_account_holds_two_of_the_three(pair: tuple[Role, Role]) -> None:
    """Each pair of administrators in one account is refused and, should it exist, powerless."""
    fault = roles.roles_fault(pair)
    assert fault == Fault("roles", "two_administrators")
    assert (fault.field, fault.code) in MESSAGES
    assert not any(roles.may(pair, right) for right in Right)


@pytest.mark.parametrize("administrator", sorted(ADMINISTRATORS))
def test_administrators_see_no_reports(administrator: Role) -> None:
    """No administrator has a right over incidents, nor may one be a supervisor as well."""
    for right in (Right.SEE_INCIDENTS, Right.ANSWER_FINDINGS, Right.RELEASE_QUARANTINE):
        assert not roles.may([administrator], right)
    both = [administrator, Role.SUPERVISOR]
    assert roles.roles_fault(both) == Fault("roles", "supervisor_administrator")
    assert not roles.may(both, Right.SEE_INCIDENTS)


def test_administrators_share_no_right() -> None:
    """Making accounts, giving them power and reading what they did are three people's work."""
    for one, other in combinations(sorted(ADMINISTRATORS), 2):
        assert not roles.RIGHTS[one] & roles.RIGHTS[other]


def test_every_right_belongs_to_somebody_and_every_role_has_rights() -> None:
    """No right is unreachable and no role is empty; no role at all is no right."""
    assert frozenset().union(*roles.RIGHTS.values()) == frozenset(Right)
    assert set(roles.RIGHTS) == set(Role)
    assert all(roles.RIGHTS.values())
    assert all(roles.roles_fault([role]) is None for role in Role)
    assert roles.roles_fault([]) == Fault("roles", "missing")


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [
        ("369900000000", "3699"),
        ("３６９９", "3699"),
        ("369901510000", "36990151"),
        ("36", "36"),
        ("361000000000", "3610"),
        ("360000", "36"),
        ("", Fault("jurisdiction", "missing")),
        ("云溪", Fault("jurisdiction", "character")),
        ("369", Fault("jurisdiction", "shape")),
        ("36990151000000", Fault("jurisdiction", "shape")),
        ("000000000000", Fault("jurisdiction", "shape")),
    ],
)
def test_a_jurisdiction_is_a_prefix(typed: str, prefix: str | Fault) -> None:
    """A bureau's code stands for all below it; nothing stands for everything."""
    assert roles.jurisdiction(typed) == prefix


def test_a_jurisdiction_covers_what_is_below_it_only() -> None:
    """A county supervisor sees the county's stations, not the city or the neighbour county."""
    assert roles.covers(["369901"], "369901510000")
    assert roles.covers(["360102", "369901"], "369901000000")
    assert not roles.covers(["369901"], "369902510000")
    assert not roles.covers(["369901"], "369900000000")
    assert not roles.covers([], "369901510000")
    assert not roles.covers([""], "369901510000")


def attack(counters: Counter[tuple[str, int]], plan: tuple[budget.Reservation, ...]) -> bool:
    """Raise the counters of a plan in order and say whether the try was admitted."""
    for reservation in plan:
        counters[reservation.key, reservation.window] += 1
        if not budget.within(reservation, counters[reservation.key, reservation.window]):
            return False
    return True


def test_a_known_device_signs_in_whatever_strangers_do() -> None:
    """After thousands of wrong passwords, from the supervisor's own network too, her browser still has its tries."""
    counters: Counter[tuple[str, int]] = Counter()
    for number in range(100):
        for _ in range(30):
            attack(counters, roles.sign_in_plan("account", f"network-{number}", None, NOW))
    assert not attack(counters, roles.sign_in_plan("account", "new-network", None, NOW))
    tries = [attack(counters, roles.sign_in_plan("account", "network-0", "device", NOW)) for _ in range(6)]
    assert tries == [True] * 5 + [False]


def test_strangers_are_bounded() -> None:
    """One network has five tries at an account and twenty at all; an account takes fifty from unknown devices."""
    counters: Counter[tuple[str, int]] = Counter()
    one = [attack(counters, roles.sign_in_plan("a", "n", None, NOW)) for _ in range(9)]
    assert sum(one) == 5
    many = [attack(counters, roles.sign_in_plan(f"b{n}", "m", None, NOW)) for n in range(40)]
    assert sum(many) == 20
    spread = [attack(counters, roles.sign_in_plan("c", f"n{n}", None, NOW)) for n in range(90)]
    assert sum(spread) == 50


def test_a_single_network_can_not_shut_new_devices_out() -> None:
    """A stranger with one network leaves a supervisor on a new device elsewhere her tries."""
    counters: Counter[tuple[str, int]] = Counter()
    for _ in range(1000):
        attack(counters, roles.sign_in_plan("account", "stranger", None, NOW))
    assert attack(counters, roles.sign_in_plan("account", "elsewhere", None, NOW))


@given(st.integers(0, 10**6))
def test_a_shut_lane_opens_within_half_an_hour(second: int) -> None:
    """However a lane was shut, half an hour later its window is another."""
    at = NOW + second * 1_000_000
    now = roles.sign_in_plan("account", "n", "device", at)[0]
    later = roles.sign_in_plan("account", "n", "device", at + 1800 * 1_000_000)[0]
    assert later.window == now.window + 1800 * 1_000_000
