import { ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { fileStem } from "../typed/file_names.ts";
import type { KeptPicture } from "./metadata.ts";

const EXTENSIONS: Record<string, string> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
};
/** An address is renewed this many milliseconds before its end, so that it lasts for the download. */
const MARGIN = 60_000;

/** The addresses of an answer's pictures. Each ends after fifteen minutes, and is read again when it is used later. */
export class PictureAddresses {
  readonly store: Store<readonly KeptPicture[]>;
  #read: () => Promise<readonly KeptPicture[]>;
  #load: (url: string) => Promise<Response>;
  #renewing: Promise<void> | null = null;
  /** Addresses that showed nothing. A picture that is gone is asked for again only once. */
  #failed = new Set<string>();
  #hasFailedAnew = false;

  /** @param read reads the pictures of the answer again
   *  @param load requests an address without the browser's cache: what `<img>` left there has no CORS headers */
  constructor(
    pictures: readonly KeptPicture[],
    read: () => Promise<readonly KeptPicture[]>,
    load: (url: string) => Promise<Response> = (url) => fetch(url, { cache: "no-store" }),
  ) {
    this.store = new Store(pictures);
    this.#read = read;
    this.#load = load;
  }

  /** Reads all addresses again if that of the picture has ended. Otherwise the picture stays as it is. */
  async keepFresh(index: number): Promise<void> {
    const end = Date.parse(this.store.value[index]?.expires_at ?? "");
    if (end - MARGIN < Date.now()) await this.#renew();
  }

  /** The picture at this address could not be shown. The device's clock may be wrong, so its end says nothing. */
  async showFailed(url: string): Promise<void> {
    if (this.#failed.has(url) || this.#hasFailedAnew || !url.startsWith("http")) return;
    this.#failed.add(url);
    const before = this.store.value;
    await this.#renew().catch(() => undefined);
    this.#hasFailedAnew = this.store.value === before;
  }

  /** The picture as a file. Throws ApiError if it cannot be loaded. */
  async file(index: number, title: string): Promise<File> {
    await this.keepFresh(index);
    let blob = await this.#blob(index);
    if (!blob) {
      await this.#renew();
      blob = await this.#blob(index);
    }
    if (!blob) throw new ApiError(404, {}, null);
    const type = EXTENSIONS[blob.type] ? blob.type : (this.store.value[index]?.media_type ?? "image/png");
    return new File([blob], pictureName(title, index, this.store.value.length, type), { type });
  }

  async #blob(index: number): Promise<Blob | null> {
    const url = this.store.value[index]?.url ?? "";
    if (url.startsWith("data:")) return dataBlob(url);
    const response = await this.#load(url).catch(() => null);
    return response?.ok ? response.blob() : null;
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#read()
      .then((pictures) => {
        if (pictures.length > 0) this.store.set(pictures);
      })
      .finally(() => (this.#renewing = null));
    return this.#renewing;
  }
}

/** The name of a picture's file: the title, a number if there are several, and the extension of its type. */
export function pictureName(title: string, index: number, count: number, type: string): string {
  const number = count > 1 ? ` ${index + 1}` : "";
  return `${fileStem(title, "picture")}${number}.${EXTENSIONS[type] ?? "png"}`;
}

/** The content of a data URL, which the page's policy does not let it fetch; null if it is none of base64. */
function dataBlob(url: string): Blob | null {
  const [, type, data] = /^data:([\w.+-]+\/[\w.+-]+)[^,]*;base64,(.*)$/s.exec(url) ?? [];
  if (!type || data === undefined) return null;
  try {
    return new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], { type });
  } catch {
    return null;
  }
}
