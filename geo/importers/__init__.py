"""Vector files in: read, checked row by row against a typed schema, written as a whole or not at all."""
