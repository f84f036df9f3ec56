"""Conversations: listing, editing, search, and the visible branch of messages."""

from oneai.conversations.bulk import BulkRequest, BulkResults, bulk
from oneai.conversations.conversation import Conversation
from oneai.conversations.copy import copy
from oneai.conversations.feedback import Feedback, rate_answer
from oneai.conversations.fork import Fork
from oneai.conversations.history import HistoryPage, HistoryRequest, list_history
from oneai.conversations.labels import Labels, list_labels
from oneai.conversations.list import ConversationFilters, ConversationPage, list_conversations
from oneai.conversations.messages import Message
from oneai.conversations.move import Move, MoveRequest, move
from oneai.conversations.organise import ConversationChanges, NewConversation, NewTitle, create, update
from oneai.conversations.reasoning import StoredThoughts, get_reasoning
from oneai.conversations.remove import delete, delete_all
from oneai.conversations.search import SearchPage, SearchRequest, search
from oneai.conversations.summary import ConversationSummary, get_summary
from oneai.conversations.versions import (
    Correction,
    Revision,
    RevisionList,
    activate_revision,
    correct_answer,
    list_revisions,
)
from oneai.conversations.visible_branch import (
    BranchRequest,
    ConversationDetail,
    MessagePage,
    get_conversation,
    list_messages,
)

__all__ = [
    "BranchRequest",
    "BulkRequest",
    "BulkResults",
    "Conversation",
    "ConversationChanges",
    "ConversationDetail",
    "ConversationFilters",
    "ConversationPage",
    "ConversationSummary",
    "Correction",
    "Feedback",
    "Fork",
    "HistoryPage",
    "HistoryRequest",
    "Labels",
    "Message",
    "MessagePage",
    "Move",
    "MoveRequest",
    "NewConversation",
    "NewTitle",
    "Revision",
    "RevisionList",
    "SearchPage",
    "SearchRequest",
    "StoredThoughts",
    "activate_revision",
    "bulk",
    "copy",
    "correct_answer",
    "create",
    "delete",
    "delete_all",
    "get_conversation",
    "get_reasoning",
    "get_summary",
    "list_conversations",
    "list_history",
    "list_labels",
    "list_messages",
    "list_revisions",
    "move",
    "rate_answer",
    "search",
    "update",
]
