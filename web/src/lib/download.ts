/** Lets the browser save a file under a name. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // By then the browser has started to read it. Without this it would stay in memory with the page.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
