"""``python -m evaluator``: the command line."""

from evaluator.cli import main

main()
