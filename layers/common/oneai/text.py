"""What a person wrote, made fit to be stored."""


def without_nul(text: str) -> str:
    """Postgres cannot store U+0000; U+FFFD takes its place at the door."""
    return text.replace("\0", "\ufffd")
