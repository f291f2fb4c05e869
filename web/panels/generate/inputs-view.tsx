// The inputs of a generation: a slot for each role that takes assets from the gallery, from files, from the clipboard.
import ArrowLeft from "lucide-solid/icons/arrow-left";
import ArrowRight from "lucide-solid/icons/arrow-right";
import Film from "lucide-solid/icons/film";
import ImageUp from "lucide-solid/icons/image-up";
import Images from "lucide-solid/icons/images";
import X from "lucide-solid/icons/x";
import { createEffect, createSignal, For, Show, type Component } from "solid-js";
import type { DraftInput } from "#web/store/draft.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { createDropZone } from "#web/ui/drop-zone.ts";
import { formatSpan } from "#web/ui/format.ts";
import { UploadRow } from "#web/ui/upload-row.tsx";
import { AssetPicker } from "./asset-picker.tsx";
import type { Form } from "./form.ts";
import { inSlot, type InputSlot } from "./inputs.ts";
import type { FormIntake } from "./intake.ts";

export const InputsView: Component<{ readonly form: Form; readonly intake: FormIntake; readonly onRefer: (name: string) => void }> = (
  props,
) => (
  <For each={props.form.spec()?.inputs ?? []}>
    {(slot) => <SlotView slot={slot} form={props.form} intake={props.intake} onRefer={(name) => props.onRefer(name)} />}
  </For>
);

interface SlotProps {
  readonly slot: InputSlot;
  readonly form: Form;
  readonly intake: FormIntake;
  readonly onRefer: (name: string) => void;
}

const counted = (slot: InputSlot, have: number): string =>
  slot.max === 1 ? "" : `${have} of ${slot.min === slot.max ? slot.max : `${slot.min}–${slot.max}`}`;

