// The whole page: the door for those who are not signed in, the workspace for those who are.
import { createEffect, createMemo, createSignal, lazy, Match, Show, Suspense, Switch, type Component } from "solid-js";
import { openConnection } from "#web/store/open.ts";
import { createSession } from "#web/store/session.ts";
import { ToastLayer } from "#web/ui/toast.tsx";
import { TooltipLayer } from "#web/ui/tooltip.tsx";
import { StaleBar } from "./connection-mark.tsx";
import { Logo } from "./logo.tsx";
import { parseRoute, playerAt } from "./route.ts";
import { ChoosePassword, Redeem, SignIn } from "./sign-in.tsx";
import "./app.css";

const SignedIn = lazy(() => import("./signed-in.tsx"));

const Starting: Component = () => (
  <main class="starting" aria-label="Starting">
    <Logo size={40} />
    <span class="ui-spinner" aria-hidden="true" />
  </main>
);

const welcomeToken = (): string | null => {
  const route = parseRoute(location.hash);
  return route?.kind === "welcome" ? route.token : null;
};

/** Where a guest comes from, and goes back to once they have signed in. */
const guestStory = (): string | null => {
  const route = parseRoute(location.hash);
  return route?.kind === "play" ? playerAt(route.link) : null;
};

export const App: Component = () => {
  // Fetched while the session is still being looked up.
  void SignedIn.preload();
  const connection = openConnection();
  const session = createSession(connection);
  const [token, setToken] = createSignal(welcomeToken());
  const [choosing, setChoosing] = createSignal(false);
  const user = createMemo(() => {
    const now = session.state();
    return now.kind === "signedIn" ? now.user : null;
  });
  const story = guestStory();
  createEffect(() => {
    if (story !== null && user() !== null) location.replace(story);
  });
  const notice = createMemo(() => {
    const now = session.state();
    return now.kind === "signedOut" ? now.notice : null;
  });
  const redeemed = () => {
    // The token is spent: it must not stay in the address or the history.
    history.replaceState(null, "", location.pathname);
    setToken(null);
    setChoosing(user()?.hasPassword === false);
  };

  return (
    <>
      <Switch fallback={<Starting />}>
        <Match when={token()}>{(now) => <Redeem session={session} token={now()} onDone={redeemed} />}</Match>
        <Match when={choosing() ? user() : null}>
          {(now) => <ChoosePassword session={session} username={now().username} onDone={() => setChoosing(false)} />}
        </Match>
        <Match when={story === null && user()?.id} keyed>
          {(_id) => (
            <Suspense fallback={<Starting />}>
              <SignedIn connection={connection} session={session} user={() => user()} />
            </Suspense>
          )}
        </Match>
        <Match when={session.state().kind === "signedOut"}>
          <SignIn session={session} notice={notice()} story={story} />
        </Match>
      </Switch>
      <Show when={user() === null}>
        <div class="door-stale">
          <StaleBar state={connection.state()} onRetry={connection.retryNow} />
        </div>
      </Show>
      <TooltipLayer />
      <ToastLayer />
    </>
  );
};
