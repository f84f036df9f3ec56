// Session storage: each tab has its own address.
const KEY = "oneai.left_at";

/** Remembers the page's address when it is left. */
export function noteAddress(): void {
  try {
    sessionStorage.setItem(KEY, location.pathname);
  } catch {
    // Without storage, the list of conversations has it.
  }
}

/** The conversation that got its address while `/c` was reloading, or null. A reload goes to the address from its
 *  start, and the old page continues until the new one is there. */
export function begunDuringReload(): string | null {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (navigation?.type !== "reload" || new URL(navigation.name).pathname !== "/c") return null;
  try {
    const address = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return address?.match(/^\/c\/([0-9a-f-]{36})$/)?.[1] ?? null;
  } catch {
    return null;
  }
}
