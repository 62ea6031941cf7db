/** The look of every row of the side bar: links, buttons and the user menu. */
export const navRowClasses =
  "flex h-8 w-full items-center gap-2.5 rounded-md px-2.5 text-sm text-fg-muted hover:bg-sunken hover:text-fg [&>svg]:size-4 [&>svg]:shrink-0";
