/** Focuses the row of a step once it is drawn; does nothing when it is not. */
export function focusStepRow(key: string): void {
  requestAnimationFrame(() =>
    document
      .querySelector<HTMLElement>(`[role=row][data-key="${CSS.escape(key)}"]`)
      ?.focus(),
  );
}
