/** The icons of `/admin` alone, as in `Icon.svelte`: its side bar loads them. */
export const ADMIN_ICONS = {
  gauge: "M4 17a8 8 0 1 1 16 0M12 17l4-5",
  chart: "M4 4v16h16M8 16v-4M12 16V8M16 16v-6",
  people:
    "M9 5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M2.5 20c.8-3.3 3.3-5 6.5-5s5.7 1.7 6.5 5M16 5.5a3.2 3.2 0 0 1 0 6.2M18 15.5c1.8.7 3 2.2 3.5 4.5",
  building: "M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3",
  inbox: "M3 13l3-8h12l3 8v6H3zM3 13h5l1.5 3h5l1.5-3h5",
  tag: "M3 3h8l10 10-8 8L3 11zM7.5 7.4v.2",
  meter: "M4 8h16v8H4zM8 8v8M12 8v8",
  refused: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17M6 6l12 12",
  flag: "M6 21V4h11l-2 4 2 4H6",
  reportedBot: "M12 4v3M6 7h12v11H6zM3.5 11.5v3M20.5 11.5v3M12 10v3M12 15.2v.2",
  cycle: "M4 12a8 8 0 0 1 13.5-5.8L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.5 5.8L4 15.5M4 20v-4.5h4.5",
  payment: "M3 6h18v12H3zM3 10h18M6.5 14.5h4",
  credits:
    "M5 7.5C5 5.6 8 4 12 4s7 1.6 7 3.5S16 11 12 11 5 9.4 5 7.5M5 7.5v9C5 18.4 8 20 12 20s7-1.6 7-3.5v-9M5 12c0 1.9 3 3.5 7 3.5s7-1.6 7-3.5",
  event: "M13 3L5 13.5h6L10 21l8-10.5h-6z",
  models: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  pulse: "M3 12h4l2.5-7 5 14 2.5-7h4",
  jobs: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17M12 7.5V12l3 2",
  book: "M12 6.5C10 5 7.5 4.5 4 4.5V18c3.5 0 6 .5 8 2 2-1.5 4.5-2 8-2V4.5c-3.5 0-6 .5-8 2zM12 6.5V20",
  shield: "M12 3l7.5 2.5V12c0 4.5-3 7.5-7.5 9-4.5-1.5-7.5-4.5-7.5-9V5.5z",
  log: "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
} as const;

export type IconName = keyof typeof ADMIN_ICONS;
