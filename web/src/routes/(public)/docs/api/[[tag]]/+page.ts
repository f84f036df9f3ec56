import { error } from "@sveltejs/kit";
import { groups, pages } from "virtual:reference";

export const entries = () => Object.keys(pages).map((tag) => ({ tag }));

export async function load({ params }: { params: { tag?: string } }) {
  if (params.tag === undefined) return { page: null, description: "" };
  const group = groups.find(({ slug }) => slug === params.tag);
  const page = group && (await pages[group.slug]?.())?.default;
  if (!group || !page) error(404);
  return { page, description: group.description };
}
