// Where the player's page starts: which playthrough it is, the page or its address says.
import "./player/player.css";
import { createResource, Match, Show, Switch } from "solid-js";
import { render } from "solid-js/web";
import { exportedPlay } from "./net/exported.ts";
import { keepLast, openLast } from "./net/last.ts";
import { NoRoom } from "./net/no-room.ts";
import { serverPlay } from "./net/server.ts";
import type { PlaySource } from "./net/source.ts";
import { keepOffline } from "./net/offline.ts";
import { NoRoomFor } from "./player/no-room.tsx";
import { readSettings } from "./player/settings.ts";
import { Theatre } from "./player/theatre.tsx";
import { sentenceOf } from "./words/catalogue.ts";
import { Speaking, useSpeech } from "./words/speech.tsx";

const open = async (): Promise<PlaySource> => {
  const exported = document.querySelector<HTMLMetaElement>('meta[name="pixsim-story"]')?.content ?? "";
  if (exported !== "") return exportedPlay(exported);
  return openLast(serverPlay);
};

const Page = () => {
  const speech = useSpeech();
  const [found, { mutate }] = createResource<PlaySource | Error>(() =>
    open().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
  );
  const full = () => {
    const it = found();
    return it instanceof NoRoom ? it : undefined;
  };
  const source = () => {
    const it = found();
    return it === undefined || it instanceof Error ? undefined : it;
  };
  return (
    <Show when={found()} fallback={<p class="opening">{speech().words.opening}</p>}>
      {(result) => (
        <Switch
          fallback={
            <p class="opening" role="alert">
              {sentenceOf(result(), speech().words)}
            </p>
          }
        >
          <Match when={source()}>{(opened) => <Theatre source={opened()} />}</Match>
          <Match when={full()}>
            {(it) => (
              <NoRoomFor
                full={it()}
                begun={(begun) => {
                  keepLast();
                  mutate(() => begun);
                }}
              />
            )}
          </Match>
        </Switch>
      )}
    </Show>
  );
};

const root = document.getElementById("player");
if (root !== null) {
  const { language } = readSettings(localStorage);
  render(
    () => (
      <Speaking language={language}>
        <Page />
      </Speaking>
    ),
    root,
  );
}

// Pages that are not served securely have none; without it everything works but the start without a network.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  keepOffline(navigator.serviceWorker).catch((error: unknown) => console.warn("No use without a network:", error));
}
