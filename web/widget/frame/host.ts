import { HELLO, PORT, type ToFrame, type ToPage } from "../messages.ts";

/** The line to the script on the website's page. On a page of its own there is none, and nothing is sent. */
export class Host {
  #port: MessagePort | null = null;
  #waiting: ToPage[] = [];

  /** Says hello to the page around the frame, and takes the port from that page alone: other frames of the website,
   *  such as advertisements, may post to this window too. */
  connect(onMessage: (message: ToFrame) => void): void {
    if (window.parent === window) return;
    const take = ({ source, data, ports }: MessageEvent) => {
      const [port] = ports;
      if (source !== window.parent || data?.type !== PORT || !port) return;
      removeEventListener("message", take);
      this.#port = port;
      port.onmessage = (event: MessageEvent<ToFrame>) => onMessage(event.data);
      for (const message of this.#waiting.splice(0)) port.postMessage(message);
    };
    addEventListener("message", take);
    window.parent.postMessage({ type: HELLO }, "*");
  }

  /** Sends now, or when the line is there. */
  send(message: ToPage): void {
    if (this.#port) this.#port.postMessage(message);
    else if (window.parent !== window) this.#waiting.push(message);
  }
}
