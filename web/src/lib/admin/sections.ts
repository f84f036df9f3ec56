import type { Admin } from "../i18n/admin.ts";
import { Store } from "../state/store.ts";
import type { IconName } from "../ui/admin_icons.ts";

type Entry = readonly [name: keyof Admin["sections"], address: string, icon: IconName];

/** The pages of `/admin` in groups, in the order of the side bar: the message that names each, its address, its icon. */
export const GROUPS = [
  [
    "business",
    [
      ["overview", "/admin", "gauge"],
      ["analytics", "/admin/analytics", "chart"],
    ],
  ],
  [
    "customers",
    [
      ["users", "/admin/users", "people"],
      ["workspaces", "/admin/sales/workspaces", "building"],
      ["support", "/admin/sales/support", "inbox"],
      ["quotas", "/admin/quotas", "meter"],
      ["requests", "/admin/requests", "refused"],
      ["shares", "/admin/shares", "flag"],
      ["chatbots", "/admin/chatbots", "reportedBot"],
    ],
  ],
  [
    "billing",
    [
      ["offers", "/admin/sales/offers", "tag"],
      ["subscriptions", "/admin/subscriptions", "cycle"],
      ["payments", "/admin/payments", "payment"],
      ["credits", "/admin/credits", "credits"],
      ["events", "/admin/events", "event"],
    ],
  ],
  [
    "service",
    [
      ["models", "/admin/models", "models"],
      ["status", "/admin/status", "pulse"],
      ["jobs", "/admin/jobs", "jobs"],
      ["docs", "/admin/docs", "book"],
    ],
  ],
  [
    "team",
    [
      ["staff", "/admin/staff", "shield"],
      ["audit", "/admin/audit", "log"],
    ],
  ],
] as const satisfies readonly (readonly [keyof Admin["groups"], readonly Entry[]])[];

export type Section = (typeof GROUPS)[number][1][number][0];

/** The message and the address of the section of an address: that with the longest path that it starts with. */
export function sectionOf(path: string): { name: Section; address: string } {
  const entries = GROUPS.flatMap(([, pages]) => pages.map(([name, address]) => ({ name: name as Section, address })));
  const matches = entries.filter(({ address }) => path === address || path.startsWith(`${address}/`));
  return matches.reduce((best, each) => (each.address.length > best.address.length ? each : best), {
    name: "overview",
    address: "/admin",
  } as { name: Section; address: string });
}

/** What the page of one thing is titled with, such as a person's name; null: it is titled with its section. */
export const heading = new Store<string | null>(null);

/** Titles the page until the returned function is called. */
export function titled(text: string): () => void {
  heading.set(text);
  return () => {
    if (heading.value === text) heading.set(null);
  };
}
