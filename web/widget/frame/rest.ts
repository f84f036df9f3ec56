/** The longest that a busy page keeps the chat waiting, in milliseconds. */
const LONGEST = 50;

/** Waits until the page has drawn and has nothing to do. A browser may show the website and the chat in one process,
 *  where a long task of the chat delays the website. */
export function rest(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: LONGEST });
    else setTimeout(resolve); // Safari has none
  });
}
