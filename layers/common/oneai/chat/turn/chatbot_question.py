"""A member's question to a chatbot, in a preview."""

import hashlib
import json
from uuid import UUID

from oneai.chat.turn.question import Question


class ChatbotQuestion(Question, defer_build=True):
    """A question to this chatbot. `version` is the published version that answers; None: the draft."""

    chatbot_id: UUID
    version: int | None = None

    def fingerprint(self) -> str:
        """Equal if the same is asked of the same version again, also after the draft was edited."""
        asked = [self.message, str(self.chatbot_id), self.version]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
