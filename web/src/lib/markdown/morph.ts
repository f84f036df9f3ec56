/** Gives `live` the content of `next`, and changes only what differs: a selection in a growing paragraph stays, and the
 *  browser lays out one line instead of the block. Consumes `next`. */
export function morph(live: Node, next: Node): void {
  let [old, fresh] = [live.firstChild, next.firstChild];
  while (fresh) {
    const [after, following]: [ChildNode | null, ChildNode | null] = [old?.nextSibling ?? null, fresh.nextSibling];
    if (!old) live.appendChild(fresh);
    else if (!patch(old, fresh)) live.replaceChild(fresh, old);
    [old, fresh] = [after, following];
  }
  while (old) {
    const after: ChildNode | null = old.nextSibling;
    live.removeChild(old);
    old = after;
  }
}

/** False if the nodes are of different kinds. */
function patch(live: ChildNode, next: ChildNode): boolean {
  if (live.nodeName !== next.nodeName) return false;
  if (live instanceof Text && next instanceof Text) patchText(live, next.data);
  else if (live instanceof Element && next instanceof Element) {
    patchAttributes(live, next);
    morph(live, next);
  }
  return true;
}

function patchText(live: Text, text: string): void {
  if (live.data === text) return;
  if (text.startsWith(live.data)) live.appendData(text.slice(live.data.length));
  else live.data = text;
}

function patchAttributes(live: Element, next: Element): void {
  for (const { name, value } of next.attributes) {
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  for (const name of live.getAttributeNames()) if (!next.hasAttribute(name)) live.removeAttribute(name);
}
