import { ModelChoice } from "./choice.ts";
import Panel from "./ui/ModelPanel.svelte";

/** The list of models and its state, which a page loads when the list opens first. */
export default { ModelChoice, Panel };
