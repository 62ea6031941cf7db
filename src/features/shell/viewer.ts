/** Who is signed in, as the shell shows them. */
export type Viewer = { name: string; email: string | null };
