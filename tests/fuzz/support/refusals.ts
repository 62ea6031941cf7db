import { expect } from "vitest";

/** The one shape of refusals: a status of the 4xx (or 503), a code, a sentence, and no stack. */
export async function expectRefusal(
  response: Response,
  expected: { status?: number; code?: string } = {},
): Promise<void> {
  const text = await response.text();
  expectRefusalText(response.status, text);
  const { status = response.status, code } = expected;
  expect([response.status, text]).toEqual([status, text]);
  if (code !== undefined) expect(JSON.parse(text)).toMatchObject({ code });
}

export function expectRefusalText(status: number, text: string): void {
  const where = `${status} ${text.slice(0, 300)}`;
  expect((status >= 400 && status < 500) || status === 503, where).toBe(true);
  const body: unknown = parsed(text);
  expect(body, where).toEqual({
    code: expect.stringMatching(/^[A-Z]\w+$/) as string,
    message: expect.stringMatching(/\S/) as string,
  });
  expect(text).not.toMatch(/\n\s+at |node:internal|node_modules/);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
