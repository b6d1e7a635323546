"""Measuring: a large made-up month, and how fast and in how much memory it is evaluated."""
