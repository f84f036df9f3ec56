/** Resolves when all changes are on the screen; at once if nothing is drawn, as in a hidden page. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof document === "undefined" || document.hidden) return resolve();
    requestAnimationFrame(() => afterDrawing(resolve));
    document.addEventListener("visibilitychange", () => resolve(), { once: true });
  });
}

/** A frame is drawn right after its callbacks, so the next task runs after it. */
export function afterDrawing(callback: () => void): void {
  setTimeout(callback);
}
