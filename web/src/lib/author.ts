/** The name of an author; `former` is what a former member is called, who has no id. */
export function authorName(author: { user_id: string | null; name: string | null }, former: string): string {
  return author.user_id === null ? former : (author.name ?? "");
}
