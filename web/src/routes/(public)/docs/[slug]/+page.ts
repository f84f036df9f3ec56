import { error } from "@sveltejs/kit";
import { groups, pages } from "virtual:guide";
import type { GuidePage } from "$lib/docs/page";

export const entries = () => Object.keys(pages).map((slug) => ({ slug }));

export async function load({ params }: { params: { slug: string } }) {
  const all = groups.flatMap((group) => group.pages);
  const at = all.findIndex(({ slug }) => slug === params.slug);
  const link = all[at];
  const page: GuidePage | undefined = link && (await pages[link.slug]?.())?.default;
  if (!link || !page) error(404);
  return { page, description: link.description, previous: all[at - 1], next: all[at + 1] };
}
