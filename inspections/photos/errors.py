"""Why a file is not accepted as a photo.

Every error carries a ``code`` that stays the same across releases; pages turn it into words of the reader's language.
"""


class PhotoError(Exception):
    """Base of every reason for which a file is refused as a photo."""

    code = "photo"


class EmptyPhoto(PhotoError):
    """The file has no bytes."""

    code = "empty"


class PhotoTooLarge(PhotoError):
    """The file has more bytes than allowed."""

    code = "too_large"


class UnsupportedPhotoType(PhotoError):
    """The content is not one of the accepted photo formats, whatever the name says."""

    code = "wrong_type"


class TruncatedPhoto(PhotoError):
    """The file ends before the picture does: the transfer or the storage lost its tail."""

    code = "truncated"


class CorruptPhoto(PhotoError):
    """The file is of an accepted format, but its content cannot be decoded."""

    code = "corrupt"


class DecompressionBomb(PhotoError):
    """A file that would unpack into more pixels than allowed."""

    code = "bomb"


class AbsurdDimensions(PhotoError):
    """A picture too small, too large on one side or too elongated to be a photo of anything."""

    code = "dimensions"


class AnimatedPhoto(PhotoError):
    """A moving picture: which of its frames would be the evidence?"""

    code = "animated"
