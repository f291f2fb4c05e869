// The stories that are played: those of published versions, which never change, kept as long as they are used. A story that is kept is one
// value, so what the evaluator makes of it is made once.
import { Context, Effect, Layer } from "effect";
import { storedStory } from "#actors/scene/view.ts";
import { Database } from "#db/client/database.ts";
import { playedStory } from "#db/queries/play.ts";
import { shownAssetsIn } from "#protocol/scene/file.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";

/** Characters of JSON that are kept in all; of more, those unused for longest go. */
const mostCharacters = 64 * 1024 * 1024;

export interface PlayedVersion {
  readonly ownerId: string;
  readonly story: Story;
  /** Ids of the assets that it shows. */
  readonly assets: ReadonlySet<string>;
  /** Titles of its generation nodes, by `scene/node`. */
  readonly generates: ReadonlyMap<string, string>;
}

interface Kept extends PlayedVersion {
  readonly characters: number;
}

const generatesIn = ({ scenes }: Story): ReadonlyMap<string, string> =>
  new Map(
    scenes.flatMap(({ id: scene, body }) =>
      body.nodes.flatMap(({ id, type, title }) => (type === "generation" ? [[`${scene}/${id}`, title === "" ? id : title] as const] : [])),
    ),
  );

export class Versions extends Context.Service<
  Versions,
  {
    /** Errors: not_found, unavailable. */
    readonly get: (versionId: string) => Effect.Effect<PlayedVersion, CallError>;
  }
>()("pixsim/actors/Versions") {
  static readonly layer: Layer.Layer<Versions, never, Database> = Layer.effect(
    Versions,
    Effect.map(Database, (database) => {
      /** Longest unused first. */
      const kept = new Map<string, Kept>();
      let characters = 0;

      const keep = (id: string, version: Kept): PlayedVersion => {
        const known = kept.get(id);
        // Read by two at once.
        if (known !== undefined) return known;
        kept.set(id, version);
        characters += version.characters;
        for (const [oldest, old] of kept) {
          if (characters <= mostCharacters || oldest === id) break;
          kept.delete(oldest);
          characters -= old.characters;
        }
        return version;
      };

      const read = Effect.fnUntraced(function* (id: string) {
        const [row] = yield* orCallError(database.query((sql) => playedStory(sql, id)));
        if (row === undefined) return yield* Effect.fail(new CallError("not_found", `The version ${id} does not exist any more.`));
        const story = storedStory(row);
        const assets = new Set(shownAssetsIn(story));
        return keep(id, { ownerId: row.owner_id, story, assets, generates: generatesIn(story), characters: JSON.stringify(story).length });
      });

      return Versions.of({
        get: (id) => {
          const known = kept.get(id);
          if (known === undefined) return read(id);
          kept.delete(id);
          kept.set(id, known);
          return Effect.succeed(known);
        },
      });
    }),
  );
}
