"""Photo files, for those who may see them."""

from pathlib import PurePosixPath

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from geo.access import MissingAct, get_scoped, private_file, signed_in
from geo.roles import Act
from inspections.models import Photo
from inspections.photos.derivatives import DERIVATIVE_MEDIA_TYPE

VARIANTS = ("thumbnail", "display", "original")


@require_safe
@signed_in
def photo_file(request: HttpRequest, photo_id: int, variant: str) -> HttpResponseBase:
    """A photo's thumbnail, display copy or untouched original; a foreigner's photo does not exist."""
    if variant not in VARIANTS:
        raise Http404
    photo = get_scoped(Photo.objects.for_user(request.user), pk=photo_id)
    if variant != "original":
        path = photo.display_path if variant == "display" else photo.thumbnail_path
        content_type = photo.media_type if not path.endswith(".webp") else DERIVATIVE_MEDIA_TYPE
        return private_file(request, path, content_type=content_type)
    if not Photo.objects.for_user(request.user, Act.SEE_ORIGINAL_PHOTOS).filter(pk=photo.pk).exists():
        raise MissingAct(Act.SEE_ORIGINAL_PHOTOS)
    # Saved, never opened in the page: what hides behind the picture in the original stays harmless.
    name = f"{photo.taken_at:%Y%m%d-%H%M%S}-{photo.pk}{PurePosixPath(photo.original_path).suffix}"
    return private_file(request, photo.original_path, content_type=photo.media_type, download_name=name)
