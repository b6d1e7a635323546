"""What a user can put right; apart from everything else, so that the command line starts at once."""

from __future__ import annotations


class EvaluatorError(Exception):
    """Something the user can put right. Printed without a traceback; the exit code is 2.

    ``str(error)`` is Chinese, says which file, row or key, what was seen, and what was expected."""
