"""Conversations: their list, what one does with them, and the visible branch of each."""

from oneai.conversations.feedback import Feedback, rate
from oneai.conversations.item import Conversation
from oneai.conversations.lists import ConversationPage, Filters, listed
from oneai.conversations.messages import Direction, Message, MessagePage, WholeConversation, page, whole
from oneai.conversations.organise import Changes, NewConversation, NewTitle, change, create
from oneai.conversations.remove import BulkRequest, BulkResults, bulk, delete, delete_all
from oneai.conversations.search import FoundPage, Search, search

__all__ = [
    "BulkRequest",
    "BulkResults",
    "Changes",
    "Conversation",
    "ConversationPage",
    "Direction",
    "Feedback",
    "Filters",
    "FoundPage",
    "Message",
    "MessagePage",
    "NewConversation",
    "NewTitle",
    "Search",
    "WholeConversation",
    "bulk",
    "change",
    "create",
    "delete",
    "delete_all",
    "listed",
    "page",
    "rate",
    "search",
    "whole",
]
