/** What `guide/plugin.ts` makes of the files in `docs/`. */
declare module "virtual:guide" {
  import type { GuidePage, PageGroup } from "$lib/docs/page";
  export const groups: PageGroup[];
  export const pages: Record<string, () => Promise<{ default: GuidePage }>>;
}

declare module "virtual:guide-hi" {
  export { groups, pages } from "virtual:guide";
}

declare module "virtual:reference" {
  import type { ReferenceGroup, ReferencePage } from "$lib/docs/page";
  export const groups: ReferenceGroup[];
  export const pages: Record<string, () => Promise<{ default: ReferencePage }>>;
}
