import { messages } from "./language.ts";

const english = {
  /** `picture`: its name, such as “Picture 1”. */
  enlarge: (picture: string) => `Enlarge: ${picture}`,
  download: (picture: string) => `Download: ${picture}`,
  change: (picture: string) => `Change this picture: ${picture}`,
  changeShort: "Change this picture",
  position: (position: number, count: number) => `Picture ${position} of ${count}`,
  previous: "Previous picture",
  next: "Next picture",
  failed: "The picture could not be loaded. Try again.",
};

export type PictureMessages = typeof english;
export const pictures = messages(english, { hi: () => import("./hi/pictures.ts") });
