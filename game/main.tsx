// Where the player's page starts: which playthrough it is, the page or its address says.
import "./player/player.css";
import { createResource, Show } from "solid-js";
import { render } from "solid-js/web";
import { exportedPlay } from "./net/exported.ts";
import { openLast } from "./net/last.ts";
import { serverPlay } from "./net/server.ts";
import type { PlaySource } from "./net/source.ts";
import { keepOffline } from "./net/offline.ts";
import { Theatre } from "./player/theatre.tsx";

const open = async (): Promise<PlaySource> => {
  const exported = document.querySelector<HTMLMetaElement>('meta[name="pixsim-story"]')?.content ?? "";
  if (exported !== "") return exportedPlay(exported);
  return openLast((hash) => serverPlay(hash, navigator.language));
};

const Page = () => {
  const [source] = createResource(() =>
    open().then(
      (opened) => ({ opened, problem: "" }),
      (error: unknown) => ({ opened: null, problem: error instanceof Error ? error.message : String(error) }),
    ),
  );
  return (
    <Show when={source()} fallback={<p class="opening">Opening the story …</p>}>
      {(result) => (
        <Show
          when={result().opened}
          fallback={
            <p class="opening" role="alert">
              {result().problem}
            </p>
          }
        >
          {(opened) => <Theatre source={opened()} />}
        </Show>
      )}
    </Show>
  );
};

const root = document.getElementById("player");
if (root !== null) render(() => <Page />, root);

// Pages that are not served securely have none; without it everything works but the start without a network.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  keepOffline(navigator.serviceWorker).catch((error: unknown) => console.warn("No use without a network:", error));
}
