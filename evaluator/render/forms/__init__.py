"""A user's own payroll form: ``vocabulary`` is what ``{{ }}`` may say, ``fill`` puts the values in, ``extend`` repeats
rows and moves what stands below, ``references`` moves what formulas refer to, ``sample`` is a form to begin with."""
