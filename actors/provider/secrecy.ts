// Keeps an account's secrets out of what its provider says: some repeat them in their errors, which go to the journal, the log and the client.
import { Effect, Redacted } from "effect";
import type { Connection, ProviderAccount, ProviderFailure } from "./provider.ts";

/** Messages are cut where they are long: so much of a secret's beginning counts as the secret. */
const telling = 8;

/** Without any of the secrets, also where only the beginning of one is left, or it is written as in a URL or in JSON. */
export const blankedBy = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const forms = (secret: string): ReadonlyArray<string> => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  const written = new Set(secrets.filter((secret) => secret !== "").flatMap(forms));
  return (text) => {
    let blanked = text;
    for (const secret of written) blanked = blanked.replaceAll(secret, "…");
    for (const secret of written) {
      for (let length = secret.length - 1; length >= telling && blanked.includes(secret.slice(0, telling)); length--) {
        blanked = blanked.replaceAll(secret.slice(0, length), "…");
      }
    }
    return blanked;
  };
};

/** The connection, whose failures hold none of the account's secrets. */
export const discreet = (connection: Connection, secrets: ProviderAccount["secrets"]): Connection => {
  const blank = blankedBy(Object.values(secrets).map(Redacted.value));
  const said = <A>(effect: Effect.Effect<A, ProviderFailure>): Effect.Effect<A, ProviderFailure> =>
    Effect.mapError(effect, (failure) => ({ ...failure, message: blank(failure.message) }));
  const { submit, track, download, cancel, check, balance, reconcile, refunded } = connection;
  return {
    submit: (key, request) => said(submit(key, request)),
    track: (id, progress, remainingMs) => said(track(id, progress, remainingMs)),
    download: (id, path) => said(download(id, path)),
    cancel: (id) => said(cancel(id)),
    check: said(check),
    ...(balance === undefined ? {} : { balance: said(balance) }),
    ...(reconcile === undefined ? {} : { reconcile: (key, request, sentAt, others) => said(reconcile(key, request, sentAt, others)) }),
    ...(refunded === undefined ? {} : { refunded: (key, sentAt) => said(refunded(key, sentAt)) }),
  };
};
