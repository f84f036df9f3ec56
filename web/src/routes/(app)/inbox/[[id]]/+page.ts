/** Loads the code of the inbox when it opens. */
export async function load({ params }: { params: { id?: string } }) {
  return { Inbox: (await import("$lib/inbox/ui/Inbox.svelte")).default, id: params.id ?? null };
}
