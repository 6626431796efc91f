"""Many pictures of pages in one: sheets of twelve to look through, and the one of the best pages in docs/images."""

from pathlib import Path

from PIL import Image, ImageDraw

A_SHEET = 12
DESK_PX, PHONE_PX = (640, 520), (300, 640)
GAP_PX = 10
PAPER = "#5a6a72"
# The pages of the document's sheet: folder and how the name begins; the desk ones above the phone ones.
BEST_DESK = (
    ("desk-light-zh", "map@b"),
    ("desk-light-zh", "cases_4"),
    ("desk-dark-zh", "review_1"),
    ("desk-light-en", "month@"),
    ("desk-dark-en", "cases_board@"),
    ("desk-light-zh", "drawing_census_block"),
)
BEST_PHONE = (
    ("phone-light-zh", "field@"),
    ("phone-dark-zh", "field_7"),
    ("phone-light-zh", "deadlines@"),
    ("phone-light-en", "cases@"),
    ("phone-dark-en", "map@b"),
    ("phone-light-zh", "archive-areas_1"),
)
SHEET_QUALITY = 70


def top_of(path: Path, box: tuple[int, int]) -> Image.Image:
    """The upper part of a page, as wide as the box."""
    with Image.open(path) as picture:
        width, height = picture.size
        shown = picture.convert("RGB").crop((0, 0, width, min(height, round(width * box[1] / box[0]))))
        return shown.resize((box[0], round(shown.height * box[0] / width)), Image.Resampling.LANCZOS)


def paste(pictures: list[Image.Image], box: tuple[int, int], across: int) -> Image.Image:
    """Pictures in rows on one paper."""
    rows = -(-len(pictures) // across)
    size = (across * (box[0] + GAP_PX) + GAP_PX, rows * (box[1] + GAP_PX) + GAP_PX)
    sheet = Image.new("RGB", size, PAPER)
    for n, picture in enumerate(pictures):
        sheet.paste(picture, (GAP_PX + n % across * (box[0] + GAP_PX), GAP_PX + n // across * (box[1] + GAP_PX)))
    return sheet


def write_sheets(pictures: dict[str, list[Path]], folder: Path) -> None:
    """Twelve pages a sheet, for each size, theme and language, each with its name written on it."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = sorted({path.parent.name for paths in pictures.values() for path in paths})
    for kind in kinds:
        paths = [path for found in pictures.values() for path in found if path.parent.name == kind]
        box, across = (DESK_PX, 3) if kind.startswith("desk") else (PHONE_PX, 6)
        for n in range(0, len(paths), A_SHEET):
            cut = []
            for path in paths[n : n + A_SHEET]:
                picture = top_of(path, box)
                ImageDraw.Draw(picture).text((4, picture.height - 14), path.stem, fill="#ff00aa")
                cut.append(picture)
            paste(cut, box, across).save(folder / f"{kind}-{n // A_SHEET:02d}.png")


def sheet_of(folder: Path, target: Path) -> None:
    """The best pages in one picture: desks in rows of three, phones in one row below."""
    desks = paste([top_of(_find(folder, *name), (640, 400)) for name in BEST_DESK], (640, 400), 3)
    phones = paste([top_of(_find(folder, *name), (315, 600)) for name in BEST_PHONE], (315, 600), 6)
    whole = Image.new("RGB", (desks.width, desks.height + phones.height), PAPER)
    whole.paste(desks, (0, 0))
    whole.paste(phones, (0, desks.height))
    whole.save(target, quality=SHEET_QUALITY)


def _find(folder: Path, kind: str, start: str) -> Path:
    """The last of those that begin so: of cases the one that came farthest."""
    return max((folder / kind).glob(f"{start}*.png"))
