// A playthrough on PixSim's server: inputs take effect here at once and are sent; what the server says is followed. Goes on where it was,
// from any device.
import * as z from "zod";
import type { Client } from "#protocol/client/client.ts";
import { newKey } from "#protocol/client/key.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { CallInput } from "#protocol/contract.ts";
import type { ChoicePoint, PlaySave, PlaySwitch, Playthrough } from "#protocol/play.ts";
import { programOf } from "#protocol/scene/play/program.ts";
import { PlayerInput, type PlayInput } from "#protocol/scene/play/state.ts";
import { textIn } from "#protocol/scene/play/text.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { languagesOf } from "../player/languages.ts";
import { Problem } from "../words/catalogue.ts";
import { accept, type Ahead, aheadOf, hear, refuse, shownIn, takeInput } from "./ahead.ts";
import type { Keep } from "./local.ts";
import type { Earlier, Gone, Moment, PlayableMedia, PlayChange, PlaySource, Refusal, Spectators } from "./source.ts";

/** Switches that are reported together. */
const reportedTogether = 20;
/** Playthroughs of the story that are looked at, the newest, and told of those in which something was done. */
const earlierRead = 50;
const earlierTold = 8;

export interface RemoteOptions {
  readonly client: Client;
  readonly id: string;
  /** It is somebody else's, who is followed. */
  readonly watching: boolean;
  /** As in `PlaySource`. */
  readonly signIn: string | null;
  /** By which it came, and begins anew after it was deleted; null: none. */
  readonly link: string | null;
  /** Where inputs are kept until they are answered. */
  readonly keep: Keep;
  /** The page goes to another playthrough. */
  readonly goTo: (id: string) => void;
}

