"""The Merkle tree and the notes beside an independent implementation in another language, by hand."""
