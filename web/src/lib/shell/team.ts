import TeamChats from "./TeamChats.svelte";
import WorkspaceSwitcher from "./WorkspaceSwitcher.svelte";

/** What the side bar shows to members of a team. */
export default { TeamChats, WorkspaceSwitcher };
