/** Where names lead in a test, whatever the machine that it runs on has made of them. */
import dns from "node:dns";
import { isIP } from "node:net";
import { vi } from "vitest";

type Found = { address: string; family: number };
type Told = (error: null, found: Found[]) => void;

/** Every name that is connected to leads to these addresses, in their order, until mocks are restored. */
export function resolveNamesTo(...addresses: string[]): void {
  const found = addresses.map((address) => ({
    address,
    family: isIP(address),
  }));
  const lookup = (_name: string, _options: object, told: Told) =>
    told(null, found);
  vi.spyOn(dns, "lookup").mockImplementation(lookup as typeof dns.lookup);
}
