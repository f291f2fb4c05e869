// The line at the bottom: how many jobs stand where, and how the server does. Figures come from one topic, at most once a second.
import { createEffect, createSignal, onCleanup, onMount, Show, type Component } from "solid-js";
import { waitingJobStates } from "#protocol/job.ts";
import type { SystemStatus } from "#protocol/system.ts";
import { openPanel } from "#web/dock/panel.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatBytes, formatCount } from "#web/ui/format.ts";
import { tip } from "#web/ui/tooltip.tsx";
import { ConnectionMark } from "./connection-mark.tsx";
import "./status-bar.css";

export const StatusBar: Component = () => {
  const { client, connection, jobs, pauses } = useWorkspace();
  const [status, setStatus] = createSignal<SystemStatus | null>(null);
  onMount(() => {
    let stop: (() => void) | null = null;
    const watch = () => {
      stop?.();
      stop =
        document.visibilityState === "hidden"
          ? null
          : client.follow("system.status", {}, { snapshot: setStatus, deltas: (values) => setStatus(values.at(-1) ?? null) });
    };
    watch();
    document.addEventListener("visibilitychange", watch);
    onCleanup(() => {
      stop?.();
      document.removeEventListener("visibilitychange", watch);
    });
  });

  const running = () => {
    const { submitting, processing, downloading, ingesting, cancelling } = jobs.counts();
    return submitting + processing + downloading + ingesting + cancelling;
  };
  createEffect(() => {
    document.title = running() > 0 ? `(${running()}) PixSim` : "PixSim";
  });
  onCleanup(() => (document.title = "PixSim"));
  const waiting = () => {
    const counts = jobs.counts();
    return [...waitingJobStates].reduce((sum, state) => sum + counts[state], counts.paused);
  };

  return (
    <footer class="status-bar" aria-label="Status">
      <ConnectionMark state={connection.state()} onRetry={connection.retryNow} />
      <Show when={jobs.ready()}>
        <span>{formatCount(running(), "job")} running</span>
        <span>{waiting().toLocaleString("en")} waiting</span>
      </Show>
      <Show when={pauses.since(true, null) ?? pauses.since(false, null)}>
        <button type="button" class="ui-link status-paused" onClick={() => openPanel("accounts", {})}>
          Everything is paused
        </button>
      </Show>
      <Show when={status()}>
        {(now) => (
          <span class="status-server">
            <Show when={now().parked > 0}>
              <span class="status-parked" {...tip("Actors that wait for a person after repeated faults")}>
                {now().parked} parked
              </span>
            </Show>
            <span {...tip("Connections open to the server")}>{formatCount(now().connections, "client")}</span>
            <span {...tip("Effects that the server is carrying out")}>{formatCount(now().effectsRunning, "effect")}</span>
            <span {...tip("Memory of the server process")}>{formatBytes(now().memory)}</span>
          </span>
        )}
      </Show>
    </footer>
  );
};
