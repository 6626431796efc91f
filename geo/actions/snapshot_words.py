"""Why a snapshot was refused, in the words of the person who loaded it. The pure errors speak English for logs."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from geo.ingest import IngestError

SENTENCES = {
    "not_a_raster": _("不是可读取的GeoTIFF、JPEG或PNG影像，请检查文件是否完整、格式是否正确"),
    "missing_georeference": _("没有地理参考：请同时上传坐标文件(如.jgw)，或填写中心点、分辨率和坐标系"),
    "missing_crs": _("有坐标但没有说明坐标系，请填写坐标系(如EPSG:4547)"),
    "conflicting_crs": _("填写的坐标系与文件自带的坐标系不一致"),
    "unusable_crs": _("坐标系无法换算到CGCS2000(1980西安、1954北京或地方坐标系须先由测绘部门转换)"),
    "bad_world_file": _("坐标文件不是六个数字"),
    "implausible_georeference": _("地理参考不合理(像素尺寸、方向或位置有误)"),
    "implausible_resolution": _("分辨率不合理，航拍影像应在0.01至5米之间"),
    "outside_jurisdiction": _("影像不在本辖区范围内，请检查坐标系或文件"),
    "corrupt_block": _("文件损坏或上传不完整，请重新导出或重新上传"),
    "wrong_bands": _("波段数不对：影像须为3或4个波段，高程模型须为1个波段"),
    "wrong_pixel_type": _("像素类型不对：影像须为8或16位，高程模型须为浮点米"),
    "no_content": _("影像没有有效内容(全部为无效值或单一颜色)"),
    "too_large": _("文件声明的像素或数据块过大，为安全起见不予读取"),
    "implausible_heights": _("高程值不合理，请确认单位为米且已声明无效值"),
    "conversion_failed": _("生成浏览副本失败，请检查磁盘空间后重试"),
    "no_units": _("系统中还没有行政区划，请先导入市级边界"),
    "unexpected": _("处理时发生意外错误，已记录，请联系管理员"),
}


def sentence_of(code: str) -> str:
    """Return the sentence for a refusal's code, in the language of the moment."""
    return str(SENTENCES.get(code, SENTENCES["unexpected"]))


def refusal_of(error: IngestError, *, file_name: str) -> dict[str, str]:
    """Return what is kept beside a refused snapshot: code for translation, and the exact finding about the file."""
    beside = error.path.name if error.path.suffix.lower() != Path(file_name).suffix.lower() else file_name
    return {"code": error.code, "finding": f"{beside}: {error.reason}"}


def reason_of(refusal: dict[str, str]) -> str:
    """Return the stored reason: the sentence in the office's language with the finding behind it."""
    with override("zh-hans"):
        return f"{sentence_of(refusal['code'])} ({refusal['finding']})"
