/** A file of a question, as the API stores it. */
export interface KeptAttachment {
  type: string;
  name?: string | null;
  url?: string | null;
  text?: string | null;
  size?: number | null;
}

export interface KeptPicture {
  url: string;
  media_type?: string;
  /** When the address ends, in ISO 8601; data URLs do not. */
  expires_at?: string;
}

type Metadata = Record<string, unknown>;

/** The files of a question. */
export function attachmentsOf(metadata: Metadata): KeptAttachment[] {
  return Array.isArray(metadata.attachments) ? (metadata.attachments as KeptAttachment[]) : [];
}

/** Whether a picture of the answer cannot be shown: it was too large, or went with the account of its author. */
export function lacksPictures(metadata: Metadata): boolean {
  const { images, images_left_out } = metadata;
  return Boolean(images_left_out) || (Array.isArray(images) && picturesOf(metadata).length < images.length);
}

/** The pictures that a model drew: addresses valid for fifteen minutes, or data URLs. */
export function picturesOf(metadata: Metadata): KeptPicture[] {
  const images = Array.isArray(metadata.images) ? (metadata.images as (KeptPicture | string)[]) : [];
  return images.map((image) => (typeof image === "string" ? { url: image } : image)).filter(({ url }) => url);
}
