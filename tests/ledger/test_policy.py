"""Policies: C2SP tlog-policy files, quorums, and judging checkpoints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.cosignature import cosign
from lookup.ledger.note import COSIGNATURE_V1
from lookup.ledger.policy import Group, Log, Policy, accept, parse_policy, satisfied
from lookup.ledger.wire import MAX_SIZE, VerificationError
from tests.ledger.keys import ORIGIN, check, pair

KEY, SIGN = pair()
NEXT, SIGN_NEXT = pair(seed=2)
WITNESSES = {
    name: pair(f"w.example/{name}", COSIGNATURE_V1, 20 + i)
    for i, name in enumerate(["X1", "X2", "X3", "Y1", "Y2"])
}
LINES = [f"witness {name} {key.vkey()}" for name, (key, _) in WITNESSES.items()]
EXAMPLE = "\n".join([
    "# two organisations", f"log {KEY.vkey()} https://log.example", *LINES, "", " \t",
    "\tgroup X-witnesses 2 X1 X2 X3 ", "group  Y-witnesses\tany Y1 Y2", "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y", "",
]).encode()  # fmt: skip
HEAD = Checkpoint(ORIGIN, 5, b"h" * 32)


def note(*names: str) -> bytes:
    lines = [cosign(HEAD.text(), *WITNESSES[name], 1700000000).line() for name in names]
    return sign_checkpoint(HEAD, (KEY, SIGN)) + b"".join(lines)


def refused(text: str | bytes) -> None:
    with pytest.raises(VerificationError):
        parse_policy(text if isinstance(text, bytes) else text.encode())


def test_the_example_of_the_specification() -> None:
    """Two levels of groups, `any`, `all` and a number, comments and white space are read as specified."""
    policy = parse_policy(EXAMPLE)
    assert policy.logs == (Log(KEY, b"https://log.example"),)
    assert policy.groups[b"X-and-Y"] == Group(2, (b"X-witnesses", b"Y-witnesses"))
    assert parse_policy(policy.to_bytes()) == policy


@pytest.mark.parametrize(
    ("names", "enough"),
    [
        (("X1", "X2", "Y1"), True),
        (("X1", "X3", "Y2"), True),
        (("X1", "X2", "X3"), False),
        (("X1", "Y1", "Y2"), False),
        ((), False),
        (("X1", "X1", "Y1"), False),
    ],
)
def test_quorum_counts_distinct_witnesses_by_group(names: tuple[str, ...], enough: bool) -> None:
    """Two of X and one of Y are needed; one witness twice is one witness."""
    policy = parse_policy(EXAMPLE)
    if enough:
        assert set(accept(note(*names), policy, check).cosigned) == {n.encode() for n in names}
    else:
        with pytest.raises(VerificationError, match="quorum"):
            accept(note(*names), policy, check)
    assert accept(note(*names), policy, check, quorum=False).checkpoint == HEAD


def test_quorum_of_one_witness_and_of_none() -> None:
    """A quorum may be a witness by name, or nobody."""
    one = parse_policy(f"log {KEY.vkey()}\n{LINES[0]}\nquorum X1\n".encode())
    assert accept(note("X1"), one, check).cosigned == {b"X1": 1700000000}
    with pytest.raises(VerificationError):
        accept(note("X2"), one, check)
    nobody = parse_policy(f"log {KEY.vkey()}\nquorum none\n".encode())
    assert accept(note(), nobody, check).signers == (KEY,)
    assert parse_policy(b"quorum none\n") == Policy()


@given(st.sets(st.sampled_from([b"X1", b"X2", b"X3", b"Y1", b"Y2", b"Z"])))
def test_satisfied_is_the_threshold_arithmetic(names: set[bytes]) -> None:
    """The quorum holds exactly when two of X and one of Y are there; unknown names count for nothing."""
    expected = len(names & {b"X1", b"X2", b"X3"}) >= 2 and len(names & {b"Y1", b"Y2"}) >= 1
    assert satisfied(parse_policy(EXAMPLE), names) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none",
        "quorum none\nquorum none\n",
        "quorum X1\n",
        "quorum\n",
        "quorum none none\n",
        "nonsense\nquorum none\n",
        "log x\nquorum none\n",
        "log\nquorum none\n",
        f"log {KEY.vkey()} a b\nquorum none\n",
        "group\nquorum none\n",
        f"log {KEY.vkey()}\nlog {KEY.vkey()}\nquorum none\n",
        f"witness none {LINES[0].split()[2]}\nquorum none\n",
        f"{LINES[0]}\n{LINES[0]}\nquorum none\n",
        f"{LINES[0]}\n{LINES[1].replace('witness X2', 'witness X1')}\nquorum none\n",
        f"log {LINES[0].split()[2]}\nquorum none\n",
        f"witness A {KEY.vkey()}\nquorum none\n",
        "witness\nquorum none\n",
        f"{LINES[0]}\ngroup G 2 X1\nquorum G\n",
        f"{LINES[0]}\ngroup G 0 X1\nquorum G\n",
        f"{LINES[0]}\ngroup G all\nquorum none\n",
        f"{LINES[0]}\ngroup G 01 X1\nquorum G\n",
        f"{LINES[0]}\ngroup G any X1 X1\nquorum G\n",
        "group G any none\nquorum none\n",
        f"{LINES[0]}\ngroup G any X1\ngroup H any X1\nquorum G\n",
        "group G any G\nquorum none\n",
        "quorum none\r\n",
        f"{LINES[0]}\ngroup X1 any X1\nquorum none\n",
        f"{LINES[0]}\ngroup none any X1\nquorum none\n",
        "#\x00\nquorum none\n",
        "#valid 00000000 0 -\nquorum none\n",
        "#valid\nquorum none\n",
        "#\x7f\nquorum none\n",
        f"log {KEY.vkey()}\n#valid {KEY.id.hex()} 0 x\nquorum none\n",
        f"log {KEY.vkey()}\n#valid {KEY.id.hex()} - 5\nquorum none\n",
    ],
)
def test_damaged_policies_are_refused(text: str) -> None:
    """Missing, double, unknown, circular or misspelt lines: the one error."""
    refused(text)


def test_names_are_opaque_octets() -> None:
    """Names beyond ASCII are compared byte by byte; a Kelvin sign is not a K."""
    data = f"{LINES[0].replace('witness X1', 'witness K')}\nquorum ".encode() + b"\xe2\x84\xaa\n"
    refused(data)
    assert (
        parse_policy(f"{LINES[0].replace('witness X1', 'witness 证')}\nquorum 证\n".encode()).quorum
        == "证".encode()
    )
    assert (
        parse_policy(LINES[0].encode().replace(b"witness X1", b"witness \xff") + b"\nquorum \xff\n").quorum
        == b"\xff"
    )


def test_a_policy_too_long_is_refused() -> None:
    """A limit guards against being fed without end."""
    refused(b"#" + b"x" * (1 << 18) + b"\nquorum none\n")


def test_key_validity_is_bounded_by_tree_size() -> None:
    """During rotation both keys are listed with their sizes; each signs only within its own."""
    policy = Policy((Log(KEY, b"", 0, 100), Log(NEXT, b"", 90, MAX_SIZE)))
    assert parse_policy(policy.to_bytes()) == policy
    for size, good in ((0, {KEY}), (89, {KEY}), (90, {KEY, NEXT}), (99, {KEY, NEXT}), (100, {NEXT})):
        head = Checkpoint(ORIGIN, size, b"h" * 32)
        both = sign_checkpoint(head, (KEY, SIGN), (NEXT, SIGN_NEXT))
        assert set(accept(both, policy, check).signers) == good
        for key, sign in ((KEY, SIGN), (NEXT, SIGN_NEXT)):
            alone = sign_checkpoint(head, (key, sign))
            if key not in good:
                with pytest.raises(VerificationError):
                    accept(alone, policy, check)


def test_validity_is_a_comment_to_others() -> None:
    """Our addition leaves a plain tlog-policy: without comment lines the same logs are read."""
    data = Policy((Log(KEY, b"", 0, 100),)).to_bytes()
    plain = b"\n".join(row for row in data.split(b"\n") if not row.startswith(b"#"))
    assert parse_policy(plain).logs == (Log(KEY),)


def test_the_origin_must_be_a_log_of_the_policy() -> None:
    """A checkpoint for another origin, though signed by a key we know, is not accepted."""
    policy = Policy((Log(KEY),))
    head = Checkpoint("other.example", 5, b"h" * 32)
    with pytest.raises(VerificationError, match="origin"):
        accept(sign_checkpoint(head, pair("other.example")), policy, check)


def test_a_known_witness_with_a_wrong_cosignature_spoils_the_checkpoint() -> None:
    """Even when the quorum is reached without it, and when the quorum is not asked for."""
    other = Checkpoint(ORIGIN, 6, b"h" * 32)
    bad = note("X1", "X2", "Y1") + cosign(other.text(), *WITNESSES["Y2"], 5).line()
    for quorum in (True, False):
        with pytest.raises(VerificationError, match="cosignature"):
            accept(bad, parse_policy(EXAMPLE), check, quorum=quorum)
