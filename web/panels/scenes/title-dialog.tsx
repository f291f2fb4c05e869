// Asks for the title of a scene: of a new one, or another for one that is there; and for the note of a version that is published.
import { createEffect, createSignal, on, Show, type Component } from "solid-js";
import type { Scene } from "#protocol/scene.ts";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Dialog } from "#web/ui/dialog.tsx";
import { FormFoot } from "#web/ui/form-foot.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { toast } from "#web/ui/toast.tsx";

export type SceneTask =
  | { readonly kind: "create" }
  | { readonly kind: "rename"; readonly id: string; readonly title: string }
  | { readonly kind: "publish"; readonly id: string };

interface DialogProps {
  /** Null: closed. */
  readonly task: SceneTask | null;
  readonly onClose: () => void;
  readonly onDone: (scene: Scene, task: SceneTask) => void;
}

const words = {
  create: { title: "A new scene", save: "Create" },
  rename: { title: "Rename the scene", save: "Save" },
  publish: { title: "Publish a version", save: "Publish" },
} as const;

export const TitleDialog: Component<DialogProps> = (props) => {
  const { client } = useWorkspace();
  const [text, setText] = createSignal("");
  const [busy, setBusy] = createSignal(false);
  const [tried, setTried] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  createEffect(
    on(
      () => props.task,
      (task) => {
        setText(task?.kind === "rename" ? task.title : "");
        setTried(false);
        setProblem(null);
      },
    ),
  );
  const isMissing = () => props.task?.kind !== "publish" && text().trim() === "";

  const send = async (task: SceneTask): Promise<Scene> => {
    const options = { key: newKey() };
    const entered = text().trim();
    switch (task.kind) {
      case "create":
        return client.call("scenes.create", { title: entered }, options);
      case "rename":
        return client.call("scenes.rename", { id: task.id, title: entered }, options);
      case "publish": {
        const { scene, version } = await client.call("scenes.publish", { id: task.id, note: entered }, options);
        toast(`Version ${version.number} of “${scene.title}” is published`, { tone: "ok" });
        return scene;
      }
    }
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const { task } = props;
    setTried(true);
    setProblem(null);
    if (task === null || busy() || isMissing()) {
      return;
    }
    setBusy(true);
    send(task)
      .then(
        (scene) => {
          props.onClose();
          props.onDone(scene, task);
        },
        (error: unknown) => setProblem(sentenceOf(error)),
      )
      .finally(() => setBusy(false));
  };

  return (
    <Dialog open={props.task !== null} onClose={props.onClose} title={words[props.task?.kind ?? "create"].title} size="s">
      <form class="ui-form" onSubmit={save} noValidate>
        <Show
          when={props.task?.kind === "publish"}
          fallback={
            <TextField
              label="Title"
              value={text()}
              onInput={setText}
              error={tried() && isMissing() ? "Give it a title." : undefined}
              maxLength={sceneLimits.title}
            />
          }
        >
          <TextField
            label="Note"
            help="A version never changes: what is played from it stays as it is, however the draft goes on."
            value={text()}
            onInput={setText}
            maxLength={2000}
          />
        </Show>
        <FormFoot problem={problem()} busy={busy()} save={words[props.task?.kind ?? "create"].save} onCancel={props.onClose} />
      </form>
    </Dialog>
  );
};
