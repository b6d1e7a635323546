"""A slow, plain reference implementation of SPEC §1–§7, written from the SPEC alone.

It shares no code with the program. Its only virtue is that a reader can check each function against the
sentence of the SPEC that its docstring names. See ``result.evaluate``.
"""
