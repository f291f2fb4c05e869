// Whether what is on the screen is the present: live, catching up, or cut off and when the next try is.
import RefreshCw from "lucide-solid/icons/refresh-cw";
import WifiOff from "lucide-solid/icons/wifi-off";
import { createEffect, createMemo, createSignal, onCleanup, Show, type Component } from "solid-js";
import type { ConnectionState } from "#web/store/connection.ts";
import { Badge } from "#web/ui/feedback.tsx";
import "./connection-mark.css";

/** Seconds until a moment; counts only while there is one. */
const countdown = (until: () => number | null): (() => number | null) => {
  const [left, setLeft] = createSignal<number | null>(null);
  createEffect(() => {
    const at = until();
    if (at === null) {
      setLeft(null);
      return;
    }
    const tick = () => setLeft(Math.max(Math.ceil((at - Date.now()) / 1000), 0));
    tick();
    const timer = setInterval(tick, 1000);
    onCleanup(() => clearInterval(timer));
  });
  return left;
};

interface MarkProps {
  readonly state: ConnectionState;
  readonly onRetry: () => void;
}

const words = (state: ConnectionState): string => {
  switch (state.kind) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "reconnecting":
      return "Reconnecting";
    case "offline":
      return "Offline";
    case "ended":
      return "Disconnected";
  }
};

export const ConnectionMark: Component<MarkProps> = (props) => (
  <span class="connection-mark" role="status">
    <Badge
      tone={props.state.kind === "live" ? "ok" : props.state.kind === "connecting" ? "neutral" : "warn"}
      live={props.state.kind === "live"}
    >
      {words(props.state)}
    </Badge>
  </span>
);

/** Across the top while changes do not arrive: what is shown may be old, and what can be done. */
export const StaleBar: Component<MarkProps> = (props) => {
  const retryAt = () => (props.state.kind === "reconnecting" ? props.state.retryAt : null);
  const left = countdown(retryAt);
  const [patient, setPatient] = createSignal(false);
  // A moment without connection is not worth a bar.
  const isLive = createMemo(() => props.state.kind === "live");
  createEffect(() => {
    setPatient(false);
    if (!isLive()) {
      const timer = setTimeout(() => setPatient(true), 800);
      onCleanup(() => clearTimeout(timer));
    }
  });
  return (
    <Show when={patient() && props.state.kind !== "live"}>
      <div class="stale-bar" role="status">
        <WifiOff size={15} aria-hidden="true" />
        <span>
          <Show
            when={props.state.kind === "ended" ? props.state.reason : null}
            fallback={
              props.state.kind === "offline"
                ? "This device is offline. What you see may be old; it goes on by itself when the network is back."
                : "The server cannot be reached. What you see may be old; jobs go on without this page."
            }
          >
            {(reason) => reason()}
          </Show>
          <Show when={left() !== null && (left() ?? 0) > 0}>
            <span aria-hidden="true"> Next try in {left()} s.</span>
          </Show>
        </span>
        <button type="button" class="ui-button" data-tone="neutral" data-size="s" onClick={() => props.onRetry()}>
          <RefreshCw size={13} aria-hidden="true" />
          {props.state.kind === "ended" ? "Reload" : "Try now"}
        </button>
      </div>
    </Show>
  );
};
