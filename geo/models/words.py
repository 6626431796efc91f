"""Indexes for words inside texts, as `icontains` asks for them."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models.functions import Upper


def word_index(*fields: str, name: str) -> GinIndex:
    """A trigram index on the upper-case texts of these columns: what Django's `icontains` compares.

    It serves words of three characters and more, Chinese ones too where the database's ctype knows them (C.UTF-8).
    """
    return GinIndex(*(OpClass(Upper(field), name="gin_trgm_ops") for field in fields), name=name)
