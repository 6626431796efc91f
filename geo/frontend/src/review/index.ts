/** The review desk. */
export {};
