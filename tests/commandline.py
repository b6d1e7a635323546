"""The command line as a user meets it: exit code, and what stands on the two outputs."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from unittest.mock import patch

from evaluator.cli import main

Ran = subprocess.CompletedProcess[str]


def command(*words: object) -> Ran:
    """Runs the program within this process, which spares its start: what most tests of commands need."""
    args, out, err = [str(word) for word in words], StringIO(), StringIO()
    changed = patch.object(sys, "argv", ["evaluator", *args]), patch.dict(os.environ)
    with changed[0], changed[1], redirect_stdout(out), redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as ended:
            assert isinstance(ended.code, int)
            code = ended.code
        except Exception:  # as the interpreter does
            traceback.print_exc()
            code = 1
    return Ran(args, code, out.getvalue(), err.getvalue())


def process(*words: object) -> Ran:
    """Runs the program as a process of its own."""
    run = [sys.executable, "-m", "evaluator.cli", *map(str, words)]
    return subprocess.run(run, capture_output=True, text=True, timeout=240, check=False)
