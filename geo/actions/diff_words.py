"""Why a diff failed, in the words of the person who started it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

SENTENCES = {
    "UnreadableImageError": _("影像文件无法读取，请重新载入该影像"),
    "NotGeoreferencedError": _("影像没有地理参考，请重新载入该影像"),
    "UnsupportedImageError": _("影像的波段或像素类型不受支持"),
    "NoOverlapError": _("两期影像几乎没有重叠，无法比对"),
    "RegistrationError": _("两期影像无法配准(错位过大或内容差别过大)，请检查坐标系"),
    "ParameterError": _("比对参数超出范围"),
    "PlanError": _("影像文件与比对计划不符，请重新发起比对"),
    "PlanOutdatedError": _("程序已升级，此比对须重新开始，请重试"),
    "BlockCorruptError": _("中间结果损坏，请重试"),
    "BlockMissingError": _("中间结果缺失，请重试"),
    "DetectorError": _("变化检测模型不可用，请联系管理员"),
}
UNEXPECTED = _("处理时发生意外错误，可重试；若再次出现请联系管理员")


def error_text(error: Exception) -> str:
    """Return what is kept as a run's error: a sentence in the office's language, and what exactly was found."""
    with override("zh-hans"):
        sentence = str(SENTENCES.get(type(error).__name__, UNEXPECTED))
    return f"{sentence} ({type(error).__name__}: {error})"
