"""The monthly penalty 妨害城市建设经济补偿金 and the special account it goes to (R-4xx)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.models import ScopedQuerySet, Unit
from geo.roles import Act
from inspections.models.case import Case
from inspections.models.determination import Determination
from inspections.models.rule_set import RuleSet


class PenaltyDecisionQuerySet(ScopedQuerySet):
    see_act = Act.SEE_PENALTIES
    unit_lookup = "county"
    special_area_lookup = None


class PenaltyState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    ISSUED = "issued", _("已下达")
    DEDUCTED = "deducted", _("已扣缴")


@pghistory.track()
class PenaltyDecision(models.Model):
    """One county, one month. A draft is redrawn at will; once issued it never changes (R-406)."""

    county = models.ForeignKey(Unit, models.PROTECT, related_name="penalty_decisions", verbose_name=_("县(区)"))
    month = models.DateField(_("月份"))  # its first day
    as_of = models.DateTimeField(_("核查时点"))  # end of the 25th
    state = models.CharField(_("状态"), max_length=8, choices=PenaltyState, default=PenaltyState.DRAFT)
    number = models.CharField(_("文号"), max_length=60, blank=True)
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+", verbose_name=_("规则版本"))
    area_m2 = models.DecimalField(_("面积合计(m²)"), max_digits=14, decimal_places=2)
    amount = models.DecimalField(_("金额合计(元)"), max_digits=16, decimal_places=2)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    drafted_at = models.DateTimeField(_("起草时间"))
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    issued_at = models.DateTimeField(_("下达时间"), null=True, blank=True)
    deducted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    deducted_at = models.DateTimeField(_("扣缴时间"), null=True, blank=True)
    pdf_path = models.CharField(max_length=300, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)

    objects = PenaltyDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("扣缴决定书")
        ordering = ["-month", "county"]
        constraints = [
            models.UniqueConstraint(name="penalty_decision_once_per_county_and_month", fields=["county", "month"]),
            models.UniqueConstraint(
                name="penalty_decision_number_once", fields=["number"], condition=~models.Q(number="")
            ),
            models.CheckConstraint(name="penalty_decision_month_is_first_day", condition=models.Q(month__day=1)),
            models.CheckConstraint(
                name="penalty_decision_issued_is_complete",
                condition=models.Q(state=PenaltyState.DRAFT, issued_at=None, issued_by=None)
                | (
                    models.Q(issued_at__isnull=False, issued_by__isnull=False)
                    & ~models.Q(state=PenaltyState.DRAFT)
                    & ~models.Q(number="")
                    & ~models.Q(pdf_sha256="")
                ),
            ),
            models.CheckConstraint(
                name="penalty_decision_deducted_pair",
                condition=~models.Q(state=PenaltyState.DEDUCTED)
                | models.Q(deducted_at__isnull=False, deducted_by__isnull=False),
            ),
        ]
        triggers = [
            # Once issued, only the deduction may still be noted on it.
            pgtrigger.Trigger(
                name="issued_decision_is_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state__in=["issued", "deducted"]),
                func="""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'an issued penalty decision is never deleted';
                    END IF;
                    IF OLD.state <> 'issued' OR NEW.state <> 'deducted'
                       OR (NEW.county_id, NEW.month, NEW.as_of, NEW.number, NEW.rule_set_id, NEW.area_m2, NEW.amount,
                           NEW.issued_by_id, NEW.issued_at, NEW.pdf_path, NEW.pdf_sha256)
                       IS DISTINCT FROM
                          (OLD.county_id, OLD.month, OLD.as_of, OLD.number, OLD.rule_set_id, OLD.area_m2, OLD.amount,
                           OLD.issued_by_id, OLD.issued_at, OLD.pdf_path, OLD.pdf_sha256)
                    THEN
                        RAISE EXCEPTION 'an issued penalty decision never changes';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.county} {self.month:%Y-%m}"


class PenaltyLineKind(models.TextChoices):
    REGULAR = "regular", _("当月应缴")
    CORRECTION = "correction", _("更正")


