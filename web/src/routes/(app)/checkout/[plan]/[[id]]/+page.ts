/** Loads the checkout of a plan, or with `offer` for the plan the page of an offer. They are one route, because every page
 *  loads the table of all files and routes. */
export async function load({ params }: { params: { plan: string; id?: string } }) {
  const offer = params.plan === "offer" && params.id;
  return { Page: (await (offer ? import("./Offer.svelte") : import("./Checkout.svelte"))).default };
}
