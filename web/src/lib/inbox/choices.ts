import { backend as chatbots } from "../chatbots/backend.ts";
import { Store } from "../state/store.ts";
import { backend, type Member } from "./backend.ts";

/** What conversations can be filtered by, tagged with, and given to. */
export interface Choices {
  chatbots: readonly { id: string; name: string }[];
  tags: readonly string[];
  /** Empty in a personal workspace, whose user answers alone. */
  members: readonly Pick<Member, "user_id" | "name" | "email">[];
}

export const choices = new Store<Choices>({ chatbots: [], tags: [], members: [] });

const add = (part: Partial<Choices>) => choices.set({ ...choices.value, ...part });
const nothing = () => {};

/** Reads them. What cannot be read stays as it was: there is less to choose from, and the inbox still works. */
export async function loadChoices(team: boolean): Promise<void> {
  await Promise.all([
    chatbots.list({}, null).then(({ items }) => add({ chatbots: items }), nothing),
    loadTags(),
    team && backend.members().then((members) => add({ members }), nothing),
  ]);
}

/** Reads the tags again, after some were added. */
export async function loadTags(): Promise<void> {
  await backend.tags().then((found) => add({ tags: found.map(({ name }) => name) }), nothing);
}

/** What a member is called: their name, else their address up to the sign `@`, else a dash. */
export function memberName({ name, email }: { name: string | null; email: string | null }): string {
  return name || email?.split("@")[0] || "–";
}
