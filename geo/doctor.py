"""What must be there for the product to work, looked at one after the other: `manage.py doctor`."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from geo.actions.detectors import detector_in_use
from geo.actions.jobs import is_worker_alive
from geo.detector_words import TERMS, detector_title
from geo.imagery.detect import BASELINE
from geo.imagery.errors import ImageryError
from geo.imagery.onnx_detector import OnnxDetector
from geo.imagery.shelf import model_path

# A city's flight takes some 20 GB with its copies; below the second figure even photos are at risk.
LITTLE_BYTES, TOO_LITTLE_BYTES = 50_000_000_000, 2_000_000_000
LEAST_POSTGIS = (3, 3)


class Health(StrEnum):
    FINE = "fine"
    WORTH_KNOWING = "worth_knowing"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what it is, how it is, and what to do or to know."""

    name: str
    health: Health
    words: str


def examine() -> Iterator[Finding]:
    """Look at everything; what depends on a broken database, or on tables that are not there yet, is left out."""
    database = _database()
    yield database
    rest: list[Callable[[], Finding]] = [_storage, _front_end, _fonts, _languages]
    if database.health != Health.BROKEN:
        tables = _migrations()
        yield tables
        if tables.health != Health.BROKEN:
            rest = [_worker, _detector, *rest]
    for look in rest:
        yield look()


def _database() -> Finding:
    name = _("数据库")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT postgis_lib_version()")
            version = cursor.fetchone()[0]
    except DatabaseError as error:
        return Finding(name, Health.BROKEN, str(error).strip().splitlines()[0])
    health = Health.FINE if tuple(map(int, version.split(".")[:2])) >= LEAST_POSTGIS else Health.BROKEN
    return Finding(name, health, f"PostgreSQL {connection.pg_version // 10_000}, PostGIS {version}")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        return Finding(
            _("数据表"), Health.BROKEN, _("还有 %(count)d 个迁移没有执行：manage.py migrate") % {"count": waiting}
        )
    return Finding(_("数据表"), Health.FINE, _("与程序一致"))


def _worker() -> Finding:
    if is_worker_alive():
        return Finding(_("后台程序"), Health.FINE, _("正在运行"))
    return Finding(
        _("后台程序"), Health.BROKEN, _("没有运行，影像检查、比对和导入都会排队：manage.py procrastinate worker")
    )


def _detector() -> Finding:
    name, in_use = _("检测模型"), detector_in_use()
    if in_use == BASELINE:
        return Finding(name, Health.WORTH_KNOWING, detector_title(in_use))
    try:
        model = OnnxDetector(model_path(in_use))
    except (ImageryError, OSError) as error:
        return Finding(name, Health.BROKEN, str(error))
    health = Health.FINE if model.contract.terms == "open" else Health.WORTH_KNOWING
    return Finding(name, health, f"{detector_title(in_use)}，{model.version}。{TERMS[model.contract.terms]}")


def _storage() -> Finding:
    name, folder = _("文件存储"), Path(settings.PRIVATE_ROOT)
    probe = folder / ".doctor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(name, Health.BROKEN, str(error))
    words = _("可写，剩余 %(free).0f GB") % {"free": free / 1e9}
    if free < TOO_LITTLE_BYTES:
        return Finding(name, Health.BROKEN, words)
    return Finding(name, Health.WORTH_KNOWING if free < LITTLE_BYTES else Health.FINE, words)


def _front_end() -> Finding:
    built = (settings.FRONTEND_DIST / "manifest.json").is_file()
    words = _("已生成") if built else _("没有生成：geo/frontend/build.py")
    return Finding(_("网页资源"), Health.FINE if built else Health.BROKEN, words)


def _fonts() -> Finding:
    """Notices and decisions are set in Chinese: without a font they print boxes."""
    name, tool = _("中文字体"), shutil.which("fc-list")
    listed = subprocess.run([tool, ":lang=zh", "family"], capture_output=True, text=True, check=False) if tool else None
    families = sorted({line.split(",")[0] for line in listed.stdout.splitlines()}) if listed else []
    if not families:
        return Finding(name, Health.BROKEN, _("没有找到，文书会缺字：安装 fonts-noto-cjk"))
    return Finding(name, Health.FINE, families[0])


def _languages() -> Finding:
    compiled = all(any(Path(folder).glob("en/LC_MESSAGES/*.mo")) for folder in settings.LOCALE_PATHS)
    words = _("中文、英文") if compiled else _("英文没有编译：scripts/compile-messages")
    return Finding(_("界面语言"), Health.FINE if compiled else Health.WORTH_KNOWING, words)
