"""Long runs against servers as users start them: `python -m tests.soak --work FOLDER`.

Most have a short form in the ordinary tests, and take minutes here.
"""
