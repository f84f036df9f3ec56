/** The currencies without digits after the point. `python -m local.web.currencies` writes this file. */
export const WHOLE = /IDR|JPY/;
