"""Training of the siamese change detector. Needs the optional dependencies ``training``; never imported by the product."""
