"""What is true without any machine: no I/O, no clock, no randomness, standard library only."""
