"""The rules of R-2xx…R-4xx as plain functions: no Django, money and areas in ``Decimal``, times aware."""
