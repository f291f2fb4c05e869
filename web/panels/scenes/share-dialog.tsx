// With whom a scene is shared: people who look at it or edit it, and links by which others play what was published, with or without an account.
// What a link says is told once, when it is made.
import { createEffect, createSignal, For, on, Show, type Component } from "solid-js";
import type { ShareLink } from "#protocol/play.ts";
import type { Scene } from "#protocol/scene.ts";
import { newKey } from "#protocol/client/key.ts";
import { playerAt } from "#web/app/route.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { copyText } from "#web/ui/copy.ts";
import { Dialog } from "#web/ui/dialog.tsx";
import { FormProblem } from "#web/ui/form-foot.tsx";
import { formatCount, formatFull } from "#web/ui/format.ts";
import { TextField } from "#web/ui/text-field.tsx";
import { People } from "./people.tsx";
import { PlayBudgetForm } from "./play-budget.tsx";
import "./scenes.css";

const day = 86_400_000;
/** How long a link is good, ms; null: until it is withdrawn. */
const lives = { day, week: 7 * day, month: 30 * day, open: null } as const;
type Life = keyof typeof lives;
const lifeOptions: ReadonlyArray<{ readonly value: Life; readonly label: string }> = [
  { value: "day", label: "a day" },
  { value: "week", label: "a week" },
  { value: "month", label: "30 days" },
  { value: "open", label: "until I withdraw it" },
];

/** Where a scene's newest version is played by who is signed in. */
export const playAddress = (sceneId: string): string => `/play/#scene=${encodeURIComponent(sceneId)}`;

/** `scene` null: closed. */
export const ShareDialog: Component<{ readonly scene: Scene | null; readonly onClose: () => void }> = (props) => {
  const { client } = useWorkspace();
  const [life, setLife] = createSignal<Life>("week");
  const [links, setLinks] = createSignal<ReadonlyArray<ShareLink>>([]);
  const [made, setMade] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  const failed = (error: unknown) => void setProblem(sentenceOf(error));
  const read = (sceneId: string) =>
    client
      .call("play.shares", {})
      .then((answer) => setLinks(answer.links.filter((link) => link.sceneId === sceneId && link.playthroughId === null)), failed);
  createEffect(
    on([() => props.scene?.id, () => props.scene?.access === "owner" && props.scene.latest !== null], ([id, isPublished]) => {
      setLinks([]);
      setMade(null);
      setProblem(null);
      if (id !== undefined && isPublished) void read(id);
    }),
  );
  const make = ({ id, latest }: Scene) => {
    if (latest === null || busy()) return;
    setBusy(true);
    setProblem(null);
    client
      .call("play.share", { of: { kind: "version", versionId: latest.id }, lifeMs: lives[life()] }, { key: newKey() })
      .then(({ token }) => {
        setMade(`${location.origin}${playerAt(token)}`);
        return read(id);
      }, failed)
      .finally(() => setBusy(false));
  };
  const withdraw = (link: ShareLink, scene: Scene) => {
    setProblem(null);
    client.call("play.unshare", { id: link.id }, { key: newKey() }).then(() => read(scene.id), failed);
  };
  return (
    <Dialog
      open={props.scene !== null}
      onClose={props.onClose}
      title={`${props.scene?.access === "owner" ? "Share" : "Who has"} “${props.scene?.title ?? ""}”`}
    >
      <Show when={props.scene}>
        {(scene) => (
          <div class="ui-form">
            <People scene={scene()} onLeft={props.onClose} />
            <Show when={scene().access === "owner"}>
              <h3 class="scenes-part">Links to play it</h3>
              <Show
                when={scene().latest !== null}
                fallback={<p class="muted scenes-about">Publish a version first: a link leads to one.</p>}
              >
                <Select
                  label="Good for"
                  help={`Who has the link plays version ${scene().latest?.number ?? ""}, without an account, and sees nothing else of yours.`}
                  value={life()}
                  onChange={setLife}
                  options={lifeOptions}
                />
                <Button tone="primary" busy={busy()} onClick={() => make(scene())}>
                  Make a link
                </Button>
                <Show when={made()}>
                  {(address) => (
                    <>
                      <TextField label="The link" help="It is shown only now." value={address()} onInput={() => {}} />
                      <Button onClick={() => copyText("The link", address())}>Copy</Button>
                    </>
                  )}
                </Show>
                <FormProblem problem={problem()} />
                <Show when={links().length > 0}>
                  <ul class="scenes-links" aria-label="Links that were made">
                    <For each={links()}>
                      {(link) => (
                        <li>
                          <span>
                            {link.expiresAt === null ? "Good until it is withdrawn" : `Good until ${formatFull(link.expiresAt)}`}
                            <span class="muted">{`, opened by ${formatCount(link.guests, "guest")}`}</span>
                          </span>
                          <Button size="s" tone="danger" onClick={() => withdraw(link, scene())}>
                            Withdraw
                          </Button>
                        </li>
                      )}
                    </For>
                  </ul>
                </Show>
                <PlayBudgetForm sceneId={scene().id} />
              </Show>
            </Show>
          </div>
        )}
      </Show>
    </Dialog>
  );
};
