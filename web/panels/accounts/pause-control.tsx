// Holds jobs back, everywhere or at one provider, and lets them go on; says since when and by whom they are.
import CirclePause from "lucide-solid/icons/circle-pause";
import CirclePlay from "lucide-solid/icons/circle-play";
import OctagonPause from "lucide-solid/icons/octagon-pause";
import { createSignal, Show, type Component } from "solid-js";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { formatFull, formatMoment } from "#web/ui/format.ts";
import { pauseJobs } from "./actions.ts";

interface PlaceProps {
  /** Null: everywhere. */
  readonly provider: string | null;
  /** The provider's title, or what stands for all of them. */
  readonly title: string;
}

/** The buttons that pause; what is paused is resumed where it says so. */
export const PauseButtons: Component<PlaceProps> = (props) => {
  const workspace = useWorkspace();
  const [busy, setBusy] = createSignal(false);
  const pause = (everybody: boolean) => {
    setBusy(true);
    void pauseJobs(workspace, { provider: props.provider, everybody, paused: true }, props.title).finally(() => setBusy(false));
  };
  return (
    <>
      <Show when={workspace.pauses.since(false, props.provider) === null}>
        <Button
          size="s"
          icon={CirclePause}
          busy={busy()}
          aria-label={props.provider === null ? "Pause everything" : `Pause ${props.title}`}
          onClick={() => pause(false)}
        >
          {props.provider === null ? "Pause everything" : "Pause"}
        </Button>
      </Show>
      <Show when={workspace.user().role === "admin" && workspace.pauses.since(true, props.provider) === null}>
        <IconButton
          size="s"
          icon={OctagonPause}
          label={`Pause ${props.title} for everybody`}
          disabled={busy()}
          onClick={() => pause(true)}
        />
      </Show>
    </>
  );
};

/** Says what is paused in this place, each with the button that resumes it; nothing where nothing is. */
export const PauseNotes: Component<PlaceProps> = (props) => (
  <>
    <PauseNote {...props} everybody={true} />
    <PauseNote {...props} everybody={false} />
  </>
);

const PauseNote: Component<PlaceProps & { readonly everybody: boolean }> = (props) => {
  const workspace = useWorkspace();
  const [busy, setBusy] = createSignal(false);
  const resume = () => {
    setBusy(true);
    const { everybody, provider, title } = props;
    void pauseJobs(workspace, { provider, everybody, paused: false }, title).finally(() => setBusy(false));
  };
  const whose = () => (props.everybody ? "for everybody by an administrator" : "by you");
  return (
    <Show when={workspace.pauses.since(props.everybody, props.provider)}>
      {(since) => (
        <p class="pause-note" role="status">
          <CirclePause size={14} aria-hidden="true" />
          <span>
            {props.provider === null ? "Everything is paused" : "Paused"} {whose()} since{" "}
            <time dateTime={new Date(since()).toISOString()} title={formatFull(since())}>
              {formatMoment(since(), Date.now())}
            </time>
            . What is under way goes on; nothing new is sent.
          </span>
          <Show when={!props.everybody || workspace.user().role === "admin"}>
            <Button
              size="s"
              icon={CirclePlay}
              busy={busy()}
              aria-label={`Resume ${props.title}${props.everybody ? " for everybody" : ""}`}
              onClick={resume}
            >
              Resume
            </Button>
          </Show>
        </p>
      )}
    </Show>
  );
};
