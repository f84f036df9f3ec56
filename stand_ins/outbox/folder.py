"""The folder of messages: `.eml` files, numbered in order of arrival."""

from pathlib import Path


def keep(folder: Path, recipient: str, message: bytes, tags: str = "") -> None:
    """Stores a message as it was sent, after the envelope's recipient and tags; `folder` is created if missing.

    To be called from one process only: the number is the next free one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = max((int(file.stem) for file in files(folder)), default=0) + 1
    envelope = f"X-Local-Recipient: {recipient}\r\nX-Local-Tags: {tags}\r\n".encode()
    (folder / f"{number:06}.eml").write_bytes(envelope + message)


def files(folder: Path) -> list[Path]:
    """Every message, the newest first."""
    return sorted(folder.glob("*.eml"), reverse=True)