const SlotView: Component<SlotProps> = (props) => {
  const [picking, setPicking] = createSignal(false);
  let file: HTMLInputElement | undefined;
  const own = () => inSlot(props.form.inputs(), props.slot.role);
  const uploading = () => props.intake.uploading(props.slot.role);
  const error = () => props.form.inputErrors()[props.slot.role];
  const accept = () => props.slot.accepts.map((kind) => `${kind}/*`).join(",");
  const most = () => (props.slot.max === 1 ? 1 : props.slot.max - own().length);
  const room = () => props.slot.max === 1 || own().length + uploading().length < props.slot.max;

  const take = (files: Iterable<File>) => props.intake.add([...files], props.slot);
  // What is dropped on a slot is for this slot; elsewhere on the form it finds its own.
  const { over, zone } = createDropZone(["assets", "files"], (event, carries) =>
    carries === "files" ? take(event.dataTransfer?.files ?? []) : props.intake.useDropped(event, props.slot.role),
  );

  return (
    <section
      class="generate-slot"
      aria-label={props.slot.title}
      data-over={over() ? "" : undefined}
      data-invalid={error() === undefined ? undefined : ""}
      {...zone}
    >
      <header class="generate-slot-top">
        <span>{props.slot.title}</span>
        <span>{counted(props.slot, own().length)}</span>
      </header>
      <Show when={own().length + uploading().length > 0}>
        <ul class="generate-inputs" data-single={props.slot.max === 1 ? "" : undefined}>
          <For each={own()}>
            {(input, index) => (
              <InputCard
                input={input}
                named={props.slot.named}
                at={props.form.inputs().indexOf(input)}
                first={index() === 0}
                last={index() === own().length - 1}
                ordered={props.slot.max > 1 && !props.slot.named}
                form={props.form}
                onRefer={props.onRefer}
              />
            )}
          </For>
          <For each={uploading()}>
            {(upload) => (
              <li class="generate-input generate-uploading">
                <UploadRow upload={upload} />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={room()}>
        <div class="generate-slot-add">
          <Button size="s" icon={Images} onClick={() => setPicking(true)}>
            {own().length > 0 && props.slot.max === 1 ? "Another from gallery" : "From gallery"}
          </Button>
          <Button size="s" icon={ImageUp} onClick={() => file?.click()}>
            Upload
          </Button>
          <span class="generate-slot-hint">or drop {props.slot.accepts.join(" or ")} here</span>
        </div>
      </Show>
      <input
        ref={(element) => (file = element)}
        type="file"
        hidden
        accept={accept()}
        multiple={props.slot.max > 1}
        aria-label={`Files for ${props.slot.title}`}
        onChange={(event) => {
          take(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
      <Show when={error()}>
        {(message) => (
          <p class="ui-field-error" role="alert">
            {message()}
          </p>
        )}
      </Show>
      <AssetPicker
        open={picking()}
        title={props.slot.title}
        accepts={props.slot.accepts}
        most={most()}
        onClose={() => setPicking(false)}
        onPick={(picked) => {
          setPicking(false);
          for (const asset of picked) {
            props.intake.use(asset, props.slot.role);
          }
        }}
      />
    </section>
  );
};

interface CardProps {
  readonly input: DraftInput;
  /** Place among all inputs. */
  readonly at: number;
  readonly first: boolean;
  readonly last: boolean;
  readonly named: boolean;
  readonly ordered: boolean;
  readonly form: Form;
  readonly onRefer: (name: string) => void;
}

const InputCard: Component<CardProps> = (props) => {
  const { assets, jobs } = useWorkspace();
  createEffect(() => props.input.assetId !== undefined && assets.ensure(props.input.assetId));
  const asset = () => (props.input.assetId === undefined ? undefined : assets.row(props.input.assetId));
  const name = () => {
    const { jobId, frame } = props.input;
    if (jobId === undefined || props.input.assetId !== undefined) {
      return asset()?.name ?? "…";
    }
    const job = jobs.row(jobId);
    return `${frame === undefined ? "Result" : `${frame === "last" ? "Last" : "First"} frame`} of “${job?.name ?? job?.prompt ?? jobId}”`;
  };
  const picture = () => {
    const urls = asset()?.urls;
    return urls?.thumbs?.m ?? urls?.poster ?? (asset()?.mediaType === "image" ? urls?.original : undefined) ?? undefined;
  };
  return (
    <li class="generate-input">
      <div class="generate-input-picture">
        <Show when={picture()} fallback={<Film size={20} aria-hidden="true" />}>
          {(src) => <img src={src()} alt={asset()?.name ?? "Input"} decoding="async" draggable={false} />}
        </Show>
        <span class="generate-input-buttons">
          <Show when={props.ordered}>
            <IconButton
              size="s"
              label="Move before"
              icon={ArrowLeft}
              disabled={props.first}
              onClick={() => props.form.moveInput(props.at, -1)}
            />
            <IconButton
              size="s"
              label="Move after"
              icon={ArrowRight}
              disabled={props.last}
              onClick={() => props.form.moveInput(props.at, 1)}
            />
          </Show>
          <IconButton
            size="s"
            label={`Remove ${name() === "…" ? "input" : name()}`}
            icon={X}
            onClick={() => props.form.removeInput(props.at)}
          />
        </span>
        <Show when={props.input.timeMs}>{(time) => <span class="generate-input-time">at {formatSpan(time())}</span>}</Show>
      </div>
      <Show
        when={props.named}
        fallback={
          <span class="truncate muted" title={name()}>
            {name()}
          </span>
        }
      >
        <div class="generate-input-name">
          <button
            type="button"
            class="ui-button"
            data-tone="ghost"
            data-size="s"
            onClick={() => props.onRefer(props.input.name ?? "")}
            aria-label="Put the name into the prompt"
          >
            @
          </button>
          <input
            class="ui-input"
            data-size="s"
            aria-label="Name in the prompt"
            maxLength={30}
            value={props.input.name ?? ""}
            onChange={(event) => props.form.nameInput(props.at, event.currentTarget.value.trim())}
          />
        </div>
      </Show>
    </li>
  );
};
