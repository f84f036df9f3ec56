"""The errors of chatbots."""

from oneai.errors import OneAIError


class ChatbotNotFound(OneAIError):
    """The same error for a chatbot that does not exist, and for one of others."""

    status, code, sentence = 404, "chatbot_not_found", "This chatbot was not found."


class ChatbotLimitReached(OneAIError):
    """Extra: limit, how many chatbots the workspace may have."""

    status, code = 409, "chatbot_limit_reached"
    sentence = "Your plan has no more chatbots. Delete one, or choose a larger plan."


class AnswerLimitReached(OneAIError):
    """Extra: limit, how many curated answers a chatbot may have."""

    status, code = 409, "answer_limit_reached"
    sentence = "This chatbot has no room for more curated answers."


class EvaluationLimitReached(OneAIError):
    """Extra: limit, how many evaluations a chatbot may have."""

    status, code = 409, "evaluation_limit_reached"
    sentence = "This chatbot has no room for more evaluations."


class EvaluationRunning(OneAIError):
    """Extra: limit, how many runs of a chatbot may be open at once."""

    status, code = 409, "evaluation_running"
    sentence = "Evaluations of this chatbot are running. Wait for them, or cancel one."


class ChatbotNotPublished(OneAIError):
    status, code, sentence = 409, "chatbot_not_published", "This chatbot was never published."


class PlanPublishesNoChatbot(OneAIError):
    status, code = 409, "plan_publishes_no_chatbot"
    sentence = "Your plan publishes no more chatbots. Pause one, or choose a larger plan."


class VisitorLimit(OneAIError):
    """Extra: limit, retry_after in seconds."""

    status, code = 429, "visitor_limit"
    sentence = "You have asked many questions. Please wait a little."


class AddressLimit(OneAIError):
    """Extra: limit, retry_after in seconds. Many people may share the address."""

    status, code = 429, "address_limit"
    sentence = "There are many questions from your network. Please wait a little."


class ChatbotSpent(OneAIError):
    """Extra: period, whose budget has no room (`hour`, `day` or `month`), `of`: `chatbot` or `workspace`, and
    raised_by, the lowest role that can raise it."""

    status, code = 429, "chatbot_spent"
    sentence = "What this chatbot may cost is used up. Wait, or ask an admin to raise its limits."


class ConversationFull(OneAIError):
    """Extra: limit, how many questions a conversation may have."""

    status, code = 409, "conversation_full"
    sentence = "This conversation has reached its length. Please start another one."


class IdentityInvalid(OneAIError):
    """Extra: fault, what is wrong with it: `form`, `signature`, `expiry`, `audience` or `subject`."""

    status, code = 401, "identity_invalid"
    sentence = "The website could not say who you are. Please sign in there again."


class ProofRequired(OneAIError):
    """Extra: challenge, which the browser solves before it begins the session again."""

    status, code = 403, "proof_required"
    sentence = "Many sessions are starting here. Your browser has to compute something first."


class VisitorTokenInvalid(OneAIError):
    """A session's token that is missing, forged, expired, or of another chatbot."""

    status, code = 401, "visitor_token_invalid"
    sentence = "This session has ended. Please start another one."


class Claimed(OneAIError):
    """Extra: assignee, the member who has the conversation, with `user_id` and `name`."""

    status, code = 409, "claimed"
    sentence = "Another member answers this visitor already."


class Reload(OneAIError):
    """What changed after this number is no longer known: everything has to be read again."""

    status, code = 410, "reload"
    sentence = "This is too old. Please load the inbox again."
