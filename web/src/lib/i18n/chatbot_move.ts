import { messages } from "./language.ts";

const english = {
  action: "Move",
  title: (name: string) => `Move ${name}?`,
  line: "Gives it to another team, or to yourself. Its embed code keeps working.",
  to: "Move it to",
  personal: "Only me",
  pays: "Where it moves to pays for its answers from then on, and its limits of a day and a month count there.",
  along: "What goes along",
  goesAlong: [
    "the draft and all versions",
    "your own answers and the evaluations",
    "visitors, their chats and the addresses that they left",
    "the identity secrets, the embed code and the page of its own",
  ],
  stays: "What stays",
  staysHere: "What its answers have used and cost until now.",
  readers: "Members there read its visitors’ chats, and those here do not any more.",
  documents: "Its documents",
  copy: "Copy them",
  copyText: "Those that you can read are copied along with their collections. They take storage there too.",
  leave: "Leave them here",
  leaveText: "It is asked from none of them any more, until you choose others and publish.",
  errors: {
    chatbot_limit_reached: "The plan there has no more chatbots.",
    plan_publishes_no_chatbot:
      "The plan there publishes no more chatbots. Pause this one first, or choose a larger plan there.",
    storage_full: "There is not enough storage there. Leave the documents here, or delete some there.",
    role_insufficient: "Only owners and admins of both can move it.",
    workspace_not_found: "It can’t be moved there.",
    invalid_request: "It has more than 200 documents. Leave them here, or choose fewer first.",
  } as Record<string, string>,
};

export type ChatbotMove = typeof english;
export const chatbotMove = messages(english, { hi: () => import("./hi/chatbot_move.ts") });
