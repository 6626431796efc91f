"""Why a file as a whole was not imported. What is wrong with a single row is a problem of the report, not an error."""

from geo.errors import GeoError


class FileRefusedError(GeoError):
    """A file cannot be imported as a whole; the message says what to mend."""


class FileFormatError(FileRefusedError):
    """The file is damaged or of a format that is not read here."""


class FileIncompleteError(FileRefusedError):
    """A part of the file (.shx, .dbf, ...) is missing or does not fit the others."""


class EncodingError(FileRefusedError):
    """The text of the file is not in the stated or found encoding."""


class LayerError(FileRefusedError):
    """The layer asked for is not in the file, or it is not said which of several is meant, or it is empty."""


class ColumnError(FileRefusedError):
    """A required column is missing, or a mapping names a column that is not there."""
