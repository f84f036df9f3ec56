/** A link's address and host; null unless it leads to another site: for `javascript:`, relative paths, invalid text.
 *  The host is spelled as the browser looks it up, which exposes look-alike letters. */
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

/** Whether a picture may be shown without a click: it is in the text itself or in our own storage. Any other host would
 *  learn what the reader reads.
 *
 *  @param storage the origin of our files, such as `https://abc.supabase.co/storage/v1/`
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
