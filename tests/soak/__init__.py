"""Long runs against servers as users start them: `python -m tests.soak --work FOLDER`.

Each has a short form in the ordinary tests; what is here takes minutes.
"""
