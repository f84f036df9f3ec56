/** Loads the code of all pages of chatbots, and says which one the address names. They are one route, because every page of
 *  the app loads the table of all files and routes. */
export async function load({ params }: { params: { id?: string; tab?: string } }) {
  return { views: await import("$lib/chatbots/ui/views"), id: params.id, tab: params.tab ?? "overview" };
}
