// The page needs the signed-in person, whom no prerendered page knows.
export const ssr = false;
