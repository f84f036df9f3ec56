import { error } from "@sveltejs/kit";
import { pages } from "virtual:guide";
import type { GuidePage } from "$lib/docs/page";

export const entries = () => Object.keys(pages).map((slug) => ({ slug }));

export async function load({ params }: { params: { slug: string } }) {
  const page: GuidePage | undefined = (await pages[params.slug]?.())?.default;
  if (!page) error(404);
  return { page };
}
