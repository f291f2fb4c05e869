import { Clock, Effect, Layer } from "effect";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Database, type Tx } from "#db/client/database.ts";
import { testDatabases } from "#db/client/testing.ts";
import {
  dropEndedLinks,
  dropIdleGuests,
  holdPlayLink,
  insertPlayLink,
  lockPlayLink,
  lockPlayLinks,
  revokePlayLink,
} from "#db/queries/play-link.ts";
import { playsOfVersion } from "#db/queries/play.ts";
import { calls, streams, topics } from "#protocol/contract.ts";
import type { GuestGrant, Playthrough } from "#protocol/play.ts";
import { choice, edge, storyOf } from "#protocol/scene/testing.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { Auth } from "#runtime/auth/auth.ts";
import { singleProcess } from "#runtime/cluster/single.ts";
import { mayUse, type Principal } from "#runtime/auth/principal.ts";
import { playQuotas } from "./handlers.ts";
import { adoptLeft, playAdoption } from "./left.ts";
import { linkQuotas } from "./links.ts";
import { refusalOf } from "#actors/testing.ts";
import { type Caller, PlayRig } from "./testing.ts";

const fork = storyOf([
  "fork",
  {
    start: "path",
    nodes: [
      { id: "path", type: "choice" },
      { id: "home", type: "end", ending: "home" },
    ],
    edges: [choice("go", "path", "home"), edge("path", "home")],
  },
]);
const minute = 60_000;
const day = 24 * 60 * minute;

test("who came by a link may use what is for players, and nothing that needs an account", () => {
  const player: Principal = { userId: "gst_1", username: "guest", role: "player", sessionId: "gst_1", expiresAt: 0 };
  const open = [...calls, ...streams, ...topics].filter(([, { access }]) => access !== "anonymous" && mayUse(access, player));
  expect(open.map(([name]) => name).filter((name) => !name.startsWith("play."))).toEqual([]);
  // Guests are adopted by those who have an account; how a story is played is for its owner.
  const closed = [...calls].filter(([name, { access }]) => name.startsWith("play.") && !mayUse(access, player)).map(([name]) => name);
  expect(closed).toEqual(["play.flow", "play.budget", "play.setBudget", "play.adopt"]);
});