class PenaltyLine(models.Model):
    """One case in one month's decision; a correction is a new line in a later month."""

    decision = models.ForeignKey(PenaltyDecision, models.CASCADE, related_name="lines", verbose_name=_("决定书"))
    case = models.ForeignKey(Case, models.PROTECT, related_name="penalty_lines", verbose_name=_("案件"))
    month = models.DateField(_("月份"))
    kind = models.CharField(_("类别"), max_length=10, choices=PenaltyLineKind, default=PenaltyLineKind.REGULAR)
    determination = models.ForeignKey(Determination, models.PROTECT, related_name="+", null=True, blank=True)
    area_m2 = models.DecimalField(_("面积(m²)"), max_digits=12, decimal_places=2)
    rate = models.DecimalField(_("单价(元/m²)"), max_digits=8, decimal_places=2)
    amount = models.DecimalField(_("金额(元)"), max_digits=14, decimal_places=2)
    corrects = models.ForeignKey("self", models.PROTECT, related_name="corrections", null=True, blank=True)
    # What is put right: the month, and its line when there was one (a structure missed then has none).
    corrects_month = models.DateField(_("更正月份"), null=True, blank=True)
    reason = models.TextField(_("更正原因"), blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("扣缴明细")
        ordering = ["decision", "case__number", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="penalty_line_once_per_case_and_month",
                fields=["case", "month"],
                condition=models.Q(kind=PenaltyLineKind.REGULAR),
            ),
            models.CheckConstraint(
                name="penalty_line_regular_is_positive",
                condition=~models.Q(kind=PenaltyLineKind.REGULAR) | models.Q(area_m2__gt=0, amount__gt=0),
            ),
            models.CheckConstraint(
                name="penalty_line_correction_says_why",
                condition=~models.Q(kind=PenaltyLineKind.CORRECTION)
                | (models.Q(corrects_month__isnull=False, corrects_month__lt=models.F("month")) & ~models.Q(reason="")),
            ),
            models.UniqueConstraint(
                name="penalty_line_one_correction_per_decision",
                fields=["decision", "case", "corrects_month"],
                condition=models.Q(kind=PenaltyLineKind.CORRECTION),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="line_of_issued_decision_is_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    -- Both ends of a move are looked at: a line neither enters nor leaves an issued decision.
                    IF EXISTS (
                        SELECT 1 FROM inspections_penaltydecision
                        WHERE state IN ('issued', 'deducted')
                          AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.decision_id END,
                                     CASE WHEN TG_OP <> 'DELETE' THEN NEW.decision_id END)
                    ) THEN
                        RAISE EXCEPTION 'lines of an issued penalty decision never change';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.month:%Y-%m}: {self.amount}"


class Account(models.TextChoices):
    COUNTY_BUDGET = "county_budget", _("县(区)财政")
    SPECIAL_FUND = "special_fund", _("治理私搭乱建专户")
    ENFORCEMENT = "enforcement", _("整治支出")
    REWARDS = "rewards", _("举报奖励")


class AccountEntryQuerySet(ScopedQuerySet):
    see_act = Act.SEE_ACCOUNT
    special_area_lookup = None


class AccountEntry(models.Model):
    """One entry of the special account: from one account to another, never edited (R-405)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("单位"))
    debit = models.CharField(_("借方"), max_length=14, choices=Account)
    credit = models.CharField(_("贷方"), max_length=14, choices=Account)
    amount = models.DecimalField(_("金额(元)"), max_digits=16, decimal_places=2)
    memo = models.CharField(_("摘要"), max_length=200)
    decision = models.OneToOneField(
        PenaltyDecision, models.PROTECT, related_name="account_entry", null=True, blank=True, verbose_name=_("决定书")
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, related_name="reversed_by", null=True, blank=True, verbose_name=_("冲销")
    )
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("记账时间"), auto_now_add=True)

    objects = AccountEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("专户账目")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="account_entry_amount_positive", condition=models.Q(amount__gt=0)),
            models.CheckConstraint(name="account_entry_two_accounts", condition=~models.Q(debit=models.F("credit"))),
        ]
        triggers = [pgtrigger.Protect(name="account_entry_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_debit_display()} ← {self.get_credit_display()}: {self.amount}"
