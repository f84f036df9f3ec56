const OFFICE = "application/vnd.openxmlformats-officedocument.";
/** Media types by file extension, for systems without an office program. */
const TYPES: Record<string, string> = {
  pdf: "application/pdf",
  docx: `${OFFICE}wordprocessingml.document`,
  xlsx: `${OFFICE}spreadsheetml.sheet`,
  pptx: `${OFFICE}presentationml.presentation`,
  epub: "application/epub+zip",
};

/** The media type of a file whose text must be extracted first; null for a text or a picture. */
export function documentType({ name, type }: Pick<File, "name" | "type">): string | null {
  if (Object.values(TYPES).includes(type)) return type;
  return TYPES[/\.([^.]*)$/.exec(name)?.[1]?.toLowerCase() ?? ""] ?? null;
}
