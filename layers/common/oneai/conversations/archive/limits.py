"""Limits of imports: per conversation, and per uploaded file."""

# Characters of one conversation's JSON, which is parsed and stored as a whole.
CONVERSATION_CHARACTERS = 25_000_000
MESSAGES = 20_000
# As in `conversations.fields`; longer values are cut.
TITLE_CHARACTERS = 200
FOLDER_CHARACTERS = 100
TAGS, TAG_CHARACTERS = 20, 50
SYSTEM_PROMPT_CHARACTERS = 20_000
NAME_CHARACTERS = 200
SNIPPET_CHARACTERS = 300

# An uploaded file.
FILE_BYTES = 100_000_000
# Its unpacked size: absolute, and relative to the file above a minimum.
UNPACKED_BYTES = 1_000_000_000
UNPACKED_RATIO = 100
UNPACKED_MIN_BYTES = 50_000_000
ENTRIES = 100_000
