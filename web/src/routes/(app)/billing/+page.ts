/** Loads the page by itself: every page loads the table of all files that routes name. */
export async function load() {
  return { Page: (await import("./Billing.svelte")).default };
}
