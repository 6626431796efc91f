"""What a detector learns from reviewers, and by what it is judged; training itself is in ``geo.imagery.training``."""
