import { scriptUrl } from "./trusted.ts";

/** Registers the service worker, with which the app opens offline, and passes it the files that this page has loaded.
 *  Without a service worker everything else still works. */
export async function registerWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(scriptUrl("/service-worker.js"));
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage({ kind: "loaded", paths: loadedAssets() });
  } catch {
    return;
  }
}

function loadedAssets(): string[] {
  const paths = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  return [...new Set(paths.filter((path) => path.startsWith("/_app/immutable/")))];
}
