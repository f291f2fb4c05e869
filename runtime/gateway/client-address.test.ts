import { expect, test } from "vitest";
import { clientAddress, trustedProxies } from "./client-address.ts";

const trusted = trustedProxies(["10.77.0.10", "192.168.0.0/16", "fd00::/8"])!;

test.each([
  ["nobody stands between", "203.0.113.5", "", "203.0.113.5"],
  ["somebody says that he is another", "203.0.113.5", "198.51.100.1", "203.0.113.5"],
  ["a proxy says who it is", "10.77.0.10", "203.0.113.5", "203.0.113.5"],
  ["several proxies do", "10.77.0.10", "203.0.113.5, 192.168.3.4", "203.0.113.5"],
  ["a client sent the header to a proxy", "10.77.0.10", "198.51.100.1, 127.0.0.1, 203.0.113.5", "203.0.113.5"],
  ["a proxy says nothing", "10.77.0.10", "", "10.77.0.10"],
  ["a proxy says what is no address", "10.77.0.10", "203.0.113.5, unknown", "10.77.0.10"],
  ["all are proxies", "10.77.0.10", "192.168.3.4", "192.168.3.4"],
  ["a neighbour of the proxy is none", "10.77.0.11", "203.0.113.5", "10.77.0.11"],
  ["addresses are of the sixth version", "fd12::1", "2001:db8::7", "2001:db8::7"],
  ["the proxy is reached through a socket of both versions", "::ffff:10.77.0.10", "2001:db8::7", "2001:db8::7"],
  ["as uWebSockets.js writes that", "0000:0000:0000:0000:0000:ffff:0a4d:000a", "203.0.113.5", "203.0.113.5"],
])("%s", (_what, peer, forwarded, client) => {
  expect(clientAddress(peer, forwarded, trusted)).toBe(client);
});

test("without proxies the header says nothing", () => {
  expect(clientAddress("127.0.0.1", "203.0.113.5", trustedProxies([])!)).toBe("127.0.0.1");
});

test.each([["nginx"], ["10.0.0.0/33"], ["10.0.0.0/x"], ["fd00::/129"], ["10.0.0"], ["10.0.0.1/"]])("%s is no proxy", (entry) => {
  expect(trustedProxies([entry])).toBeUndefined();
});
