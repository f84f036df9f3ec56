/** What was typed before the chat was there: it stands in the field, or was sent. */
export interface Typed {
  text: string;
  sent: boolean;
  focused: boolean;
}

declare global {
  interface Window {
    /** Takes what was typed, and the field away. It waits for the end of a word that is being composed. */
    takeTyped?: () => Promise<Typed>;
  }
}
