"""Photos in: checked, kept untouched and private, derived for looking, marked for whatever looks odd."""

import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from geo.actions.locks import hold_lock
from geo.crs import STORAGE_SRID
from geo.models import Unit, UnitLevel, User
from geo.refusals import Refusal
from inspections.actions.places import FieldPlace, as_shapely, place_capture, point_of, subject_of
from inspections.marks import make_mark, mark_of
from inspections.models import Case, Inspection, Photo
from inspections.photos import (
    REUSED_WITHIN_BITS,
    CheckedPhoto,
    PhonePosition,
    PhotoError,
    PhotoExif,
    PhotoTimes,
    as_signed,
    check,
    cross_check,
)

REFUSALS: dict[str, str | Promise] = {
    "empty": _("文件是空的，请重新拍摄。"),
    "too_large": _("照片文件太大，请降低拍摄分辨率后重拍。"),
    "wrong_type": _("这不是照片文件（只接受 JPEG、PNG、WebP、HEIC）。"),
    "truncated": _("照片文件不完整，尾部缺失，请重新发送或重拍。"),
    "corrupt": _("照片文件已损坏，无法解码，请重拍。"),
    "bomb": _("照片解压后过大，已拒绝。"),
    "dimensions": _("照片尺寸不合理，请重拍。"),
    "animated": _("不接受动图，请拍摄静态照片。"),
}


class PhotoRefused(Refusal):
    """The file is no photo that can be kept as evidence. ``code`` names the reason, ``cause`` has its numbers."""

    def __init__(self, error: PhotoError, file_name: str) -> None:
        self.code = error.code
        self.cause = str(error)
        words = REFUSALS.get(error.code, _("照片无法接收，请重拍。"))
        super().__init__(f"{file_name}：{words}" if file_name else str(words))


class ForeignClientId(Refusal):
    """The phone's id of this item is already used by another person's."""

    def __init__(self) -> None:
        super().__init__(_("该编号已被他人的记录使用，未覆盖；请导出后联系管理员。"))


@dataclass(frozen=True, kw_only=True)
class StoredPhoto:
    """``created`` is False when the photo was here already, by its client id or by its content."""

    photo: Photo
    created: bool


def store_photo(
    *,
    by: User,
    client_id: UUID,
    content: BinaryIO | bytes,
    file_name: str,
    taken_at: datetime | None,
    sent_at: datetime | None = None,
    inspection_client_id: UUID | None = None,
    case: Case | None = None,
    item: str = "",
    position: PhonePosition | None = None,
    correction: Point | None = None,
) -> StoredPhoto:
    """Keep a photo. Sending it again, by client id or by content within one inspection, changes nothing.

    Raises PhotoRefused when the file is no whole photo, ForeignClientId when the id belongs to somebody else. Nothing
    else is refused: a missing position, a closed case or a clock that is off become marks.
    """
    known = _already_here(by, client_id)
    if known is not None:
        return StoredPhoto(photo=known, created=False)
    try:
        checked = check(content, filename=file_name)
    except PhotoError as error:
        raise PhotoRefused(error, Path(file_name).name) from error
    paths = _write_files(checked, content)
    with transaction.atomic():
        hold_lock(client_id, *([inspection_client_id] if inspection_client_id else []))
        known = _already_here(by, client_id) or _same_content(by, inspection_client_id, checked.sha256)
        if known is not None:
            _settle(known.inspection_id, client_id)
            return StoredPhoto(photo=known, created=False)
        inspection = Inspection.objects.filter(client_id=inspection_client_id).first() if inspection_client_id else None
        marks: list[dict[str, Any]] = []
        if inspection is not None and inspection.inspected_by_id != by.pk:
            marks.append(make_mark("other_persons_inspection"))
            inspection = None
        received_at = timezone.now()
        at = correction or point_of(position) or _exif_point(checked.exif)
        place, subject, case = _place(by, at, inspection, case)
        if taken_at is None:
            marks.append(make_mark("taken_time_missing"))
        findings = cross_check(
            phone=position,
            exif=checked.exif,
            subject=subject,
            times=PhotoTimes(taken_at=taken_at, sent_at=sent_at, received_at=received_at),
            correction=None if correction is None else as_shapely(correction),
        )
        marks += [*place.marks, *(mark_of(finding) for finding in findings)]
        twin = find_lookalike(as_signed(checked.perceptual_hash), unit=place.unit, not_in=inspection_client_id)
        if twin is not None:
            marks.append(
                make_mark("reused_photo", photo_id=twin.pk, value=twin.bits_apart, limit=REUSED_WITHIN_BITS, unit="bit")
            )
        photo = Photo.objects.create(
            client_id=client_id,
            inspection_client_id=inspection_client_id,
            inspection=inspection,
            case=case,
            item=item,
            unit=place.unit,
            special_area_id=place.special_area_id,
            sha256=checked.sha256,
            file_name=checked.filename,
            media_type=checked.media_type,
            size_bytes=checked.byte_count,
            width_px=checked.width_px,
            height_px=checked.height_px,
            position=point_of(position),
            accuracy_m=None if position is None else position.accuracy_m,
            corrected_position=correction,
            taken_at=taken_at or received_at,
            exif=exif_as_json(checked.exif),
            exif_position=_exif_point(checked.exif),
            perceptual_hash=as_signed(checked.perceptual_hash),
            looks_like=twin,
            marks=marks,
            taken_by=by,
            **paths,
        )
        _settle(photo.inspection_id, client_id)
        return StoredPhoto(photo=photo, created=True)


