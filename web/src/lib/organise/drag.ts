import { Store } from "../state/store.ts";
import type { ListedConversation } from "../conversations.ts";

/** The kind of what is dragged. Other pages and programs do not know it, and their files and texts are not it. */
export const DRAG_TYPE = "application/x-oneai-conversation";

/** The conversation that is dragged in this page; null while none is. Its id never comes from the drag's data, which
 *  another page could have written. */
export const dragged = new Store<ListedConversation | null>(null);

/** Makes an element's conversation draggable. */
export function draggable(conversation: ListedConversation): (element: HTMLElement) => () => void {
  return (element) => {
    const start = (event: DragEvent) => {
      if (!event.dataTransfer) return;
      event.dataTransfer.effectAllowed = "copyMove";
      event.dataTransfer.setData(DRAG_TYPE, conversation.id);
      // A frame later: a change of the page at the start ends the drag in Chromium.
      requestAnimationFrame(() => dragged.set(conversation));
    };
    const end = () => requestAnimationFrame(() => dragged.set(null));
    element.addEventListener("dragstart", start);
    element.addEventListener("dragend", end);
    return () => {
      element.removeEventListener("dragstart", start);
      element.removeEventListener("dragend", end);
      // A list that is drawn again removes the element before its drag ends, and no `dragend` follows.
      if (dragged.value?.id === conversation.id) dragged.set(null);
    };
  };
}

/** Accepts a dragged conversation on an element, which has `data-over` while it hovers. */
export function dropTarget(drop: (conversation: ListedConversation) => void): (element: HTMLElement) => () => void {
  return (element) => {
    const accepts = (event: DragEvent) => event.dataTransfer?.types.includes(DRAG_TYPE) && dragged.value !== null;
    const over = (event: DragEvent) => {
      if (!accepts(event)) return;
      event.preventDefault();
      event.dataTransfer!.dropEffect = "move";
      element.dataset.over = "";
    };
    const leave = (event: DragEvent) => {
      // Moving onto a child leaves the element too.
      if (!element.contains(event.relatedTarget as Node | null)) delete element.dataset.over;
    };
    const dropped = (event: DragEvent) => {
      delete element.dataset.over;
      const conversation = dragged.value;
      if (!accepts(event) || !conversation) return;
      event.preventDefault();
      event.stopPropagation();
      dragged.set(null);
      drop(conversation);
    };
    element.addEventListener("dragover", over);
    element.addEventListener("dragleave", leave);
    element.addEventListener("drop", dropped);
    return () => {
      element.removeEventListener("dragover", over);
      element.removeEventListener("dragleave", leave);
      element.removeEventListener("drop", dropped);
    };
  };
}
