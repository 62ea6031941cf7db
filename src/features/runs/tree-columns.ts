/** Name, bar, duration. On a phone the bar is a thin strip under the name. */
export const TREE_COLUMNS =
  "grid-cols-[minmax(14rem,38%)_minmax(0,1fr)_5.5rem] max-md:grid-cols-[minmax(0,1fr)_5.5rem]";

/** The cell of the bar; the ruler has the same box, so that it can be measured there. */
export const BAR_CELL =
  "relative min-w-0 overflow-hidden max-md:absolute max-md:right-[5.5rem] max-md:bottom-1 max-md:left-9 max-md:h-1";
