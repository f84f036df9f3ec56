/** Loads the code of all pages of chatbots, or of their inbox, and says which one the address names. They are one route,
 *  because every page of the app loads the table of all files and routes. */
export async function load({ params }: { params: { id?: string; tab?: string } }) {
  const inbox = params.id === "inbox";
  return {
    Inbox: inbox ? (await import("$lib/inbox/ui/Inbox.svelte")).default : null,
    views: inbox ? null : await import("$lib/chatbots/ui/views"),
    id: params.id,
    tab: params.tab ?? "overview",
    conversation: params.tab ?? null,
  };
}
