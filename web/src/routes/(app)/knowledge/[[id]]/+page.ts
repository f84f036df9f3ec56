/** Loads the list of documents, or the page of one. They are one route, because every page of the app loads the table of
 *  all files and routes. */
export async function load({ params }: { params: { id?: string } }) {
  return { Page: (await (params.id ? import("./Document.svelte") : import("./Documents.svelte"))).default };
}
