// Which addresses a provider's URL may lead to. A provider's answer must never make this server ask its own network: the check is made on
// the very address that is connected to, so a name that changes its mind between check and use gains nothing.
import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** A name or address that leads into a private network. */
export class PrivateAddress extends Error {
  readonly host: string;

  constructor(host: string) {
    super(`${host} leads to a private address`);
    this.host = host;
  }
}

// Two lists: in one, IPv4 addresses would be held against the IPv6 rule of mapped addresses, which is all of them.
const blocked4 = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  blocked4.addSubnet(network, prefix, "ipv4");
}

const blocked6 = new BlockList();
for (const [network, prefix] of [
  // Unspecified, loopback, IPv4-compatible and IPv4-mapped.
  ["::", 80],
  // NAT64 of a local network; that of 64:ff9b::/96 is judged by the address inside.
  ["64:ff9b:1::", 48],
  ["100::", 64],
  // Teredo, documentation and 6to4: tunnels to any IPv4 address.
  ["2001::", 32],
  ["2001:db8::", 32],
  ["2002::", 16],
  // Unique local, link-local, site-local, multicast.
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const) {
  blocked6.addSubnet(network, prefix, "ipv6");
}

const nat64 = new BlockList();
nat64.addSubnet("64:ff9b::", 96, "ipv6");

/** The IPv4 address in the last 32 bits. */
const inside = (address: string): string => {
  if (address.includes(".")) return address.slice(address.lastIndexOf(":") + 1);
  const [high = "", low = ""] = address.replace("::", ":0:").split(":").slice(-2);
  const bits = (Number.parseInt(high || "0", 16) << 16) | Number.parseInt(low || "0", 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
};

/** `address`: an IP address. What is none counts as private. */
export const isPrivate = (address: string): boolean => {
  const bare = address.replace(/%.*$/, "");
  switch (isIP(bare)) {
    case 4:
      return blocked4.check(bare, "ipv4");
    case 6:
      return nat64.check(bare, "ipv6") ? isPrivate(inside(bare)) : blocked6.check(bare, "ipv6");
    default:
      return true;
  }
};

/** `dns.lookup` that fails with `PrivateAddress` if any address of the name is private. */
export const guardedLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, "");
    const [first] = found;
    if (first === undefined || found.some(({ address }) => isPrivate(address))) return callback(new PrivateAddress(host), "");
    return options.all === true ? callback(null, found) : callback(null, first.address, first.family);
  });
};

/** A literal address is connected to without a lookup: it is checked here. */
export const isPrivateLiteral = (hostname: string): boolean => {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) !== 0 && isPrivate(bare);
};
