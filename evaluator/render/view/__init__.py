"""What the reports show, as plain values: no HTML and no Excel in here."""