def _already_here(by: User, client_id: UUID) -> Photo | None:
    photo = Photo.objects.filter(client_id=client_id).first()
    if photo is not None and photo.taken_by_id != by.pk:
        raise ForeignClientId
    return photo


def _same_content(by: User, inspection_client_id: UUID | None, sha256: str) -> Photo | None:
    if inspection_client_id is None:
        return None
    return Photo.objects.filter(inspection_client_id=inspection_client_id, sha256=sha256, taken_by=by).first()


def _place(
    by: User, at: Point | None, inspection: Inspection | None, case: Case | None
) -> tuple[FieldPlace, BaseGeometry | None, Case | None]:
    """Where the photo belongs, what it should show, and the case that it is evidence of."""
    if inspection is not None:
        place = FieldPlace(unit=inspection.unit, special_area_id=inspection.special_area_id)
        return place, subject_of(inspection.task), case or inspection.case
    if case is not None:
        subject = as_shapely(case.footprint or case.location)
        return FieldPlace(unit=case.unit, special_area_id=case.special_area_id), subject, case
    return place_capture(by=by, at=at), None, None


def _settle(inspection_id: int | None, client_id: UUID) -> None:
    """Take an arrived photo off its inspection's list of photos under way."""
    if inspection_id is None:
        return
    inspection = Inspection.objects.select_for_update().get(pk=inspection_id)
    marks = without_arrived(inspection.marks, {str(client_id)})
    if marks != inspection.marks:
        inspection.marks = marks
        inspection.save(update_fields=["marks"])


def without_arrived(marks: list[dict[str, Any]], arrived: set[str]) -> list[dict[str, Any]]:
    """The marks with arrived photos taken off ``photos_pending``; the mark goes when none is left."""
    kept = []
    for mark in marks:
        if mark["code"] == "photos_pending":
            waiting = [client_id for client_id in mark["client_ids"] if client_id not in arrived]
            if waiting:
                kept.append(make_mark("photos_pending", value=len(waiting), client_ids=waiting))
        else:
            kept.append(mark)
    return kept


# --- reuse ----------------------------------------------------------------------------------------------------
def find_lookalike(
    hash_signed: int, *, unit: Unit, not_in: UUID | None, within_bits: int = REUSED_WITHIN_BITS
) -> Photo | None:
    """The most similar earlier photo of the same county, with ``bits_apart``; photos of the same visit do not count."""
    near = _by_distance(hash_signed).filter(bits_apart__lte=within_bits)
    county = unit.at_level(UnitLevel.COUNTY) or unit
    near = near.filter(unit__path__startswith=county.path)
    if not_in is not None:
        near = near.exclude(inspection_client_id=not_in)
    return near.order_by("bits_apart", "pk").first()


def _by_distance(hash_signed: int) -> QuerySet[Photo]:
    distance = RawSQL(
        'bit_count(("inspections_photo"."perceptual_hash" # %s)::bit(64))',
        [hash_signed],
        output_field=IntegerField(),
    )
    return Photo.objects.filter(perceptual_hash__isnull=False).annotate(bits_apart=distance)


# --- files and facts --------------------------------------------------------------------------------------------
def _write_files(checked: CheckedPhoto, content: BinaryIO | bytes) -> dict[str, str]:
    """Write original and derivatives below PRIVATE_ROOT, named by the original's SHA-256; what is there stays."""
    stem = f"photos/{checked.sha256[:2]}/{checked.sha256}"
    paths = {
        "original_path": f"{stem}{checked.suffix}",
        "display_path": f"{stem}.display.webp",
        "thumbnail_path": f"{stem}.thumbnail.webp",
    }
    if not isinstance(content, bytes):
        content.seek(0)
        content = content.read()
    for name, data in (
        ("original_path", content),
        ("display_path", checked.display.data),
        ("thumbnail_path", checked.thumbnail.data),
    ):
        _write_once(Path(settings.PRIVATE_ROOT) / paths[name], data)
    return paths


def _write_once(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, on the disk before its row is; a file of the same size is the same file."""
    if path.is_file() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _exif_point(exif: PhotoExif) -> Point | None:
    if exif.lat is None or exif.lon is None:
        return None
    return Point(exif.lon, exif.lat, srid=STORAGE_SRID)


def exif_as_json(exif: PhotoExif) -> dict[str, Any]:
    """The camera's own words for the row; absent facts are left out."""
    facts = {
        "taken_at": exif.taken_at.isoformat() if exif.taken_at else None,
        "offset_known": exif.offset_known if exif.taken_at else None,
        "gps_at": exif.gps_at.isoformat() if exif.gps_at else None,
        "lat": exif.lat,
        "lon": exif.lon,
        "accuracy_m": exif.accuracy_m,
        "altitude_m": exif.altitude_m,
        "direction_deg": exif.direction_deg,
        "orientation": exif.orientation,
        "make": exif.make or None,
        "model": exif.model or None,
    }
    return {name: value for name, value in facts.items() if value is not None}
