// The page needs the signed-in user, whom no prerendered page knows.
export const ssr = false;
