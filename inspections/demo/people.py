"""Who works in the demo town: at least one person for every role, in more than one county."""

import datetime
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from geo.models import Posting, SpecialArea, Unit, User
from geo.roles import Act, Bureau, Role

IN_POST_SINCE = datetime.date(2026, 1, 1)
CITY = "嵩阳市"


@dataclass(frozen=True)
class Person:
    """One account: where it is posted is given by the unit's (or special area's) name."""

    username: str
    display_name: str
    role: Role | None  # None: the administrator
    place: str = CITY
    bureau: str = ""


PEOPLE = (
    Person("guanliyuan", "系统管理员", None),
    Person("xunchayuan", "李巡(柳林街道巡查员)", Role.INSPECTOR, "柳林街道"),
    Person("xunchayuan2", "孙巡(创新路街道巡查员)", Role.INSPECTOR, "创新路街道"),
    Person("xunchayuan3", "何巡(白沙乡巡查员)", Role.INSPECTOR, "白沙乡"),
    Person("xiangzhen", "王镇(柳林街道办)", Role.TOWNSHIP, "柳林街道"),
    Person("xiangzhen2", "胡镇(创新路街道办)", Role.TOWNSHIP, "创新路街道"),
    Person("xiangzhen3", "郭镇(白沙乡政府)", Role.TOWNSHIP, "白沙乡"),
    Person("xianqu", "张区(颍滨区)", Role.COUNTY, "颍滨区"),
    Person("xianqu2", "林区(经济技术开发区)", Role.COUNTY, "嵩阳经济技术开发区"),
    Person("xianqu3", "罗县(望岭县)", Role.COUNTY, "望岭县"),
    Person("shuzizhongxin", "陈数(数字城管中心)", Role.CENTRE),
    Person("guihua", "赵规(规划局)", Role.BUREAU, bureau=Bureau.PLANNING),
    Person("guotu", "周土(国土资源局)", Role.BUREAU, bureau=Bureau.LAND),
    Person("zhujian", "吴建(住建局)", Role.BUREAU, bureau=Bureau.HOUSING),
    Person("chengguan", "郑城(城管局)", Role.BUREAU, bureau=Bureau.CITY_MANAGEMENT),
    Person("jiancha", "钱监(规划监察支队)", Role.BRIGADE),
    Person("guihuayuan", "冯划(规划员)", Role.PLANNER, "颍滨区"),
    Person("shenheyuan", "刘审(颍滨区审核员)", Role.SUPERVISOR, "颍滨区"),
    Person("shenheyuan2", "曹审(开发区审核员)", Role.SUPERVISOR, "嵩阳经济技术开发区"),
    Person("shenheyuan3", "宋审(望岭县审核员)", Role.SUPERVISOR, "望岭县"),
    Person("xinqu", "谢新(嵩阳新区审核员)", Role.SUPERVISOR, "嵩阳新区"),
    Person("bangongshi", "黄办(市领导小组办公室)", Role.OFFICE),
    Person("caizheng", "徐财(财政局)", Role.FINANCE),
    Person("weisheng", "马卫(卫生局)", Role.HEALTH),
    Person("pucha", "朱普(普查办)", Role.CENSUS),
)


@transaction.atomic
def appoint_people(*, password: str | None, default_password: str) -> tuple[int, int]:
    """Make the accounts and postings that are missing; returns how many were made and how many stood already.

    A given ``password`` is set for everybody; otherwise new accounts get the default and others keep theirs.
    """
    existing = {user.username: user for user in User.objects.filter(username__in=[p.username for p in PEOPLE])}
    hashed = ""
    if password is not None or len(existing) < len(PEOPLE):
        hashed = make_password(password or default_password)  # once: it is slow by design
    made = 0
    for person in PEOPLE:
        user = existing.get(person.username)
        if user is None:
            user = User(username=person.username, display_name=person.display_name, password=hashed)
            user.is_staff = user.is_superuser = person.role is None
            user.save()
            made += 1
        elif password is not None:
            user.password = hashed
            user.save(update_fields=["password"])
        if person.role is not None:
            _post(user, person)
    return made, len(PEOPLE) - made


def _post(user: User, person: Person) -> None:
    place: dict[str, Unit | SpecialArea | None] = {
        "unit": Unit.objects.filter(name=person.place).first(),
        "special_area": None,
    }
    if place["unit"] is None:
        place = {"unit": None, "special_area": SpecialArea.objects.get(name=person.place)}
    Posting.objects.get_or_create(
        user=user, role=person.role, bureau=person.bureau, **place, defaults={"starts_on": IN_POST_SINCE}
    )


def demo_user(username: str) -> User:
    """The account of that name; raises User.DoesNotExist before `appoint_people`."""
    return User.objects.get(username=username)


def who_can(act: Act, *, unit: Unit, special_area_id: int | None = None, role: Role | None = None) -> User | None:
    """The first of the demo people (in the order above) who may do an act there; None when nobody is posted so."""
    users = {user.username: user for user in User.objects.filter(username__in=[p.username for p in PEOPLE])}
    for person in PEOPLE:
        user = users.get(person.username)
        if user is None or person.role is None or (role is not None and person.role != role):
            continue
        if user.can_at(act, unit=unit, special_area_id=special_area_id):
            return user
    return None
