"""Conversations as files: exports in four formats, and imports from exports of OneAI, ChatGPT and Claude."""

from oneai.conversations.archive.export_job import DownloadInfo, ExportJob, ExportWriters
from oneai.conversations.archive.export_reader import FormatName, Owner, read_as_owner
from oneai.conversations.archive.export_zip import add_conversations
from oneai.conversations.archive.exports import (
    DepartureToken,
    Export,
    ExportAccepted,
    ExportFile,
    export_all,
    export_chatbots,
    export_conversation,
    export_departure,
    get_export,
)
from oneai.conversations.archive.imports import Import, ImportAccepted, ImportRequest, get_import, start_import
from oneai.conversations.archive.job import run_exports_and_imports

__all__ = [
    "DepartureToken",
    "DownloadInfo",
    "Export",
    "ExportAccepted",
    "ExportFile",
    "ExportJob",
    "ExportWriters",
    "FormatName",
    "Import",
    "ImportAccepted",
    "ImportRequest",
    "Owner",
    "add_conversations",
    "export_all",
    "export_chatbots",
    "export_conversation",
    "export_departure",
    "get_export",
    "get_import",
    "read_as_owner",
    "run_exports_and_imports",
    "start_import",
]
