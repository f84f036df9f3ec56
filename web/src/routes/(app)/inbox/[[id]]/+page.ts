/** Loads the code of the inbox, and says which conversation the address names. */
export async function load({ params }: { params: { id?: string } }) {
  return { Inbox: (await import("$lib/inbox/ui/Inbox.svelte")).default, id: params.id ?? null };
}
