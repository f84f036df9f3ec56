import { api, body } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { showPicture } from "../profile_picture.ts";

/** Stores a picture. Returns when it was set. Throws ApiError. */
export async function savePicture(file: Blob): Promise<string> {
  const data = await base64Of(await squareJpeg(file));
  const saved = await body((await api()).PUT("/api/user/picture", { body: { data } }));
  showPicture(saved.updated_at, `data:${saved.media_type};base64,${saved.data}`);
  return saved.updated_at;
}

/** Removes the picture. Throws ApiError. */
export async function removePicture(): Promise<void> {
  await body((await api()).DELETE("/api/user/picture"));
  showPicture(null, null);
}

/** Pixels of a side of the stored picture: twice those of the largest place that shows it, and some. */
const SIDE = 256;
const QUALITY = 0.85;

/** The middle square of a picture, as the camera was held, as JPEG on white. Throws ApiError `not_a_picture` for a file
 *  that the browser cannot show. */
async function squareJpeg(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file).catch(() => {
    throw notAPicture();
  });
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (!context) throw notAPicture();
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = "high";
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  context.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  const drawn = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!drawn) throw notAPicture();
  return drawn;
}

function notAPicture(): ApiError {
  return new ApiError(422, { code: "not_a_picture" as never }, null);
}

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
