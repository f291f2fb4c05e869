// Who has a scene: its owner adds people by name, says what each may do, and takes it from them again; others see who is there, and may leave.
import UserMinus from "lucide-solid/icons/user-minus";
import { createEffect, createSignal, Index, on, onCleanup, Show, type Component } from "solid-js";
import { type Scene, type ScenePerson, SceneRole } from "#protocol/scene.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { FormProblem } from "#web/ui/form-foot.tsx";
import { TextField } from "#web/ui/text-field.tsx";

const roleWords: Readonly<Record<SceneRole, string>> = { editor: "can edit", viewer: "can look" };
const roles = SceneRole.options.map((value) => ({ value, label: roleWords[value] }));
const givenWords: Readonly<Record<SceneRole, string>> = { editor: "can edit this scene", viewer: "can look at this scene" };
/** As short as the name of a user may be. */
const shortestName = 3;

export const People: Component<{ readonly scene: Scene; readonly onLeft: () => void }> = (props) => {
  const { client, user } = useWorkspace();
  const [people, setPeople] = createSignal<ReadonlyArray<ScenePerson>>([]);
  const [who, setWho] = createSignal("");
  const [role, setRole] = createSignal<SceneRole>("editor");
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  /** Counts what was refused: a role that was chosen and not given is shown no longer. */
  const [refusals, setRefusals] = createSignal(1);
  /** What was done last, for those who do not see the list change. */
  const [news, setNews] = createSignal("");
  /** What comes after the dialog was closed must not ask for its scene any more. */
  let closed = false;
  onCleanup(() => (closed = true));
  const isOwner = () => props.scene.access === "owner";
  const failed = (error: unknown) => void setProblem(sentenceOf(error));
  const read = (id: string) =>
    client.call("scenes.people", { id }).then((answer) => {
      if (!closed && id === props.scene.id) setPeople(answer.people);
    }, failed);
  createEffect(
    on([() => props.scene.id, () => props.scene.rev, () => props.scene.access], ([id, , access]) => {
      if (access !== "none") void read(id);
    }),
  );
  let field: HTMLDivElement | undefined;

  const give = (name: string, as: SceneRole, done: string) => {
    setBusy(true);
    setProblem(null);
    return client
      .call("scenes.grant", { id: props.scene.id, who: name, role: as }, { key: newKey() })
      .then((person) => {
        setNews(`${person.name} ${givenWords[person.role]} ${done}.`);
        setPeople((now) =>
          now.some(({ userId }) => userId === person.userId)
            ? now.map((one) => (one.userId === person.userId ? person : one))
            : [...now, person],
        );
        return true;
      })
      .catch((error: unknown) => {
        failed(error);
        setRefusals((count) => count + 1);
        return false;
      })
      .finally(() => setBusy(false));
  };
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    const name = who().trim();
    if (busy()) return;
    if (name.length < shortestName) return void setProblem("Give the user name or the e-mail of somebody who signs in here.");
    void give(name, role(), "now").then((given) => {
      if (given) setWho("");
      field?.querySelector("input")?.focus();
    });
  };
  const take = ({ userId, name }: Pick<ScenePerson, "userId" | "name">) => {
    setProblem(null);
    client.call("scenes.withdraw", { id: props.scene.id, userId }, { key: newKey() }).then(() => {
      if (userId === user().id) return props.onLeft();
      setNews(`${name} does not have this scene any more.`);
      setPeople((now) => now.filter((person) => person.userId !== userId));
      field?.querySelector("input")?.focus();
    }, failed);
  };

  return (
    <section class="ui-form" aria-label="People">
      <h3 class="scenes-part">People</h3>
      <Show when={isOwner()}>
        <form class="scenes-add" onSubmit={add} noValidate>
          <div ref={(element) => (field = element)}>
            <TextField label="User name or e-mail" value={who()} onInput={setWho} maxLength={200} />
          </div>
          <Select label="They" value={role()} onChange={setRole} options={roles} />
          <Button tone="primary" type="submit" busy={busy()}>
            Add
          </Button>
        </form>
      </Show>
      <FormProblem problem={problem()} />
      <ul class="scenes-links" aria-label="Who has this scene">
        <li>
          <span class="truncate">{isOwner() ? `${props.scene.ownerName} (you)` : props.scene.ownerName}</span>
          <span class="muted">owner</span>
        </li>
        <Index each={people()}>
          {(person) => (
            <li>
              <span class="truncate">{person().userId === user().id ? `${person().name} (you)` : person().name}</span>
              <span class="scenes-person">
                <Show when={isOwner()} fallback={<span class="muted">{roleWords[person().role]}</span>}>
                  <Show when={refusals()} keyed>
                    <Select
                      size="s"
                      hideLabel
                      label={`What ${person().name} can do`}
                      value={person().role}
                      options={roles}
                      onChange={(next) => void give(person().name, next, "from now on")}
                    />
                  </Show>
                  <IconButton size="s" label={`Take it from ${person().name}`} icon={UserMinus} onClick={() => take(person())} />
                </Show>
                <Show when={!isOwner() && person().userId === user().id}>
                  <Button size="s" onClick={() => take(person())}>
                    Leave
                  </Button>
                </Show>
              </span>
            </li>
          )}
        </Index>
      </ul>
      <p class="muted scenes-about">
        {isOwner()
          ? "Who can edit changes the scene with you and adds clips of their own. Publishing, links, budgets and the trash stay with you; scenes that this one calls are shared for themselves."
          : `Publishing, links and the trash are ${props.scene.ownerName}’s. Clips that you have put into the scene stay in it when you leave.`}
      </p>
      <p class="visually-hidden" aria-live="polite">
        {news()}
      </p>
    </section>
  );
};
