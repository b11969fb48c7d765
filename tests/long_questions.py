"""Addresses of any length that are answered with rows and a next page."""

NOTHING = "🙂"
"""No letter, so that it adds nothing to a search; 12 bytes of an address."""
LONGEST_SEARCH = 1_980  # characters


def percent_encoded(text: str) -> str:
    """Return a text with each byte escaped, which is longer and means the same."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


FILTERS = {
    "bbox": ",".join(f"{side}.{'0' * 480}" for side in ("-180", "-90", "180", "90")),
    "category": ",".join(["control_change"] * 100),
    "place": ",".join(["afghanistan"] * 100),
    "status": ",".join(["corroborated", "reported", "unconfirmed"] * 30),
    "actor": ",".join(["taliban"] * 100),
}
"""Filters as long as they may be, which many events of the first pack pass."""


def long_question(start: str, size: int) -> str:
    """Return an address of `size` bytes that begins with `start`: a search and filters, padded with separators."""
    room = size - len(start) - len("&q=Taliban")
    search = NOTHING * min(LONGEST_SEARCH, room // 12)
    address = f"{start}&q=Taliban{percent_encoded(search)}"
    for name, text in FILTERS.items():
        more = f"&{name}={percent_encoded(text)}"
        if len(address) + len(more) <= size:
            address += more
    return address + "&" * (size - len(address))
