// The door: name and password, or a one-time link, after which a password may be chosen.
import LogIn from "lucide-solid/icons/log-in";
import { createSignal, onMount, Show, type Component, type JSX } from "solid-js";
import { sentenceOf } from "#web/store/problem.ts";
import type { Session } from "#web/store/session.ts";
import { Button } from "#web/ui/button.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { Logo } from "./logo.tsx";
import "./sign-in.css";

const Door: Component<{ readonly title: string; readonly children: JSX.Element }> = (props) => (
  <main class="door">
    <div class="door-card">
      <Logo size={36} />
      <h1>{props.title}</h1>
      {props.children}
    </div>
  </main>
);

export const SignIn: Component<{
  readonly session: Session;
  readonly notice: string | null;
  /** Where somebody plays as a guest, who signs in to keep that. Null: nobody does. */
  readonly story: string | null;
}> = (props) => {
  const [login, setLogin] = createSignal("");
  const [password, setPassword] = createSignal("");
  const [problem, setProblem] = createSignal<string | undefined>();
  const [busy, setBusy] = createSignal(false);
  let first: HTMLElement | undefined;
  onMount(() => first?.focus());

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (login().trim().length < 3 || password() === "") {
      setProblem("Enter your e-mail or user name and your password.");
      return;
    }
    setBusy(true);
    setProblem(undefined);
    props.session.signIn(login().trim(), password()).catch((error: unknown) => {
      setBusy(false);
      setProblem(sentenceOf(error));
    });
  };
  return (
    <Door title="Sign in to PixSim">
      <Show when={props.notice}>
        <p class="door-notice" role="status">
          {props.notice}
        </p>
      </Show>
      <Show when={props.story}>
        {(address) => (
          <p class="muted">
            Once you have signed in, what you played as a guest is kept with your account, and the story goes on.{" "}
            <a href={address()}>Back as a guest</a>
          </p>
        )}
      </Show>
      <form class="ui-form door-form" onSubmit={submit} noValidate>
        <TextField
          label="E-mail or user name"
          name="username"
          autocomplete="username"
          value={login()}
          onInput={setLogin}
          ref={(element) => (first = element)}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          value={password()}
          onInput={setPassword}
          error={problem()}
        />
        <Button type="submit" tone="primary" icon={LogIn} busy={busy()}>
          Sign in
        </Button>
      </form>
      <p class="door-hint">
        <Show when={props.story === null} fallback="No account yet? Ask who runs this PixSim for one.">
          No password yet? Open the one-time link that the server printed when it started. <code>npm start -- --reset-admin</code> prints a
          new one.
        </Show>
      </p>
    </Door>
  );
};

/** Trades a one-time link's token for a session as soon as it is shown. */
export const Redeem: Component<{ readonly session: Session; readonly token: string; readonly onDone: () => void }> = (props) => {
  const [problem, setProblem] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const redeem = () => {
    setBusy(true);
    setProblem(null);
    props.session.redeem(props.token).then(
      () => props.onDone(),
      (error: unknown) => {
        setBusy(false);
        setProblem(sentenceOf(error));
      },
    );
  };
  return (
    <Door title="Welcome to PixSim">
      <Show
        when={problem()}
        fallback={
          <>
            <p class="muted">This link signs you in on this device. It works once.</p>
            <Button
              tone="primary"
              icon={LogIn}
              busy={busy()}
              onClick={redeem}
              ref={(button: HTMLElement) => queueMicrotask(() => button.focus())}
            >
              Sign in
            </Button>
          </>
        }
      >
        {(words) => (
          <>
            <p class="door-notice" role="alert">
              {words()}
            </p>
            <p class="door-hint">
              A link works once and for a limited time. <code>npm start -- --reset-admin</code> prints a new one; an administrator can give
              you one too.
            </p>
            <Button tone="primary" onClick={() => props.onDone()}>
              Sign in with a password
            </Button>
          </>
        )}
      </Show>
    </Door>
  );
};

/** Offered once after the first sign-in; it may be left for later. */
export const ChoosePassword: Component<{ readonly session: Session; readonly username: string; readonly onDone: () => void }> = (props) => {
  const [password, setPassword] = createSignal("");
  const [again, setAgain] = createSignal("");
  const [problem, setProblem] = createSignal<{ readonly at: "password" | "again"; readonly message: string } | null>(null);
  const [busy, setBusy] = createSignal(false);
  const errorAt = (at: "password" | "again") => (problem()?.at === at ? problem()?.message : undefined);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (password().length < 8 || password().length > 100) {
      setProblem({ at: "password", message: "A password has 8 to 100 characters." });
      return;
    }
    if (password() !== again()) {
      setProblem({ at: "again", message: "This is not the same as above." });
      return;
    }
    setBusy(true);
    setProblem(null);
    props.session.setPassword(password()).then(
      () => props.onDone(),
      (error: unknown) => {
        setBusy(false);
        setProblem({ at: "password", message: sentenceOf(error) });
      },
    );
  };
  return (
    <Door title="Choose a password">
      <p class="muted">
        With it you can sign in on other devices as <strong>{props.username}</strong>. You can also do this later, from the account menu.
      </p>
      <form class="ui-form door-form" onSubmit={submit} noValidate>
        <input type="text" name="username" autocomplete="username" value={props.username} hidden readOnly />
        <TextField
          label="Password"
          help="At least 8 characters."
          type="password"
          name="new-password"
          autocomplete="new-password"
          value={password()}
          onInput={setPassword}
          error={errorAt("password")}
        />
        <TextField
          label="The same again"
          type="password"
          name="new-password-again"
          autocomplete="new-password"
          value={again()}
          onInput={setAgain}
          error={errorAt("again")}
        />
        <div class="door-buttons">
          <Button tone="ghost" onClick={() => props.onDone()}>
            Later
          </Button>
          <Button type="submit" tone="primary" busy={busy()}>
            Set password
          </Button>
        </div>
      </form>
    </Door>
  );
};
