// A playthrough on PixSim's server: inputs take effect here at once and are sent; what the server says is followed. Goes on where it was,
// from any device.
import * as z from "zod";
import type { Client } from "#protocol/client/client.ts";
import type { ChoicePoint, PlaySwitch, Playthrough } from "#protocol/play.ts";
import { programOf } from "#protocol/scene/play/program.ts";
import { PlayerInput, type PlayInput } from "#protocol/scene/play/state.ts";
import { textIn } from "#protocol/scene/play/text.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { accept, type Ahead, aheadOf, hear, refuse, shownIn, takeInput } from "./ahead.ts";
import type { Keep } from "./local.ts";
import type { Moment, PlayableMedia, PlayChange, PlaySource, Refusal } from "./source.ts";

/** Switches that are reported together. */
const reportedTogether = 20;

export interface RemoteOptions {
  readonly client: Client;
  readonly id: string;
  /** It is somebody else's, who is followed. */
  readonly watching: boolean;
  readonly language: string;
  /** Where inputs are kept until they are answered. */
  readonly keep: Keep;
  /** A new playthrough was begun: the page goes there. */
  readonly restarted: (id: string) => void;
}

/** Rejects with CallError. */
export const remotePlay = async ({ client, id, watching, language, keep, restarted }: RemoteOptions): Promise<PlaySource> => {
  const [begun, { story }] = await Promise.all([client.call("play.get", { id }), client.call("play.story", { id })]);
  const listeners = new Set<(change: PlayChange) => void>();
  let { branch, timers } = begun;
  const kept = `pixsim.inputs.${id}`;
  let ahead: Ahead = aheadOf(story, { revision: begun.rev, state: begun.state });
  let choices: ReadonlyArray<ChoicePoint> = [];
  let switches: Array<PlaySwitch> = [];

  const tell = (change: PlayChange): void => {
    for (const listener of listeners) listener(change);
  };
  /** What the server has not answered is kept, so that a page which is loaded again while it is away says it once more. */
  const keepPending = (): void => {
    try {
      if (ahead.pending.length === 0) keep.removeItem(kept);
      else keep.setItem(kept, JSON.stringify(ahead.pending.map(({ input }) => input)));
    } catch {
      // Full, or not allowed: it is lost with the page only.
    }
  };
  const follow = (next: { readonly ahead: Ahead; readonly change: PlayChange | null }): void => {
    ahead = next.ahead;
    keepPending();
    if (next.change !== null) tell(next.change);
  };
  const told = (playthrough: Playthrough): void => {
    if (playthrough.rev < ahead.told.revision) return;
    branch = playthrough.branch;
    follow(hear(ahead, { revision: playthrough.rev, state: playthrough.state }));
  };
  const readHistory = (): void => {
    if (watching) return;
    client.call("play.history", { id }).then(
      (history) => {
        choices = history.choices;
        tell({ state: shownIn(ahead), outputs: [], jumped: false });
      },
      // Asked for again with the next change.
      () => {},
    );
  };
  const send = (number: number, input: PlayerInput): void => {
    client.call("play.input", { id, branch, input, token: newToken() }).then(
      ({ refusal, playthrough }) => {
        follow(refusal === null ? accept(ahead, number, playthrough.rev) : refuse(ahead, number));
        told(playthrough);
        if (input.type === "choose") readHistory();
      },
      () => follow(refuse(ahead, number)),
    );
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
    },
  );
  readHistory();

  const report = (): void => {
    if (switches.length === 0 || watching) return;
    const some = switches;
    switches = [];
    // A figure that is lost is not missed.
    client.call("play.report", { id, switches: some }).catch(() => {});
  };
  addEventListener("pagehide", report);

  const take = (input: PlayInput): Refusal | null => {
    if (watching) return null;
    const mine = PlayerInput.safeParse(input);
    // Time runs out, and results come, on the server.
    if (!mine.success) return null;
    const taken = takeInput(ahead, mine.data);
    if (!taken.ok) return taken.refusal;
    ({ ahead } = taken);
    keepPending();
    send(taken.id, mine.data);
    tell({ state: shownIn(ahead), outputs: taken.outputs, jumped: false });
    return null;
  };
  // Those that were taken after all are refused here, by their turn.
  for (const input of keptInputs(keep, kept)) take(input);

  return {
    story,
    title: begun.title,
    watching,
    state: () => shownIn(ahead),
    take,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: () => choices.map((point): Moment => ({ inputs: point.place, chosen: chosenText(story, point, language) })),
    rewind: (place) => void client.call("play.rewind", { id, place }).then(told, () => {}),
    restart: () => {
      const version = { kind: "version", versionId: begun.versionId } as const;
      client.call("play.start", { of: version, language: begun.language, timers: begun.timers }).then(
        (fresh) => restarted(fresh.id),
        () => {},
      );
    },
    media: async (assetIds) => {
      const { media } = await client.call("play.media", { id, assets: [...assetIds] });
      return new Map(
        media.flatMap((one): ReadonlyArray<readonly [string, PlayableMedia]> =>
          one.mediaType === "image"
            ? []
            : [
                [
                  one.assetId,
                  { video: one.video ?? one.whole, audio: one.audio, durationMs: one.durationMs ?? 0, bytes: null, poster: one.poster },
                ],
              ],
        ),
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
      report();
      removeEventListener("pagehide", report);
      unfollow();
      listeners.clear();
    },
  };
};

const keptInputs = (keep: Keep, name: string): ReadonlyArray<PlayerInput> => {
  try {
    return z.array(PlayerInput).safeParse(JSON.parse(keep.getItem(name) ?? "[]")).data ?? [];
  } catch {
    return [];
  }
};

/** Also where the page is not served securely. */
const newToken = (): string => `inp_${crypto.getRandomValues(new Uint32Array(4)).join("")}`;

const chosenText = (story: Story, { scene: sceneId, node, edge: edgeId }: ChoicePoint, language: string): string => {
  const scene = programOf(story).scenes.get(sceneId);
  const edge = scene?.ways.get(node)?.choices.find(({ id }) => id === edgeId);
  return scene === undefined || edge === undefined ? "" : textIn(edge.text, language, scene.body.language);
};
