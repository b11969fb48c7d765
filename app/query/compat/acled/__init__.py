"""The shape in which ACLED's API answers: its columns, its filters, its rows made of events."""
