"""Files that a browser sends, on disk for as long as they are taken in."""

from pathlib import Path

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile


def on_disk(upload: UploadedFile, spare: Path) -> Path:
    """Where an upload lies: as Django keeps a large one, a small one written to `spare`."""
    if isinstance(upload, TemporaryUploadedFile):
        return Path(upload.temporary_file_path())
    with spare.open("wb") as target:
        for chunk in upload.chunks():
            target.write(chunk)
    return spare
