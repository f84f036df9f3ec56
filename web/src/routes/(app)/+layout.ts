// The app needs who is signed in, which no built page knows.
export const ssr = false;
