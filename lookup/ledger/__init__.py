"""The audit ledger as pure functions: entries, Merkle tree, notes, proofs; knows nothing of incidents."""
