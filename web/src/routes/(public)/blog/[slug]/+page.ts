import { error } from "@sveltejs/kit";
import posts, { type Slug } from "$lib/i18n/posts.en";

export const entries = () => Object.keys(posts).map((slug) => ({ slug }));

export function load({ params }: { params: { slug: string } }): { slug: Slug } {
  if (!Object.hasOwn(posts, params.slug)) error(404);
  return { slug: params.slug as Slug };
}
