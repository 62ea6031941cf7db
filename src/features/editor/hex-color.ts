/** Six hex digits without the `#`, as the editor's themes want colours; minified CSS shortens them to three. */
export function hexDigits(color: string): string {
  const digits = color.trim().replace(/^#/, "");
  if (digits.length !== 3) return digits;
  return [...digits].map((digit) => digit + digit).join("");
}
