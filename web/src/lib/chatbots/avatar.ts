/** A chatbot's picture is this many pixels wide and high, twice what the chat shows. */
const SIDE = 96;
/** The most bytes that the API accepts. */
const MAX_BYTES = 16_000;
/** JPEG is smaller, and has no transparency. */
const QUALITIES = [0.9, 0.7, 0.4];

/** The middle of a picture as a small one, in a `data:` address. Rejects where the file is no picture. */
export async function avatarOf(file: Blob): Promise<string> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("there is no canvas");
  const draw = () =>
    context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  draw();
  const drawn = canvas.toDataURL("image/png");
  if (bytesOf(drawn) <= MAX_BYTES) return drawn;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, SIDE, SIDE);
  draw();
  const smaller = QUALITIES.map((quality) => canvas.toDataURL("image/jpeg", quality));
  return smaller.find((each) => bytesOf(each) <= MAX_BYTES) ?? smaller.at(-1) ?? drawn;
}

function bytesOf(address: string): number {
  return ((address.length - address.indexOf(",") - 1) * 3) / 4;
}
