"""Every link from one document to another file of the repository leads somewhere."""

import re

import pytest

from tests.architecture.tracked import ROOT, tracked_paths, tracked_texts

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
TEXTS = tracked_texts(".md")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_its_links_lead_to_files_that_are_kept(name):
    kept = set(tracked_paths())
    folders = {str(parent) for path in kept for parent in (ROOT / path).relative_to(ROOT).parents}
    lost = []
    for target in LINK.findall(TEXTS[name]):
        path = ((ROOT / name).parent / target).resolve()
        if not path.is_relative_to(ROOT) or str(path.relative_to(ROOT)) not in kept | folders:
            lost.append(target)
    assert lost == []
