// Who has a scene open, as they tell each other: words go through the bus to those who follow at the moment, also in other processes, and are
// kept nowhere. Here is known only who of this process' connections may speak, and that one who is gone is said to be.
import { Effect } from "effect";
import type { CallArgs, TopicParams } from "#protocol/contract.ts";
import type { EditorWord } from "#protocol/scene.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import { principalOf } from "#runtime/auth/handlers.ts";
import type { Bus } from "#runtime/bus/bus.ts";
import type { CallContext, TopicHandle, TopicMessage } from "#runtime/gateway/handlers.ts";

/** Who follows, by whom their words are told. */
interface Speaker {
  readonly userId: string;
  readonly name: string;
  spoke: boolean;
}

const nothing = Effect.succeed({});

/** `unknown`: the answer to words about a scene that the connection does not follow. */
export const makeEditors = (bus: Bus["Service"], unknown: (id: string) => CallError) => {
  const speakers = new Map<string, Speaker>();
  const channel = (id: string): string => `scene-editors:${id}`;
  const keyOf = ({ connectionId }: CallContext, { id, editor }: TopicParams<"scenes.editors">): string => `${connectionId} ${id} ${editor}`;
  const tell = (id: string, word: EditorWord): void => bus.publish(channel(id), word);

  /** Whoever calls this has seen that the caller may read the scene. */
  const follow = Effect.fnUntraced(function* (
    params: TopicParams<"scenes.editors">,
    context: CallContext,
    from: string | undefined,
    emit: (message: TopicMessage) => void,
  ): Effect.fn.Return<TopicHandle, CallError> {
    const { userId, username: name } = yield* principalOf(context);
    const key = keyOf(context, params);
    const handle = yield* bus.follow(channel(params.id), from, nothing, emit);
    const speaker: Speaker = { userId, name, spoke: false };
    speakers.set(key, speaker);
    return {
      resync: handle.resync,
      close: () => {
        handle.close();
        if (speakers.get(key) === speaker) speakers.delete(key);
        if (speaker.spoke) tell(params.id, { say: "gone", editor: params.editor });
      },
    };
  });

  const here = ({ id, editor, hello, at }: CallArgs<"scenes.here">, context: CallContext): Effect.Effect<{}, CallError> => {
    const speaker = speakers.get(keyOf(context, { id, editor }));
    if (speaker === undefined) return Effect.fail(unknown(id));
    speaker.spoke = true;
    tell(id, { say: "here", editor, userId: speaker.userId, name: speaker.name, hello, at });
    return nothing;
  };

  return { follow, here };
};
