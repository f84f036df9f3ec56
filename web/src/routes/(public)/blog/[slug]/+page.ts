import { error } from "@sveltejs/kit";
import { posts, type Slug } from "$lib/i18n/posts";

export const entries = () => Object.keys(posts.value).map((slug) => ({ slug }));

export function load({ params }: { params: { slug: string } }): { slug: Slug } {
  if (!Object.hasOwn(posts.value, params.slug)) error(404);
  return { slug: params.slug as Slug };
}
