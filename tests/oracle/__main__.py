"""`./run oracle`: compares roots, proofs and notes with Go's sumdb/tlog and sumdb/note (Debian packages), offline.

Not part of `./run test`, since Go is a large download; run it after any change of the ledger's arithmetic. Exit 1 with
every disagreement, 2 when Go or its packages are missing.
"""

from __future__ import annotations

import base64
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.entry import body, leaf_hash
from lookup.ledger.merkle import Frontier, consistency_proof, inclusion_proof
from lookup.ledger.note import format_note, sign_note
from tests.ledger.keys import ORIGIN, entry, pair
from tests.ledger.logs import honest
from tests.ledger.test_merkle import memory

SIZE, SMALL = 700, 70
Asked = tuple[str, str]
"""A question, and the answer that ours would be."""


def b64(data: bytes) -> str:
    """Base64 as the oracle reads it."""
    return base64.b64encode(data).decode()


def trees() -> Iterator[Asked]:
    """Roots of every size, and proofs made by one side and by the other, damaged ones too."""
    bodies = [body(entry(1, 1 + index)) for index in range(SIZE)]
    leaves = [leaf_hash(each) for each in bodies]
    source, tree, roots = memory(leaves), Frontier(), [Frontier().root()]
    for index, each in enumerate(bodies):
        yield f"record {index} {b64(each)}", "ok"
        tree.extend([leaves[index]])
        roots.append(tree.root())
        yield f"root {index + 1}", f"ok {b64(tree.root())}"
    chance = random.Random(1)  # noqa: S311 - no secret
    sizes = [*range(1, SMALL), *(chance.randrange(SMALL, SIZE + 1) for _ in range(40)), SIZE]
    for size in sizes:
        for index in range(size) if size < SMALL else chance.sample(range(size), 20):
            proof = inclusion_proof(index, size, source)
            words = [b64(each) for each in proof]
            yield f"inclusion {size} {index}", " ".join(["ok", *words])
            head = f"check-inclusion {size} {b64(roots[size])} {index}"
            yield " ".join([head, b64(leaves[index]), *words]), "ok"
            yield " ".join([head, b64(bytes(32)), *words]), "no"
        for old in range(1, size) if size < SMALL else chance.sample(range(1, size), 20):
            words = [b64(each) for each in consistency_proof(old, size, source)]
            yield f"consistency {size} {old}", " ".join(["ok", *words])
            head = f"check-consistency {size} {b64(roots[size])} {old}"
            yield " ".join([head, b64(roots[old]), *words]), "ok"
            yield " ".join([head, b64(roots[old - 1]), *words]), "no"


def notes() -> Iterator[Asked]:
    """Checkpoints of ours opened there, the same bytes signed there, and what is damaged refused."""
    key, sign = pair()
    for row in honest().checkpoints:
        yield f"open {key.vkey()} {b64(row.note)}", "ok"
        yield f"open {key.vkey()} {b64(row.note.replace(str(row.size).encode(), b'1', 1))}", "no"
    secret = f"PRIVATE+KEY+{key.name}+{key.id.hex()}+{b64(bytes([1]) + bytes([1]) * 32)}"
    head = Checkpoint(ORIGIN, SIZE, bytes(32))
    for text in (head.text(), "报警结果查询\n\n第二段\n".encode()):
        made = format_note(text, [sign_note(text, key, sign)])
        yield f"sign {secret} {b64(text)}", f"ok {b64(made)}"
        yield f"open {key.vkey()} {b64(made)}", "ok"
    other, _ = pair(seed=2)
    yield f"open {other.vkey()} {b64(sign_checkpoint(head, (key, sign)))}", "no"


def build(folder: Path) -> Path:
    """The oracle's program, built without a network from Debian's packages (GOPATH may name another place)."""
    program = folder / "oracle"
    environ = {"GOPATH": "/usr/share/gocode", **os.environ}
    environ |= {"GO111MODULE": "off", "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    source = Path(__file__).with_name("oracle.go")
    subprocess.run(["go", "build", "-o", str(program), str(source)], env=environ, check=True)
    return program


def main() -> int:
    """Ask everything and print what is answered differently."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = build(Path(folder))
        except (OSError, subprocess.CalledProcessError):
            print("Go is needed: apt-get install golang-go golang-golang-x-mod-dev", file=sys.stderr)
            return 2
        asked = [*trees(), *notes()]
        lines = "".join(f"{question}\n" for question, _ in asked)
        done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    wrong = [(q, a) for (q, expected), a in zip(asked, answers, strict=True) if a != expected]
    for question, answer in wrong[:20]:
        print(f"FAIL {question[:100]} -> {answer[:100]}")
    print(f"{len(asked)} questions, {len(wrong)} answered differently")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
