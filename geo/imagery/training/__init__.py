"""Training of the siamese change detector. Needs the optional dependencies ``training``."""
