/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="webworker" />
import { build, files, version } from "$service-worker";

/** Caches the app itself, so that it opens without a network: pages from the network first, hashed assets from the
 *  cache. It caches no personal data; see `lib/offline.ts`. */
const worker = self as unknown as ServiceWorkerGlobalScope;

const SHELL = "/200.html";
/** The page in the frame of a preview, which needs no network. */
const PREVIEW = "/preview.html";
const CONFIG = "/config.json";
const PAGES = `oneai-pages-${version}`;
/** Names contain the content's hash, so versions share equal files. */
const ASSETS = "oneai-assets";
const OWN_FILES = new Set(files);
const BUILT = new Set(build);
/** Same-origin addresses outside the app: the local stack's, and the payment page. */
const FOREIGN = /^\/(api|v1|auth\/v1|storage|razorpay|local|lambda-url)(\/|$)|^\/pay\.html$/;

worker.addEventListener("install", (event) => {
  const shell = [SHELL, PREVIEW, CONFIG, ...files.filter((name) => /\.(js|svg|png|webmanifest)$/.test(name))];
  event.waitUntil(
    caches
      .open(PAGES)
      .then((cache) => cache.addAll(shell))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(removeOld().then(() => worker.clients.claim()));
});

worker.addEventListener("message", ({ data }: ExtendableMessageEvent) => {
  // The files that the page loaded before this worker existed.
  if (data?.kind === "loaded") void keepAssets(data.paths as string[]);
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || FOREIGN.test(pathname)) return;
  if (pathname.startsWith("/_app/immutable/")) event.respondWith(fromCache(ASSETS, request));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept(pathname)));
  else if (pathname === CONFIG) event.respondWith(fromNetwork(request));
  else if (OWN_FILES.has(pathname)) event.respondWith(fromCache(PAGES, request));
});

async function fromCache(name: string, request: Request): Promise<Response> {
  const cache = await caches.open(name);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone()).catch(() => undefined);
  return response;
}

async function fromNetwork(request: Request): Promise<Response> {
  const cache = await caches.open(PAGES);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone()).catch(() => undefined);
    return response;
  } catch (failure) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw failure;
  }
}

async function kept(pathname: string): Promise<Response> {
  const page = pathname === PREVIEW ? PREVIEW : SHELL;
  return (await (await caches.open(PAGES)).match(page)) ?? Response.error();
}

async function keepAssets(paths: string[]): Promise<void> {
  const cache = await caches.open(ASSETS);
  const ours = paths.filter((path) => BUILT.has(path));
  // They are in the browser's own cache: nothing is downloaded twice.
  await Promise.all(ours.map(async (path) => (await cache.match(path)) ?? cache.add(path).catch(() => undefined)));
}

async function removeOld(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== PAGES && name !== ASSETS).map((name) => caches.delete(name)));
  const assets = await caches.open(ASSETS);
  const kept = await assets.keys();
  const gone = kept.filter((request) => !BUILT.has(new URL(request.url).pathname));
  await Promise.all(gone.map((request) => assets.delete(request)));
}
