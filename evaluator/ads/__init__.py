"""Advertising: whom to filter as ``ad`` (R-F3), and the commands that train, review and measure it."""
