// The page needs the token and the signed-in user, whom no prerendered page knows.
export const ssr = false;
