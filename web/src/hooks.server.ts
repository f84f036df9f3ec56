import type { Handle } from "@sveltejs/kit";
import { render } from "svelte/server";
import AppFrame from "$lib/shell/AppFrame.svelte";

/** Runs in the build. A page of the app has no content there. It gets an empty frame, so that the browser paints before
 *  any script arrives. */
export const handle: Handle = ({ event, resolve }) =>
  resolve(event, {
    transformPageChunk: ({ html }) => html.replace("<!--frame-->", frameOf(event.route.id)),
  });

function frameOf(route: string | null): string {
  if (!route?.startsWith("/(app)/")) return "";
  return render(AppFrame, { props: { chat: route.startsWith("/(app)/c/") } }).body;
}
