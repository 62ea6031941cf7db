/** Marks the root of the component's functions, as generated code does. */
export {};