/** Rejects with CallError. */
export const remotePlay = async ({ client, id, watching, signIn, link, keep, goTo }: RemoteOptions): Promise<PlaySource> => {
  const [begun, { story, versionId, shareable }] = await Promise.all([client.call("play.get", { id }), client.call("play.story", { id })]);
  const listeners = new Set<(change: PlayChange) => void>();
  let { branch, timers } = begun;
  /** From what another one begins where this one is not there any more. */
  const anew: CallInput<"play.start">["of"] = link === null ? { kind: "version", versionId } : { kind: "link", link };
  const achievable = (programOf(story).entry?.body.achievements.length ?? 0) > 0;
  const languages = languagesOf(story);
  const kept = `pixsim.inputs.${id}`;
  let ahead: Ahead = aheadOf(story, { revision: begun.rev, state: begun.state });
  /** Of inputs that were not answered, by number. */
  const orders = new Map<number, Order>();
  let closed = false;
  let gone: Gone | null = null;
  let choices: ReadonlyArray<ChoicePoint> = [];
  let saves: ReadonlyArray<PlaySave> = [];
  let earned: ReadonlySet<string> = new Set();
  let earlier: ReadonlyArray<Earlier> = [];
  let switches: Array<PlaySwitch> = [];

  const tell = (change: PlayChange): void => {
    for (const listener of listeners) listener(change);
  };
  /** What the server has not answered is kept, so that a page which is loaded again while it is away says it once more. */
  const keepPending = (): void => {
    if (watching) return;
    try {
      if (gone === "deleted" || ahead.pending.length === 0) keep.removeItem(kept);
      else keep.setItem(kept, JSON.stringify(ahead.pending.map(({ id: number, input }) => ({ ...orders.get(number), input }))));
    } catch {
      // Full, or not allowed: it is lost with the page only.
    }
  };
  const follow = (next: { readonly ahead: Ahead; readonly change: PlayChange | null }): void => {
    ahead = next.ahead;
    for (const number of orders.keys()) if (!ahead.pending.some(({ id: one }) => one === number)) orders.delete(number);
    keepPending();
    if (next.change !== null) tell(next.change);
  };
  /** For good: no input is sent after it. What was chosen since has nowhere to go where it was deleted, and is kept where it was cut off. */
  const goneNow = (how: Gone): void => {
    if (closed || gone !== null) return;
    gone = how;
    keepPending();
    tell({ state: shownIn(ahead), outputs: [], jumped: false });
  };
  const told = (playthrough: Playthrough): void => {
    if (playthrough.rev < ahead.told.revision) return;
    branch = playthrough.branch;
    const news = Object.keys(playthrough.state.achieved ?? {}).some((name) => !earned.has(name));
    follow(hear(ahead, { revision: playthrough.rev, state: playthrough.state }));
    if (news) readEarned();
  };
  const readHistory = (): void => {
    if (watching) return;
    client.call("play.history", { id }).then(
      (history) => {
        ({ choices, saves } = history);
        tell({ state: shownIn(ahead), outputs: [], jumped: false });
      },
      // Asked for again with the next change.
      () => {},
    );
  };
  /** The server finds what was achieved by itself, and keeps it for all playthroughs. */
  const readEarned = (): void => {
    if (watching || !achievable) return;
    client.call("play.achievements", { id }).then(
      ({ achieved }) => {
        earned = new Set([...earned, ...achieved.map(({ name }) => name)]);
        tell({ state: shownIn(ahead), outputs: [], jumped: false });
      },
      // Asked for again with the next one, and by the next page.
      () => {},
    );
  };
  const readEarlier = (): void => {
    if (watching) return;
    client.call("play.list", { sceneId: begun.sceneId, limit: earlierRead }).then(
      ({ playthroughs }) => {
        const begunOnes = playthroughs.filter((one) => one.id !== id && (one.turn > 0 || one.ending !== null));
        const known = earlier;
        earlier = begunOnes
          .map(({ id: other, ending, turn, changedAt: at }) => ({ id: other, ending, turn, at }))
          .toSorted((a, b) => b.at - a.at)
          .slice(0, earlierTold)
          // What is shown of one that has not changed stays as it is.
          .map((one) => known.find((old) => sameEarlier(old, one)) ?? one);
        tell({ state: shownIn(ahead), outputs: [], jumped: false });
      },
      // They are there the next time.
      () => {},
    );
  };
  const forget = (other: string): void => {
    earlier = earlier.filter((one) => one.id !== other);
    tell({ state: shownIn(ahead), outputs: [], jumped: false });
    // Older ones come up.
    readEarlier();
  };
  /** Sends what the server has not answered, one after the other: what was built on a refused one is not said. */
  const send = async (): Promise<void> => {
    for (let next = unsaid(); next !== undefined && !closed && gone === null; next = unsaid()) {
      const { id: number, input } = next;
      const order = orders.get(number)!;
      try {
        const { refusal, playthrough } = await client.call("play.input", { id, input: input as PlayerInput, ...order });
        follow(refusal === null ? accept(ahead, number, playthrough.rev) : refuse(ahead, number));
        told(playthrough);
        if (input.type === "choose") readHistory();
      } catch (error) {
        if (closed || !(error instanceof CallError)) return;
        const end = endOf(error);
        if (end !== null) return goneNow(end);
        if (error.retryable) await pause();
        else follow(refuse(ahead, number));
      }
    }
  };
  /** The first that the server has said nothing about. */
  const unsaid = () => ahead.pending.find(({ revision }) => revision === null);
  let sending: Promise<void> | null = null;
  const sendAll = (): void => {
    sending ??= send().finally(() => {
      sending = null;
    });
  };
  const rewind = async (place: number): Promise<void> => {
    told(await client.call("play.rewind", { id, place }));
    readHistory();
  };
  const saved = (answer: { readonly saves: ReadonlyArray<PlaySave> }): void => {
    ({ saves } = answer);
    tell({ state: shownIn(ahead), outputs: [], jumped: false });
  };
  const unfollow = client.follow(
    "play.playthrough",
    { id },
    {
      snapshot: told,
      deltas: (all) => {
        const newest = all.at(-1);
        if (newest !== undefined) told(newest);
      },
      error: (error) => {
        const end = endOf(error);
        if (end !== null) goneNow(end);
      },
    },
  );
  const unheed = client.onPhase(({ name }) => name === "stopped" && goneNow("cutOff"));
  readHistory();
  readEarned();
  readEarlier();

  const report = (): void => {
    if (switches.length === 0 || watching || gone !== null) return;
    const some = switches;
    switches = [];
    // A figure that is lost is not missed.
    client.call("play.report", { id, switches: some }).catch(() => {});
  };
  addEventListener("pagehide", report);

  const take = (input: PlayInput, order: Order = { branch, token: newToken() }): Refusal | null => {
    if (watching || gone !== null) return null;
    const mine = PlayerInput.safeParse(input);
    // Time runs out, and results come, on the server.
    if (!mine.success) return null;
    const taken = takeInput(ahead, mine.data);
    if (!taken.ok) return taken.refusal;
    ({ ahead } = taken);
    orders.set(taken.id, order);
    keepPending();
    sendAll();
    tell({ state: shownIn(ahead), outputs: taken.outputs, jumped: false });
    return null;
  };
  // Those that were taken after all are refused here, by their turn; those of before a rewind are not meant any more.
  for (const { input, ...order } of keptInputs(keep, kept)) if (order.branch === branch) take(input, order);

  return {
    story,
    title: begun.title,
    watching,
    signIn,
    spectators: shareable ? spectatorsOf(client, id) : null,
    gone: () => gone,
    state: () => shownIn(ahead),
    take: (input) => take(input),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: () => choices.map((point): Moment => ({ inputs: point.place, chosen: chosenTexts(story, languages, point) })),
    rewind,
    restart: async () => {
      try {
        const fresh = await client.call("play.start", {
          of: gone === "deleted" ? anew : { kind: "playthrough", id },
          language: begun.language,
          timers: begun.timers,
        });
        goTo(fresh.id);
      } catch (error) {
        if (gone === "deleted" || !(error instanceof CallError && error.code === "quota_exceeded")) throw error;
        // There is no room for another one: this one begins anew.
        await rewind(0);
      }
    },
    earned: () => earned,
    saves: () => saves,
    save: async (name) => {
      // What is shown is kept, not where the server still is.
      await sending;
      if (unsaid() !== undefined) throw new Problem(({ unheard }) => unheard);
      saved(await client.call("play.save", { id, name }));
    },
    load: async (save) => {
      const place = saves.find((one) => one.id === save)?.place;
      if (place === undefined) throw new Problem(({ notSaved }) => notSaved);
      await rewind(place);
    },
    dropSave: async (saveId) => saved(await client.call("play.dropSave", { id, saveId })),
    earlier: () => earlier,
    resume: async (other) => {
      try {
        await client.call("play.get", { id: other });
      } catch (error) {
        if (!isGone(error)) throw error;
        forget(other);
        throw new Problem(({ deletedMeanwhile }) => deletedMeanwhile, { cause: error });
      }
      goTo(other);
    },
    dropEarlier: async (other) => {
      try {
        await client.call("play.delete", { ids: [other] });
      } catch (error) {
        // It was deleted elsewhere, or by a try whose answer was lost.
        if (!isGone(error)) throw error;
      }
      forget(other);
    },
    media: async (assetIds) => {
      const { media } = await client.call("play.media", { id, assets: [...assetIds] });
      return new Map(
        media.map((one): readonly [string, PlayableMedia] => [
          one.assetId,
          {
            picture: one.video ?? one.whole,
            audio: one.audio,
            durationMs: one.durationMs ?? 0,
            stills: { start: one.firstFrame ?? one.poster, end: one.lastFrame ?? one.poster },
          },
        ]),
      );
    },
    report: (one) => {
      switches.push({ ...one, at: Date.now() });
      if (switches.length >= reportedTogether) report();
    },
    stretch: (stretch) => {
      const wanted = stretch === null ? "off" : stretch > 1 ? "stretched" : "normal";
      if (wanted === timers || watching) return;
      timers = wanted;
      client.call("play.settings", { id, timers: wanted }).then(told, () => {});
    },
    close: () => {
      closed = true;
      report();
      removeEventListener("pagehide", report);
      unfollow();
      unheed();
      listeners.clear();
    },
  };
};

