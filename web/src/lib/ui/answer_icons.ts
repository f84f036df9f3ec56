/** The icons of the menu of an answer alone, as in `Icon.svelte`: the menu loads them. */
export const ANSWER_ICONS = {
  shorter: "M5 9h14M5 15h8",
  longer: "M5 5h14M5 9.7h14M5 14.3h14M5 19h9",
  simpler: "M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8zM19 16.5v4M17 18.5h4",
  translate: "M4 6h9M8.5 4v2M11 6c-.8 3.5-3 6-6.5 7.5M6 9.5c1 2 2.8 3.4 5 4M12 20l4-9 4 9M13.4 17h5.2",
} as const;
