// Where a client is, behind proxies: each adds the address that it was reached from to X-Forwarded-For. Only what trusted proxies
// added counts, for anybody can send the header. Pure.
import { BlockList, isIP, isIPv6 } from "node:net";

/** Whether an address is that of a trusted proxy. */
export type Trusted = (address: string) => boolean;

/** Addresses and networks (`10.0.0.0/8`). Undefined: one of them is neither. */
export const trustedProxies = (list: ReadonlyArray<string>): Trusted | undefined => {
  const proxies = new BlockList();
  for (const entry of list) {
    const [address = "", bits] = entry.split("/");
    if (isIP(address) === 0) return undefined;
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    const longest = family === "ipv6" ? 128 : 32;
    if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= longest)) return undefined;
    proxies.addSubnet(address, bits === undefined ? longest : Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");
};

/** `peer`: who has connected. `forwarded`: the header, empty where there is none. */
export const clientAddress = (peer: string, forwarded: string, trusted: Trusted): string => {
  let address = peer;
  const hops = forwarded.split(",").map((hop) => hop.trim());
  // From the nearest on: the first that is no proxy of ours is the client, whatever stands before it.
  while (trusted(address)) {
    const before = hops.pop() ?? "";
    if (isIP(before) === 0) return address;
    address = before;
  }
  return address;
};