describe.each(testDatabases)("links to stories on $engine", ({ layer }) => {
  const rig = new PlayRig(layer);
  let users = 0;
  beforeAll(() => rig.start());
  beforeEach(() => (rig.user = `usr_${++users}`));
  afterAll(() => rig.close());

  let addresses = 0;
  const open = async (link: string, guest?: string) => {
    const entered: Array<Principal> = [];
    const nobody = { principal: null, ip: `10.1.${addresses >> 8}.${addresses++ & 255}` };
    const answer = await rig.call("play.open", { link, ...(guest === undefined ? {} : { guest }) }, {
      ...nobody,
      authenticate: (principal: Principal) => void entered.push(principal),
    } as Caller);
    const principal = entered[0];
    return { ...answer, guest: answer.guest as GuestGrant, who: { user: principal?.userId ?? "", role: "player" } satisfies Caller };
  };
  const share = async (lifeMs: number | null = null) => {
    const versionId = await rig.publish(fork);
    return { versionId, ...(await rig.call("play.share", { of: { kind: "version", versionId }, lifeMs })) };
  };
  const verify = ({ accessToken }: GuestGrant) =>
    rig.run(
      Effect.flatMap(Auth, ({ authenticator }) => authenticator.verify(accessToken)).pipe(
        Effect.match({ onSuccess: ({ userId }) => userId, onFailure: ({ code }: CallError) => code }),
      ),
    );

  test("a guest plays what the link leads to, comes back as the same, and sees nothing of others", async () => {
    const { token, link, versionId } = await share();
    const { guest, who, ...opened } = await open(token);
    expect(opened).toEqual({ versionId, sceneId: link.sceneId, title: "A story", playthroughId: null });
    expect(await verify(guest)).toBe(guest.guestId);
    const play = await rig.call("play.start", { of: { kind: "link", link: token } }, who);
    const input = { type: "choose" as const, turn: 0, edge: "go" };
    expect((await rig.call("play.input", { id: play.id, branch: 0, input }, who)).refusal).toBeNull();
    expect(await rig.call("play.story", { id: play.id }, who)).toEqual({ versionId, story: fork, shareable: true });
    for (const call of ["play.start", "play.share"] as const) {
      expect(await refusalOf(rig.call(call, { of: { kind: "version", versionId } }, who))).toContain("not_found");
    }
    const other = await share();
    expect(await refusalOf(rig.call("play.start", { of: { kind: "link", link: other.token } }, who))).toContain("forbidden");

    expect((await open(token, guest.accessToken)).guest.guestId).toBe(guest.guestId);
    const [stranger, ofOther] = [await open(token, "eyJhbGciOiJub25lIn0.e30."), await open(other.token, guest.accessToken)];
    expect(new Set([guest, stranger.guest, ofOther.guest].map(({ guestId }) => guestId)).size).toBe(3);
    expect(await refusalOf(rig.call("play.get", { id: play.id }, stranger.who))).toContain("not_found");
    const shares = new Map((await rig.call("play.shares", {})).links.map(({ id, guests }) => [id, guests]));
    expect([shares.get(link.id), shares.get(other.link.id)]).toEqual([2, 1]);
    // The creator does not see into a guest's playthrough by its id either.
    expect(await refusalOf(rig.call("play.get", { id: play.id }))).toContain("not_found");
    await rig.sql(
      (sql) => sql`
        insert into play_session (id, owner_id, version_id, scene_id, title, turn, created_at, changed_at, rev)
        select ${who.user} || n, ${who.user}, 'v', 's', '', 1, n, n, 1 from generate_series(2, ${playQuotas.guest}::int) n`,
    );
    expect(await refusalOf(rig.call("play.start", { of: { kind: "link", link: token } }, who))).toContain("quota_exceeded");
  });

  test("who has nothing to come back to is forgotten, and nobody else", async () => {
    const [lasting, ending] = [await share(), await share(day)];
    const idle = await open(lasting.token);
    const seen = await open(lasting.token);
    const player = await open(lasting.token);
    const late = await open(ending.token);
    const begin = ({ who }: typeof idle, token: string) => rig.call("play.start", { of: { kind: "link", link: token } }, who);
    const [mine, theirs] = [await begin(player, lasting.token), await begin(late, ending.token)];
    const guestsLeft = async () => {
      const all = await rig.sql((sql) => sql<Array<{ id: string }>>`select id from play_guest`);
      return [idle, seen, player, late].map(({ who }) => all.some(({ id }) => id === who.user));
    };
    /** As it is so long later: the times of all that there is lie that much further back. */
    const sweepAfter = async (ms: number) => {
      await rig.sql((sql) => sql`update play_guest set seen_at = seen_at - ${ms}`);
      await rig.sql((sql) => sql`update play_link set expires_at = expires_at - ${ms}`);
      const now = await rig.run(Clock.currentTimeMillis);
      await rig.sql((sql) => dropIdleGuests(sql, now - 15 * day));
      await rig.sql((sql) => dropEndedLinks(sql, now - 90 * day));
      return guestsLeft();
    };
    expect(await sweepAfter(10 * day)).toEqual([true, true, true, true]);
    await open(lasting.token, seen.guest.accessToken);
    // Who came again may have a token that is good still.
    expect(await sweepAfter(6 * day)).toEqual([false, true, true, true]);
    expect((await open(lasting.token, idle.guest.accessToken)).guest.guestId).not.toBe(idle.guest.guestId);
    // Until then who has played may take it over, although the link has ended.
    expect(await sweepAfter(80 * day)).toEqual([false, false, true, false]);
    expect((await open(lasting.token, player.guest.accessToken)).guest.guestId).toBe(player.guest.guestId);
    expect((await rig.call("play.get", { id: mine.id }, player.who)).id).toBe(mine.id);
    // What was played counts for the author as before.
    expect((await rig.sql((sql) => playsOfVersion(sql, ending.versionId, 10))).map(({ id }) => id)).toEqual([theirs.id]);
  });

  test("a link that was withdrawn, has expired, or never was leads nowhere, and says why", async () => {
    const { token, link } = await share();
    const { guest, who } = await open(token);
    const ended: Array<string> = [];
    await rig.run(Effect.map(Auth, ({ authenticator }) => authenticator.onRevoked((id) => void ended.push(id))));
    expect(await refusalOf(rig.call("play.unshare", { id: link.id }, { user: "usr_eve" }))).toContain("not_found");
    await rig.call("play.unshare", { id: link.id });
    expect(ended).toEqual([guest.guestId]);
    expect(await verify(guest)).toBe("session_revoked");
    expect(await refusalOf(open(token, guest.accessToken))).toBe("not_found: This link was withdrawn by who gave it.");
    expect(await refusalOf(rig.call("play.start", { of: { kind: "link", link: token } }, who))).toContain("withdrawn");
    expect((await rig.call("play.shares", {})).links).toEqual([]);

    const short = await share(minute);
    const visitor = await open(short.token);
    await rig.wait(minute);
    expect(await verify(visitor.guest)).toBe("token_expired");
    expect(await refusalOf(open(short.token))).toBe("not_found: This link has expired: ask for a new one.");
    for (const none of ["x".repeat(43), token.slice(0, 20), "<b>"]) {
      expect(await refusalOf(open(none))).toBe(
        "not_found: There is no such link: it may have been copied in part, or have ended long ago.",
      );
    }
    const trashed = await share();
    await rig.sql((sql) => sql`update scene set deleted_at = 1 where id = ${trashed.link.sceneId}`);
    expect(await refusalOf(open(trashed.token))).toContain("was deleted");
  });

  test("who signs in later keeps what they played, once, and as nobody else", async () => {
    const { token, link } = await share();
    const { guest, who } = await open(token);
    const play = await rig.call("play.start", { of: { kind: "link", link: token } }, who);
    const grace = { user: `usr_grace_${users}` };
    await rig.sql(
      (sql) => sql`insert into play_achievement (owner_id, scene_id, name, at) values (${guest.guestId}, ${play.sceneId}, 'brave', 1)`,
    );
    expect(await refusalOf(rig.call("play.adopt", { guest: `${guest.accessToken}x` }, grace))).toContain("not_found");
    expect(await rig.call("play.adopt", { guest: guest.accessToken }, grace)).toEqual({ adopted: [play.id] });
    expect(await rig.call("play.adopt", { guest: guest.accessToken }, grace)).toEqual({ adopted: [] });
    expect(await refusalOf(rig.call("play.adopt", { guest: guest.accessToken }, { user: "usr_eve" }))).toContain("adopted by another");
    expect(await verify(guest)).toBe("session_revoked");
    expect(await refusalOf(rig.call("play.get", { id: play.id }, who))).toContain("not_found");
    expect((await rig.call("play.list", {}, grace)).playthroughs).toMatchObject([{ id: play.id }]);
    expect((await rig.call("play.achievements", { id: play.id }, grace)).achieved).toEqual([{ name: "brave", at: 1 }]);
    expect(await rig.call("play.story", { id: play.id }, grace)).toMatchObject({ story: fork, shareable: true });
    // What is theirs is the playthrough: the story stays its creator's to withdraw, and not theirs to give on.
    expect(await refusalOf(rig.call("play.share", { of: { kind: "version", versionId: play.versionId } }, grace))).toContain("not_found");
    await rig.call("play.unshare", { id: link.id });
    expect(await refusalOf(rig.call("play.story", { id: play.id }, grace))).toContain("withdrawn");
    expect((await rig.call("play.get", { id: play.id }, grace)).id).toBe(play.id);
    // Somebody with an account plays by a link as themselves.
    const next = await share();
    expect((await rig.call("play.open", { link: next.token }, { ...grace, ip: "10.2.0.1" })).guest).toBeNull();
    expect((await rig.call("play.start", { of: { kind: "link", link: next.token } }, grace)).versionId).toBe(next.versionId);
  });

  test("who came to follow sees one playthrough as it goes on, and changes nothing", async () => {
    const versionId = await rig.publish(fork);
    const [play, secret] = [
      await rig.call("play.start", { of: { kind: "version", versionId } }),
      await rig.call("play.start", { of: { kind: "version", versionId } }),
    ];
    const { token } = await rig.call("play.share", { of: { kind: "playthrough", id: play.id } });
    const { who, playthroughId } = await open(token);
    expect(playthroughId).toBe(play.id);
    const told = await rig.follow(play.id, who);
    const input = { type: "choose" as const, turn: 0, edge: "go" };
    const refused = [
      rig.call("play.input", { id: play.id, branch: 0, input }, who),
      rig.call("play.settings", { id: play.id, timers: "off" }, who),
      rig.call("play.rewind", { id: play.id, place: 0 }, who),
      rig.call("play.delete", { ids: [play.id] }, who),
      rig.call("play.get", { id: secret.id }, who),
      rig.follow(secret.id, who),
    ];
    for (const refusal of await Promise.all(refused.map(refusalOf))) expect(refusal).toMatch(/^not_found/);
    expect(await refusalOf(rig.call("play.start", { of: { kind: "link", link: token } }, who))).toContain("for following");
    const { playthrough } = await rig.call("play.input", { id: play.id, branch: 0, input });
    expect(told.at(-1)).toMatchObject({ type: "delta", json: JSON.stringify([playthrough]) });
    expect(await rig.call("play.story", { id: play.id }, who)).toMatchObject({ story: fork, shareable: false });
  });

  test("who plays by a link lets others follow, no longer than it is good, also after they have an account", async () => {
    const { token, link, versionId } = await share(day);
    const { guest, who } = await open(token);
    const play = await rig.call("play.start", { of: { kind: "link", link: token } }, who);
    const of = { kind: "playthrough" as const, id: play.id };
    expect(await refusalOf(rig.call("play.share", { of }))).toMatch(/^not_found/);
    const first = await rig.call("play.share", { of, lifeMs: 7 * day }, who);
    expect(first.link).toMatchObject({ playthroughId: play.id, versionId, expiresAt: link.expiresAt });
    const short = await rig.call("play.share", { of, lifeMs: minute }, who);
    expect(short.link.expiresAt).toBeLessThan(link.expiresAt!);
    const follower = await open(first.token);
    expect(follower.playthroughId).toBe(play.id);
    const told = await rig.follow(play.id, follower.who);
    const { playthrough } = await rig.call("play.input", { id: play.id, branch: 0, input: { type: "choose", turn: 0, edge: "go" } }, who);
    expect(told.at(-1)).toMatchObject({ type: "delta", json: JSON.stringify([playthrough]) });
    expect(await rig.call("play.story", { id: play.id }, follower.who)).toMatchObject({ story: fork, shareable: false });
    // Who follows gives it on to nobody, and the author is not told who watches whom.
    expect(await refusalOf(rig.call("play.share", { of }, follower.who))).toMatch(/^not_found/);
    expect(await refusalOf(rig.call("play.unshare", { id: first.link.id }))).toMatch(/^not_found/);
    expect((await rig.call("play.shares", {})).links.map(({ id }) => id)).toEqual([link.id]);
    await rig.call("play.unshare", { id: short.link.id }, who);
    expect((await rig.call("play.shares", {}, who)).links.map(({ id }) => id)).toEqual([first.link.id]);
    await Promise.all(Array.from({ length: linkQuotas.guestLinks - 1 }, () => rig.call("play.share", { of }, who)));
    expect(await refusalOf(rig.call("play.share", { of }, who))).toMatch(/^quota_exceeded: You have given 10 links/);

    const grace = { user: `usr_grace_${users}` };
    await rig.call("play.adopt", { guest: guest.accessToken }, grace);
    expect((await rig.call("play.shares", {}, grace)).links.map(({ id }) => id)).toContain(first.link.id);
    expect((await rig.call("play.get", { id: play.id }, follower.who)).id).toBe(play.id);
    await rig.call("play.share", { of }, grace);

    // With the author's link all of them end, and their guests with them.
    const ended: Array<string> = [];
    await rig.run(Effect.map(Auth, ({ authenticator }) => authenticator.onRevoked((id) => void ended.push(id))));
    await rig.call("play.unshare", { id: link.id });
    expect(ended.toSorted()).toEqual([guest.guestId, follower.guest.guestId].toSorted());
    expect(await refusalOf(open(first.token))).toContain("withdrawn");
    expect(await refusalOf(rig.call("play.get", { id: play.id }, follower.who))).toMatch(/^not_found/);
    expect((await rig.call("play.shares", {}, grace)).links).toEqual([]);
    expect(await refusalOf(rig.call("play.share", { of }, grace))).toContain("withdrawn");
  });

  test("a guest makes so many links in a day, also where they withdraw each", async () => {
    const { token } = await share();
    const { who } = await open(token);
    const play = await rig.call("play.start", { of: { kind: "link", link: token } }, who);
    const make = () => rig.call("play.share", { of: { kind: "playthrough", id: play.id } }, who);
    await make();
    for (let count = 1; count < linkQuotas.guestLinksOfDay; count++) await rig.call("play.unshare", { id: (await make()).link.id }, who);
    expect(await refusalOf(make())).toBe(
      "quota_exceeded: You have made 30 links within a day, which is the most without an account: make the next one tomorrow.",
    );
    await expect(make()).rejects.toMatchObject({ details: { quota: "linksOfDay", limit: linkQuotas.guestLinksOfDay } });
    // A day later: they are that much older.
    await rig.sql((sql) => sql`update play_link set created_at = created_at - ${day} where owner_id = ${who.user}`);
    await make();
  });

  test("a link that has ended is forgotten in time, whoever gave it, with those that were given by it; who plays by it is told so", async () => {
    const [short, good, withdrawn] = [await share(minute), await share(), await share()];
    const { who } = await open(withdrawn.token);
    const play = await rig.call("play.start", { of: { kind: "link", link: withdrawn.token } }, who);
    const of = { kind: "playthrough" as const, id: play.id };
    const [given, taken] = [await rig.call("play.share", { of }, who), await rig.call("play.share", { of }, who)];
    const all = [short, good, withdrawn, given, taken].map(({ link }) => link.id);
    const left = async (before: number) => {
      await rig.sql((sql) => dropEndedLinks(sql, before));
      const rows = await rig.sql((sql) => sql<Array<{ id: string }>>`select id from play_link`);
      return all.map((id) => rows.some((row) => row.id === id));
    };
    await rig.call("play.unshare", { id: taken.link.id }, who);
    await rig.wait(minute);
    const now = await rig.run(Clock.currentTimeMillis);
    expect(await left(now - minute)).toEqual([true, true, true, true, true]);
    expect(await left(now + 1)).toEqual([false, true, true, true, false]);
    await rig.call("play.unshare", { id: withdrawn.link.id });
    const later = await rig.run(Clock.currentTimeMillis);
    expect(await left(later)).toEqual([false, true, true, true, false]);
    expect(await refusalOf(open(withdrawn.token))).toContain("withdrawn");
    expect(await left(later + 1)).toEqual([false, true, false, false, false]);
    expect(await refusalOf(open(withdrawn.token))).toContain("have ended long ago");
    expect(await refusalOf(rig.call("play.story", { id: play.id }, who))).toBe(
      "not_found: The link by which this was begun ended long ago.",
    );
    expect((await rig.sql((sql) => playsOfVersion(sql, withdrawn.versionId, 10))).map(({ id }) => id)).toEqual([play.id]);
  });

  test("what was played by a link is played again by it, by its guest and by who adopted it, as long as it leads there", async () => {
    const versionId = await rig.publish(
      storyOf([
        "named",
        {
          parameters: [
            { name: "age", type: { kind: "number" } },
            { name: "size", type: { kind: "string", initial: "small", values: ["small", "tall"] } },
            { name: "animal", type: { kind: "string" } },
          ],
          start: "path",
          nodes: [{ id: "path", type: "choice" }],
          edges: [choice("on", "path", "path")],
        },
      ]),
    );
    const { link, token } = await rig.call("play.share", { of: { kind: "version", versionId } });
    const { guest, who } = await open(token);
    const again = (id: string, by: Caller, parameters = {}) => rig.call("play.start", { of: { kind: "playthrough", id }, parameters }, by);
    const ageOf = ({ state }: Playthrough) => state.frames[0]!.locals["age"];
    const first = await rig.call("play.start", { of: { kind: "link", link: token }, parameters: { age: 7 } }, who);
    const second = await again(first.id, who);
    expect(second.id).not.toBe(first.id);
    expect([second.versionId, ageOf(first), ageOf(second), ageOf(await again(first.id, who, { age: 8 }))]).toEqual([versionId, 7, 7, 8]);
    // What is another's cannot be begun again either, also by who made the story.
    expect(await refusalOf(again(first.id, {}))).toMatch(/^not_found/);
    // They choose, and add no words of their own: those would be told to providers in the author's name.
    const parameters = { age: 7, size: "tall", animal: "a fox" };
    const worded = await rig.call("play.start", { of: { kind: "link", link: token }, parameters }, who);
    const localsOf = ({ state }: Playthrough) => state.frames[0]!.locals;
    for (const play of [worded, await again(first.id, who, parameters)]) expect(localsOf(play)).toEqual({ age: 7, size: "tall" });
    const own = await rig.call("play.start", { of: { kind: "version", versionId }, parameters });
    expect(localsOf(own)).toEqual(parameters);
    expect((await again(own.id, {})).versionId).toBe(versionId);

    const grace = { user: `usr_grace_${users}` };
    await rig.call("play.adopt", { guest: guest.accessToken }, grace);
    const third = await again(first.id, grace);
    expect((await rig.call("play.story", { id: third.id }, grace)).versionId).toBe(versionId);
    await rig.call("play.unshare", { id: link.id });
    expect(await refusalOf(again(first.id, grace))).toBe("not_found: This link was withdrawn by who gave it.");
  });

  test("what stayed with a guest who was adopted is given to who they have become, and nothing else is", async () => {
    const { token } = await share();
    const [adopted, other] = [await open(token), await open(token)];
    const of = { kind: "link", link: token } as const;
    const [left, theirs] = [await rig.call("play.start", { of }, adopted.who), await rig.call("play.start", { of }, other.who)];
    await rig.sql((sql) => sql`update play_guest set adopted_by = 'usr_heir' where id = ${adopted.guest.guestId}`);
    const heir = { user: "usr_heir" };
    expect((await rig.call("play.list", {}, heir)).playthroughs).toEqual([]);
    const given = () =>
      vi.waitFor(async () => expect((await rig.call("play.list", {}, heir)).playthroughs.map(({ id }) => id)).toEqual([left.id]));
    const begun = Layer.build(Layer.provide(playAdoption, singleProcess));
    await rig.run(Effect.scoped(Effect.andThen(begun, Effect.promise(given))));
    expect((await rig.call("play.get", { id: left.id }, heir)).id).toBe(left.id);
    expect((await rig.call("play.get", { id: theirs.id }, other.who)).id).toBe(theirs.id);
    const { rev } = await rig.call("play.get", { id: left.id }, heir);
    await rig.run(adoptLeft);
    expect((await rig.call("play.get", { id: left.id }, heir)).rev).toBe(rev);
  });

  test("who was adopted a moment ago begins nothing that nobody would have", async () => {
    const { token } = await share();
    const { guest, who } = await open(token);
    const play = await rig.call("play.start", { of: { kind: "link", link: token } }, who);
    await rig.sql((sql) => sql`update play_guest set adopted_by = 'usr_grace' where id = ${guest.guestId}`);
    const of = { kind: "playthrough" as const, id: play.id };
    for (const call of ["play.start", "play.share"] as const) {
      expect(await refusalOf(rig.call(call, { of }, who))).toBe("not_found: This guest is gone: they have an account now.");
    }
  });

  test("links are not tried out: from one address so many are opened in a minute, and there is room for so many links and guests", async () => {
    const { token, link, versionId } = await share();
    const from = { principal: null, ip: "10.9.9.9", authenticate: () => {} } as Caller;
    const tries = await Promise.all(Array.from({ length: 40 }, () => refusalOf(rig.call("play.open", { link: "y".repeat(43) }, from))));
    expect(tries.filter((why) => why.startsWith("rate_limited"))).toHaveLength(10);
    expect(await refusalOf(rig.call("play.open", { link: token }, from))).toContain("rate_limited");
    await rig.sql(
      (sql) => sql`
        insert into play_guest (id, link_id, created_at)
        select ${link.id} || n, ${link.id}, n from generate_series(1, ${linkQuotas.guests}::int) n`,
    );
    expect(await refusalOf(open(token))).toContain("quota_exceeded");
    await rig.sql(
      (sql) => sql`
        insert into play_link (id, token_hash, owner_id, version_id, created_at)
        select 'many_' || ${rig.user} || n, 'many' || ${rig.user} || n, ${rig.user}, ${versionId}, n
        from generate_series(2, ${linkQuotas.links}::int) n`,
    );
    expect(await refusalOf(rig.call("play.share", { of: { kind: "version", versionId } }))).toContain("quota_exceeded");
  });
});

