/** Loads the code of all pages of chatbots, and says which one the address names. They are one file and one route, because
 *  every page of the app loads the table of all files and routes. */
export async function load({ params }: { params: { id?: string; tab?: string } }) {
  return { ...(await import("$lib/chatbots/ui/views")), id: params.id, tab: params.tab ?? "overview" };
}
