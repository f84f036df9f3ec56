"""Accepted types of documents: by the media type that the client sends, else by the extension of the file's name."""

from oneai import files

TYPES = files.DOCUMENTS | {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "html": "text/html",
    "htm": "text/html",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "md": "text/markdown",
    "json": "application/json",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
# Browsers send no type, or a wrong one, for most source code: `.ts` is a video to them.
TEXT_ENDINGS = {
    *("txt", "text", "log", "rst", "tex", "adoc", "org", "srt", "ini", "toml", "cfg", "conf", "env", "properties"),
    *("py", "js", "mjs", "cjs", "ts", "tsx", "jsx", "java", "kt", "scala", "go", "rs", "rb", "php", "pl", "lua", "r"),
    *("c", "h", "cc", "cpp", "hpp", "cs", "swift", "m", "sql", "sh", "bash", "ps1", "bat", "css", "scss", "less"),
    *("vue", "svelte", "dart", "ex", "exs", "erl", "hs", "clj", "jl", "proto", "graphql", "tf", "gradle", "ipynb"),
    *("diff", "patch", "jsonl", "ndjson"),
}

SUPPORTED = (
    "Supported types are PDF, Word (docx), Excel (xlsx), PowerPoint (pptx), EPUB, HTML, CSV, PNG, JPEG and WebP, and "
    "any "
    "text or code."
)


def document_type(media_type: str, name: str) -> str | None:
    """The media type by which the file is stored and read; None for files without readable text.

    A supported type is trusted. For any other type, or without one, the extension of the file's name decides.
    """
    stated = files.plain_type(media_type)
    if stated is not None and (stated in TYPES.values() or files.kind_of(stated) == "text"):
        return stated
    ending = name.rpartition(".")[2].lower()
    return TYPES.get(ending) or ("text/plain" if ending in TEXT_ENDINGS else None)
