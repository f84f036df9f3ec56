import { messages } from "./language.ts";

const english = {
  seats: "Seats",
  range: (least: string, most: string) => `From ${least} to ${most} seats.`,
  count: (count: number, text: string) => (count === 1 ? "1 seat" : `${text} seats`),
  perSeat: (price: string, seats: string) => `${price} × ${seats}`,
  total: "Total",
  payer: "Paid by",
  taken: (count: string) => `Taken: ${count}`,
  takenBy: (names: string, more: number) => (more > 0 ? `${names} and ${more} more` : names),
  tooFew: "More seats are taken than that. Remove members or invitations first:",
  members: "Members and invitations",
  /** Changing the number */
  change: "Change seats",
  now: (seats: string, day: string) => `Your team has ${seats} until ${day}.`,
  renewedFor: (seats: string) => `The next charge is for ${seats}.`,
  hint: "More seats start today. Fewer seats start with the next charge.",
  hintPrepaid: "More seats start today, until the paid period ends.",
  fewerLater: "Choose fewer seats when you pay for the next period.",
  added: (seats: string, day: string) => `${seats} more until ${day}`,
  chargedNow: "Charged now",
  bring: "They bring",
  units: {
    small_messages: (count: string) => `${count} answers from small models`,
    large_messages: (count: string) => `${count} answers from large models`,
    image_generation: (count: string) => `${count} images`,
    web_searches: (count: string) => `${count} web searches`,
    document_pages: (count: string) => `${count} document pages`,
    storage_bytes: (size: string) => `${size} of storage`,
  } as Record<string, (count: string) => string>,
  thenEach: { monthly: "Then each month", yearly: "Then each year" },
  thenSeats: (seats: string, day: string) => `${seats} from ${day} on`,
  twoSteps: (day: string) =>
    `You pay for the added seats first. Then you agree to the charge for all seats, which begins on ${day}.`,
  paidAhead: (day: string) =>
    `Nothing is charged on ${day}. You choose the seats of the next period when you pay for it.`,
  oneStep: (day: string) => `You agree to a charge that begins on ${day}. Nothing is charged now.`,
  noChange: "Choose another number of seats.",
  /** The plan's card */
  fewerFrom: (seats: string, day: string) => `From ${day} on, your team has ${seats}.`,
  waiting: (next: string, day: string, all: string) =>
    `No one has agreed to the next charge for all seats yet. On ${day} only ${next} will be renewed, and the members who joined last lose theirs. Agree to the charge for ${all} to keep them.`,
  agree: "Agree to the next charge",
  keepNow: (seats: string) => `Keep ${seats}`,
  waitsForYes: (day: string) =>
    `Your bank is waiting for you to confirm the last charge. You keep the plan until ${day} at the latest.`,
  sayYes: "Agree and pay",
  noPlan: "Your team has no plan yet. A plan by the seat gives it answers, storage and documents to share.",
  buy: "Choose a plan",
  ended: (plan: string) => `Your team’s ${plan} plan has ended. Members stay, and can read and export everything.`,
  unpaidTeam: "The payment didn’t arrive in time, so your team has no plan. Pay now to get it back.",
  /** Who may */
  ownersOnly: "Only owners can buy a plan or seats",
  ownersOnlyText: (team: string) => `Ask an owner of ${team}. Members and their roles are on the team’s page.`,
  ownersChange: "Only owners can change the plan and its seats.",
  managersOnly: "Only owners and admins see the plan and its invoices",
  managersOnlyText: (team: string) => `What ${team} has used is on the usage page.`,
  usage: "Usage",
  invoiceMail: "Mail about invoices",
  billingEmail: "Invoices and failed payments also go to",
  noBillingEmail: "Invoices go to the owners. You can add a billing email in the team’s settings.",
  settings: "Team settings",
  /** Checkout in the other kind of workspace */
  forTeams: (plan: string) => `${plan} is for a team`,
  forTeamsText: "Choose the team that it is for, or create one.",
  forPeople: (plan: string) => `${plan} is for one person`,
  forPeopleText: "You can buy it in your personal workspace.",
  personal: "Open the personal workspace",
  create: "Create a team",
  /** Results */
  addedDone: (seats: string) => `Your team has ${seats} now.`,
  nextDone: (seats: string, day: string) => `From ${day} on, each charge is for ${seats}.`,
  doneTitle: "Your seats are changed",
  oneMoreStep: "One more step",
  teamActive: (plan: string, seats: string) => `Your team is on ${plan} now, with ${seats}.`,
  invite: "Invite people",
};

export type Seats = typeof english;
export const seats = messages(english, { hi: () => import("./hi/seats.ts") });
