/** Loads the code of the page that the address names: the list, the wizard, or one chatbot. */
export async function load({ params }: { params: { id?: string; tab?: string } }) {
  const { id, tab = "overview" } = params;
  if (id === undefined) return { List: (await import("$lib/chatbots/ui/ListView.svelte")).default };
  if (id === "new") return { Wizard: (await import("$lib/chatbots/ui/Wizard.svelte")).default };
  return { One: (await import("$lib/chatbots/ui/OneChatbot.svelte")).default, id, tab };
}
