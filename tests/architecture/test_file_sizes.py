"""One room per concept: a file that grows past 400 lines is divided, or says here why not."""

from tests.architecture.tracked import tracked_texts

MOST_LINES = 400
LONGER_FOR_A_REASON: dict[str, str] = {}


def long_files() -> dict[str, int]:
    texts = tracked_texts(".py", ".ts", ".html", ".css")
    counts = {name: text.count("\n") for name, text in texts.items() if "/migrations/" not in name}
    return {name: count for name, count in counts.items() if count > MOST_LINES}


def test_no_file_is_longer_than_one_sits_down_to_read():
    unexplained = {name: count for name, count in long_files().items() if name not in LONGER_FOR_A_REASON}

    assert unexplained == {}


def test_each_excused_file_is_still_long():
    assert set(LONGER_FOR_A_REASON) <= set(long_files())
