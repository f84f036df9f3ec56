const ENDINGS = ["pdf", "docx", "xlsx", "pptx", "epub"];
const TYPES = ["application/pdf", "application/epub+zip"];
const OFFICE = "application/vnd.openxmlformats-officedocument.";

/** Whether a file is read as a document. What is text or a picture goes along with one question instead. */
export function isDocumentFile({ name, type }: Pick<File, "name" | "type">): boolean {
  const ending = /\.([^.]*)$/.exec(name)?.[1]?.toLowerCase();
  return ENDINGS.some((each) => each === ending) || TYPES.includes(type) || type.startsWith(OFFICE);
}
