// The app needs who is signed in, which no built page knows. What is built is the page's frame (`hooks.server.ts`), with
// the names of all that the page loads: the browser asks for it at once.
export const ssr = false;
export const prerender = "auto";