describe("links, of two things at once", () => {
  const rig = new PlayRig(testDatabases.find(({ engine }) => engine === "postgres")!.layer);
  beforeAll(() => rig.start());
  afterAll(() => rig.close());

  const transaction = <T>(run: (tx: Tx) => Promise<T>): Promise<T> =>
    rig.run(Effect.flatMap(Database, (database) => database.transaction(run)));
  /** Resolves when a statement waits for another transaction. */
  const someoneWaits = async (): Promise<void> => {
    const waiting = () =>
      rig.sql(
        (sql) =>
          sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()`,
      );
    while ((await waiting()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  /** A transaction that has come so far, and ends with the rest when it is let. */
  const heldOpen = async (begin: (tx: Tx) => Promise<unknown>, rest: (tx: Tx) => Promise<unknown> = async () => {}) => {
    const { promise: end, resolve: mayEnd } = Promise.withResolvers<void>();
    const { promise: held, resolve: isHeld } = Promise.withResolvers<void>();
    const whole = transaction(async (tx) => {
      await begin(tx);
      isHeld();
      await end;
      await rest(tx);
    });
    await held;
    return { end: (): Promise<unknown> => (mayEnd(), whole) };
  };

  const given = async (id: string) => {
    const versionId = await rig.publish(fork);
    const { link, token } = await rig.call("play.share", { of: { kind: "version", versionId } });
    const made = {
      id,
      token_hash: id,
      owner_id: "gst_1",
      version_id: versionId,
      session_id: "ply_1",
      created_at: 1,
      expires_at: null,
      via: link.id,
    };
    return { link, token, made };
  };

  test("one that is withdrawn takes those with it that were made by it first", async () => {
    const { link, made } = await given("lnk_first");
    const making = await heldOpen(
      (tx) => holdPlayLink(tx, link.id),
      (tx) => insertPlayLink(tx, made),
    );
    const withdrawing = rig.call("play.unshare", { id: link.id });
    await someoneWaits();
    await Promise.all([making.end(), withdrawing]);
    const left = await rig.sql((sql) => sql`select id from play_link where revoked_at is null and ${link.id} in (id, via)`);
    expect(left).toEqual([]);
  });

  test("one that was withdrawn first keeps others from being made by it", async () => {
    const { link, token } = await given("lnk_second");
    const grace = { user: "usr_grace" };
    const play = await rig.call("play.start", { of: { kind: "link", link: token } }, grace);
    const withdrawing = await heldOpen(
      (tx) => lockPlayLink(tx, rig.user, link.id),
      (tx) => revokePlayLink(tx, link.id, 1),
    );
    const making = refusalOf(rig.call("play.share", { of: { kind: "playthrough", id: play.id } }, grace));
    await someoneWaits();
    await withdrawing.end();
    expect(await making).toBe("not_found: This link was withdrawn by who gave it.");
  });

  const guestOf = async (token: string, user: string) => {
    const entered: Array<Principal> = [];
    const nobody = { principal: null, ip: "10.3.0.1", authenticate: (principal: Principal) => void entered.push(principal) };
    const { guest } = await rig.call("play.open", { link: token }, nobody as Caller);
    const adopt = () => rig.call("play.adopt", { guest: guest!.accessToken }, { user });
    return { id: entered[0]!.userId, who: { user: entered[0]!.userId, role: "player" } satisfies Caller, adopt };
  };

  test("one that a guest makes while they are adopted is the adopter's", async () => {
    const { token, made } = await given("lnk_third");
    const guest = await guestOf(token, "usr_ada");
    const making = await heldOpen(
      (tx) => lockPlayLinks(tx, guest.id),
      (tx) => insertPlayLink(tx, { ...made, owner_id: guest.id }),
    );
    const adopting = guest.adopt();
    await someoneWaits();
    await Promise.all([making.end(), adopting]);
    expect((await rig.call("play.shares", {}, { user: "usr_ada" })).links.map(({ id }) => id)).toEqual(["lnk_third"]);
  });

  test("what a guest begins while they are adopted is the adopter's", async () => {
    const { token } = await given("lnk_fourth");
    const guest = await guestOf(token, "usr_eve");
    const holding = await heldOpen((tx) => tx`lock table actor in share mode`);
    const beginning = rig.call("play.start", { of: { kind: "link", link: token } }, guest.who);
    await someoneWaits();
    expect(await guest.adopt()).toEqual({ adopted: [] });
    await holding.end();
    const { id } = await beginning;
    expect((await rig.call("play.get", { id }, { user: "usr_eve" })).id).toBe(id);
    expect(await refusalOf(rig.call("play.get", { id }, guest.who))).toMatch(/^not_found/);
  });
});
