/** The field pages. */
export {};
