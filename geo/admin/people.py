"""People and their postings, from which all rights come."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from geo.admin.base import ScopedAdmin
from geo.models import Posting, User


class PostingInline(TabularInline):
    model = Posting
    extra = 0
    autocomplete_fields = ("unit", "special_area")


@admin.register(User)
class UserAdmin(ScopedAdmin, DjangoUserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (PostingInline,)
    list_display = ("username", "display_name", "phone", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "postings__role")
    search_fields = ("username", "display_name", "phone")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("个人信息"), {"fields": ("display_name", "phone", "email")}),
        (_("账号"), {"fields": ("is_active", "is_staff", "is_superuser", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "display_name", "phone", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def has_delete_permission(self, request, obj=None) -> bool:
        """A person who once acted stays on record: make the account inactive instead."""
        return False


@admin.register(Posting)
class PostingAdmin(ScopedAdmin):
    list_display = ("user", "role", "unit", "special_area", "bureau", "starts_on", "ends_on")
    list_filter = ("role", "bureau")
    list_select_related = ("user", "unit", "special_area")
    search_fields = ("user__username", "user__display_name", "unit__name", "unit__code")
    autocomplete_fields = ("user", "unit", "special_area")
