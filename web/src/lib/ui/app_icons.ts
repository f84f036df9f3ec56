/** The icons of the signed-in app alone, as in `Icon.svelte`: public pages do not load them. */
export const APP_ICONS = {
  globe: "M12 3.5a8.5 8.5 0 1 1 0 17M12 3.5a8.5 8.5 0 0 0 0 17M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17M3.5 12h17",
  sideBar: "M4 5h16v14H4zM9.5 5v14",
  card: "M3 6h18v12H3zM3 10h18M6.5 14.5h4",
  upgrade: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17M12 16V8.5M8.5 11.5L12 8l3.5 3.5",
  help: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5h.01",
  signOut: "M10 4H5v16h5M10 12h10M16.5 8.5L20 12l-3.5 3.5",
  image: "M4 5h16v14H4zM8.5 8.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3M4 17l5-4 3 2 4-4 4 4",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
  compose: "M11 5H5v14h14v-6M10 14l.5-3L18 3.5l2.5 2.5L13 13.5z",
  star: "M12 3.5l2.6 5.6 6.1.7-4.5 4.2 1.2 6.1L12 17l-5.4 3.1 1.2-6.1-4.5-4.2 6.1-.7z",
  starred: "M12 3.5l2.6 5.6 6.1.7-4.5 4.2 1.2 6.1L12 17l-5.4 3.1 1.2-6.1-4.5-4.2 6.1-.7z",
  info: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 11v5M12 8h.01",
} as const;
