import { api, body } from "./api/client.ts";
import { offline } from "./offline.ts";
import { Store } from "./state/store.ts";

/** The signed-in user's picture as a data URL; null if there is none. */
export const profilePicture = new Store<string | null>(null);
let shownAt: string | null = null;

/** Reads the picture of this time, unless it is the shown one. A picture that cannot be read is not shown.
 *
 *  @param updatedAt the profile's `picture_updated_at`
 */
export async function followPicture(updatedAt: string | null): Promise<void> {
  if (updatedAt === shownAt) return;
  shownAt = updatedAt;
  if (updatedAt === null) return profilePicture.set(null);
  try {
    const { media_type, data } = await offline.read("picture", async () =>
      body((await api()).GET("/api/user/picture")),
    );
    if (shownAt === updatedAt) profilePicture.set(`data:${media_type};base64,${data}`);
  } catch {
    if (shownAt === updatedAt) shownAt = null; // the next read of the profile tries again
  }
}

/** Shows the picture that was set at this time; null for none. */
export function showPicture(updatedAt: string | null, picture: string | null): void {
  shownAt = updatedAt;
  profilePicture.set(picture);
}