/** How long a link to follow is good, ms. */
const followedMs = 86_400_000;

const spectatorsOf = (client: Client, id: string): Spectators => ({
  links: async () => {
    const { links } = await client.call("play.shares", {});
    return links.filter(({ playthroughId, expiresAt }) => playthroughId === id && (expiresAt === null || expiresAt > Date.now()));
  },
  invite: async () => {
    const { link, token } = await client.call("play.share", { of: { kind: "playthrough", id }, lifeMs: followedMs }, { key: newKey() });
    return { id: link.id, address: new URL(`#link=${encodeURIComponent(token)}`, location.href).href };
  },
  withdraw: async (link) => {
    try {
      await client.call("play.unshare", { id: link }, { key: newKey() });
    } catch (error) {
      // It was withdrawn elsewhere, or by a try whose answer was lost.
      if (!isGone(error)) throw error;
    }
  },
});

/** How an input is sent, however often. */
const Order = z.object({ branch: z.int(), token: z.string() });
type Order = z.infer<typeof Order>;
const KeptInputs = z.array(Order.extend({ input: PlayerInput }));

const isGone = (error: unknown): boolean => error instanceof CallError && error.code === "not_found";
const sameEarlier = (a: Earlier, b: Earlier): boolean => a.id === b.id && a.turn === b.turn && a.ending === b.ending && a.at === b.at;
const signedOut: ReadonlySet<CallError["code"]> = new Set(["unauthenticated", "session_revoked", "token_expired"]);
/** How it is not gone on with here after this. Null: it is. What was not heard where nobody is known any more is said by the next page. */
const endOf = (error: CallError): Gone | null => (isGone(error) ? "deleted" : signedOut.has(error.code) ? "cutOff" : null);
/** Between two tries to say the same, ms. */
const againAfterMs = 1000;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, againAfterMs));

const keptInputs = (keep: Keep, name: string): z.infer<typeof KeptInputs> => {
  try {
    return KeptInputs.safeParse(JSON.parse(keep.getItem(name) ?? "[]")).data ?? [];
  } catch {
    return [];
  }
};

/** Also where the page is not served securely. */
const newToken = (): string => `inp_${crypto.getRandomValues(new Uint32Array(4)).join("")}`;

const chosenTexts = (
  story: Story,
  languages: ReadonlyArray<string>,
  { scene: sceneId, node, edge: edgeId }: ChoicePoint,
): Moment["chosen"] => {
  const scene = programOf(story).scenes.get(sceneId);
  const edge = scene?.ways.get(node)?.choices.find(({ id }) => id === edgeId);
  if (scene === undefined || edge === undefined) return {};
  return Object.fromEntries(languages.map((language) => [language, textIn(edge.text, language, scene.body.language)]));
};
