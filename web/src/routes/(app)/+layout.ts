// The app needs the signed-in user, whom no prerendered page knows. The build makes the page's frame
// (`hooks.server.ts`) with the names of all files of the page, so that the browser requests them at once.
export const ssr = false;
export const prerender = "auto";
