"""Conversations: their list, and the visible branch of each."""

from oneai.conversations.lists import Conversation, ConversationPage, newest
from oneai.conversations.messages import Message, MessagePage, page

__all__ = ["Conversation", "ConversationPage", "Message", "MessagePage", "newest", "page"]
