import { error } from "@sveltejs/kit";
import guides, { type Guide } from "$lib/i18n/guides.en";

export const entries = () => Object.keys(guides).map((slug) => ({ slug }));

export function load({ params }: { params: { slug: string } }): { slug: Guide } {
  if (!Object.hasOwn(guides, params.slug)) error(404);
  return { slug: params.slug as Guide };
}
