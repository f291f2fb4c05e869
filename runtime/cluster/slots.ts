// Which node tells of a channel: where there is one Redis, it does; in a Redis cluster the master of the channel's slot.
import * as z from "zod";

/** Those that messages go through. */
export interface Masters {
  /** `host:port` of each; empty where there is one Redis, that of REDIS_URL. */
  readonly all: ReadonlyArray<string>;
  /** The one that has a slot; undefined: none just now. */
  readonly of: (slot: number) => string | undefined;
}

export const theOnlyOne: Masters = { all: [""], of: () => "" };

/** CRC16 as in XMODEM. */
const crc16 = (bytes: Uint8Array): number => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
};

/** Slot of a key or sharded channel: by what stands in its first braces, or by all of it. */
export const slotOf = (key: string): number => crc16(Buffer.from(/^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key)) % 16_384;

const Node = z.tuple([z.string().nullable(), z.number()]).rest(z.unknown());
/** First and last slot, their master, its replicas. */
const Slots = z.array(z.tuple([z.number(), z.number(), Node]).rest(z.unknown()));

/** Reads the answer to CLUSTER SLOTS. Throws where it is none. */
export const mastersOf = (answer: unknown): Masters => {
  // A node that does not know its own name yet tells none.
  const ranges = Slots.parse(answer).flatMap(([first, last, [host, port]]) =>
    host === null || host === "" ? [] : [{ first, last, master: `${host}:${port}` }],
  );
  return {
    all: [...new Set(ranges.map(({ master }) => master))],
    of: (slot) => ranges.find(({ first, last }) => slot >= first && slot <= last)?.master,
  };
};
