/** Clocks of a time zone. A "wall" time is what its clock shows, written as if it were UTC, in milliseconds. */
const DAY = 86_400_000;

export class Zone {
  readonly #format: Intl.DateTimeFormat;

  /** Throws a RangeError when there is no such zone. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** What the clock is ahead of UTC at the instant. */
  offsetAt(instant: number): number {
    const parts = new Map<string, number>();
    for (const { type, value } of this.#format.formatToParts(instant))
      parts.set(type, Number(value));
    const part = (type: string): number => parts.get(type) ?? 0;
    const wall = Date.UTC(
      part("year"),
      part("month") - 1,
      part("day"),
      part("hour"),
      part("minute"),
      part("second"),
    );
    return wall - Math.floor(instant / 1000) * 1000;
  }

  /** The first instant at which the clock shows the time; when it never does, the instant at which it jumps over it. */
  instantOf(wall: number): number {
    const [before, after] = [wall - DAY, wall + DAY];
    const instants = [before, after]
      .map((near) => wall - this.offsetAt(near))
      .filter((instant) => instant + this.offsetAt(instant) === wall);
    return instants.length > 0
      ? Math.min(...instants)
      : this.changeBetween(before, after);
  }

  /** The first instant with another offset; the offsets at the two ends differ. */
  changeBetween(start: number, end: number): number {
    const offset = this.offsetAt(start);
    let [low, high] = [start, end];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
}
