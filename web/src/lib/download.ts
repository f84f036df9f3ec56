/** Lets the browser save a file under a name. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read it by then; without this it would stay in memory with the page.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
