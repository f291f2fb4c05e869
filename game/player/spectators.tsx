// Lets others see live what is played, by links. What a link says is told once, when it is made.
import { createResource, createSignal, For, Show } from "solid-js";
import type { Spectators } from "../net/source.ts";
import { sentenceOf } from "../words/catalogue.ts";
import { useSpeech } from "../words/speech.tsx";
import { createAttempts, ProblemLine } from "./attempts.tsx";
import { momentOf } from "./places.tsx";

export const SpectatorLinks = (props: { readonly spectators: Spectators }) => {
  const speech = useSpeech();
  const words = () => speech().words.spectators;
  const { busy, problem, attempt } = createAttempts();
  const [links, { refetch }] = createResource(() => props.spectators.links());
  const good = () => (links.error === undefined ? (links.latest ?? []) : []);
  const [made, setMade] = createSignal({ id: "", address: "" });
  const [copied, setCopied] = createSignal(false);
  let shown: HTMLInputElement | undefined;
  const invite = async (): Promise<void> => {
    setCopied(false);
    setMade(await props.spectators.invite());
    shown?.focus();
    shown?.select();
    await refetch();
  };
  const withdraw = async (link: string): Promise<void> => {
    await props.spectators.withdraw(link);
    if (made().id === link) setMade({ id: "", address: "" });
    await refetch();
  };
  const copy = (): void => {
    // Pages that are not served securely have no clipboard: there it is selected, to be copied by hand.
    shown?.select();
    (navigator.clipboard as Clipboard | undefined)?.writeText(made().address).then(
      () => setCopied(true),
      () => {},
    );
  };
  return (
    <section class="spectators" aria-label={words().name}>
      <h3>{words().name}</h3>
      <p class="muted">{words().about}</p>
      <button type="button" aria-disabled={busy()} onClick={() => void attempt(invite)}>
        {words().invite}
      </button>
      <Show when={made().address !== ""}>
        <div class="save">
          <input type="text" readonly aria-label={words().link} value={made().address} ref={(element) => (shown = element)} />
          <button type="button" onClick={copy}>
            {copied() ? words().copied : words().copy}
          </button>
        </div>
      </Show>
      <ProblemLine problem={problem()} />
      <ProblemLine problem={links.error === undefined ? "" : sentenceOf(links.error, speech().words)} />
      <Show when={good().length > 0}>
        <ul class="moments" aria-label={words().made}>
          <For each={good()}>
            {(link) => (
              <li>
                <span>
                  {link.expiresAt === null ? words().open(link.guests) : words().until(momentOf(link.expiresAt, speech()), link.guests)}
                </span>
                <button type="button" class="plain" aria-disabled={busy()} onClick={() => void attempt(() => withdraw(link.id))}>
                  {words().withdraw}
                </button>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
};
