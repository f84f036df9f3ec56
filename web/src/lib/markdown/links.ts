/** A link's address and host, or null for what is no address of another place: `javascript:`, relative paths, nonsense.
 *  The host is spelled as the browser will look it up, so a name in look-alike letters shows itself. */
export function linkOf(href: string): { href: string; host: string } | null {
  try {
    const url = new URL(href);
    if (url.protocol === "mailto:" || url.protocol === "tel:") return { href: url.href, host: "" };
    if (url.protocol !== "https:" && url.protocol !== "http:") return null;
    return { href: url.href, host: url.host };
  } catch {
    return null;
  }
}

/** Whether a picture may be shown without asking: it is in the text itself or lies in our own storage. Any other would
 *  tell its host that, and what, the reader reads.
 *
 *  @param storage where our files are, such as `https://abc.supabase.co/storage/v1/`
 */
export function isOwnPicture(src: string, storage: readonly string[]): boolean {
  if (/^data:image\/(?:png|jpeg|gif|webp);base64,/i.test(src) || src.startsWith("blob:")) return true;
  try {
    const { href } = new URL(src);
    return storage.some((folder) => href.startsWith(folder));
  } catch {
    return false;
  }
}
