import { messages } from "./language.ts";

const english = {
  /** `picture`: its name, such as “Image 1”. */
  enlarge: (picture: string) => `Enlarge: ${picture}`,
  download: (picture: string) => `Download: ${picture}`,
  change: (picture: string) => `Change this image: ${picture}`,
  changeShort: "Change this image",
  position: (position: number, count: number) => `Image ${position} of ${count}`,
  previous: "Previous image",
  next: "Next image",
  failed: "The image couldn’t be loaded. Try again.",
};

export type PictureMessages = typeof english;
export const pictures = messages(english, { hi: () => import("./hi/pictures.ts") });
