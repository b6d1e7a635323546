"""The platforms' own assessments: packs of rules as data (``rules/platforms``), measured and judged."""
