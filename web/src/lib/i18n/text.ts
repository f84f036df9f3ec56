/** A section of a text: an optional heading, then paragraphs. */
export interface Section {
  heading?: string;
  paragraphs: readonly string[];
}

export interface Text {
  title: string;
  /** One or two sentences for lists, search engines and previews. */
  description: string;
  sections: readonly Section[];
}

export interface Post extends Text {
  /** The day it was published: 2026-11-02. */
  date: string;
}

/** The operator of this site, from `/config.json`. */
export interface Operator {
  name: string;
  address: string;
  email: string;
}
