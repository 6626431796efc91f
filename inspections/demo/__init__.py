"""The demo: a generated town loaded through the real importers, and the main job done on it by its people."""
