import { ApiError } from "./errors.ts";

/** Sends a file to the address from `POST /api/uploads`. Uses XMLHttpRequest, because `fetch` reports no upload
 *  progress. An address takes one file, so 412 means that the file has arrived: a browser can repeat a request when a
 *  connection breaks. Throws ApiError. */
export function put(
  target: { url: string; headers: Record<string, string> },
  file: Blob,
  onprogress: (percent: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", target.url);
    for (const [name, value] of Object.entries(target.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => total > 0 && onprogress(Math.floor((100 * loaded) / total));
    request.onload = () =>
      request.status < 300 || request.status === 412 ? resolve() : reject(new ApiError(request.status, {}, null));
    request.onerror = () => reject(new ApiError(0, {}, null));
    request.send(file);
  });
}
