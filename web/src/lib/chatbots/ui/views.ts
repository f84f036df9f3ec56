export { default as ListView } from "./ListView.svelte";
export { default as OneChatbot } from "./OneChatbot.svelte";
export { default as Wizard } from "./Wizard.svelte";
