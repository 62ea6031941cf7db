import { formatInZone } from "./schedule-text";

/** The next times a schedule fires, in its zone and, when that is another, in UTC. */
export function NextTimes({
  times,
  timeZone,
}: {
  times: number[];
  timeZone: string;
}) {
  const showUtc = timeZone !== "UTC";
  return (
    <div className="min-h-40" aria-live="polite">
      {times.length > 0 ? (
        <table className="w-full text-left tabular-nums">
          <caption className="mb-1 text-left text-xs font-semibold text-fg-muted">
            Next {times.length} times
          </caption>
          <thead className="text-xs text-fg-muted">
            <tr>
              <th scope="col" className="py-1 font-normal">
                {timeZone}
              </th>
              {showUtc ? (
                <th scope="col" className="py-1 font-normal">
                  UTC
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {times.map((at) => (
              <tr key={at}>
                <td className="py-0.5">{formatInZone(at, timeZone)}</td>
                {showUtc ? (
                  <td className="py-0.5 text-fg-muted">
                    {formatInZone(at, "UTC")}
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </div>
  );
}
