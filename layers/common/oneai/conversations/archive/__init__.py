"""Conversations as files: exported in four formats, imported from ours, ChatGPT's and Claude's."""

from oneai.conversations.archive.export_job import Work, Writers, Written
from oneai.conversations.archive.export_reader import FormatName, Owner
from oneai.conversations.archive.exports import Export, ExportAccepted, File, export, export_all, exported
from oneai.conversations.archive.imports import Import, ImportAccepted, ImportRequest, imported, start_import
from oneai.conversations.archive.job import run_exports_and_imports

__all__ = [
    "Export",
    "ExportAccepted",
    "File",
    "FormatName",
    "Import",
    "ImportAccepted",
    "ImportRequest",
    "Owner",
    "Work",
    "Writers",
    "Written",
    "export",
    "export_all",
    "exported",
    "imported",
    "run_exports_and_imports",
    "start_import",
]
