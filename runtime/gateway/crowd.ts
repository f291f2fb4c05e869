// Those who follow one thing and have missed nothing of it: they are told together. A transport that writes one message to many sockets
// looks at none of what the gateway knows of each, which costs as much again as to write it.
import { encodeDelta } from "#protocol/wire/codec.ts";
import type { Delta } from "./handlers.ts";
import type { Line } from "./line.ts";

/** Bytes that each is told before it is looked at who does not keep up: nobody hears of it from the transport. */
const lookBytes = 128 * 1024;

/** One who follows, as the crowd sees them. */
export interface Member {
  /** Under which they follow: those with the same are told the same frame. */
  readonly id: number;
  readonly line: Line;
}

interface Party {
  readonly group: string;
  readonly members: Set<Member>;
  /** Told since it was looked at. */
  bytes: number;
}

let parties = 0;

export class Crowd {
  readonly #parties = new Map<number, Party>();

  /** False: it must still be told by itself. */
  join(member: Member): boolean {
    const party = this.#parties.get(member.id) ?? { group: `party ${++parties}`, members: new Set(), bytes: 0 };
    if (!member.line.join(party.group)) return false;
    party.members.add(member);
    this.#parties.set(member.id, party);
    return true;
  }

  leave(member: Member): void {
    const party = this.#parties.get(member.id);
    if (party?.members.delete(member) !== true) return;
    member.line.leave(party.group);
    if (party.members.size === 0) this.#parties.delete(member.id);
  }

  tell(delta: Delta): void {
    for (const [id, party] of this.#parties) {
      const { group, members } = party;
      const frame = encodeDelta(id, delta.pos, delta.json);
      const [first] = members;
      first!.line.hub.publish(group, frame, members.size);
      party.bytes += frame.length;
      if (party.bytes < lookBytes) continue;
      party.bytes = 0;
      for (const member of members) member.line.look();
    }
  }
}
