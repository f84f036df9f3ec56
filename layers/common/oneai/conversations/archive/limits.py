"""How much an archive may hold: of one conversation, and of a file that somebody sends."""

# One conversation, in characters of its JSON: it is read and stored whole, in one statement.
CONVERSATION_CHARACTERS = 25_000_000
MESSAGES = 20_000
# As `conversations.fields` has them; what is longer is cut.
TITLE_CHARACTERS = 200
FOLDER_CHARACTERS = 100
TAGS, TAG_CHARACTERS = 20, 50
SYSTEM_PROMPT_CHARACTERS = 20_000
NAME_CHARACTERS = 200

# A file that is sent to be imported.
FILE_BYTES = 100_000_000
# What it may be when unpacked: in all, and as a multiple of the file once that is more than a little.
UNPACKED_BYTES = 1_000_000_000
UNPACKED_RATIO = 100
UNPACKED_MIN_BYTES = 50_000_000
ENTRIES = 100_000
