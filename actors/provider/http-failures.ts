// What went wrong on the way to a provider, as sentences for a person. Never holds a path, a query or a header: they may be secret.
import type { ProviderFailure } from "./provider.ts";
import { PrivateAddress } from "./http-guard.ts";

const codeOf = (error: unknown): string => {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : "";
};

/** Errors of the certificate, as Node names them. */
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|CRL_/;
const notTls = /^(EPROTO|ERR_SSL_|ERR_TLS_)/;
const timedOut: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);
const storage: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "ENOENT", "EMFILE", "EIO"]);

/** A connection that was not made: nothing was sent. */
export const notConnected = (host: string, error: unknown): ProviderFailure => {
  const code = codeOf(error);
  const failure = (message: string): ProviderFailure => ({ kind: "network", message, unsent: true });
  if (error instanceof PrivateAddress) return privateAddress(host);
  if (certificate.test(code)) {
    return failure(`The certificate of ${host} cannot be trusted (${code}): check the base URL, or have its certificate renewed.`);
  }
  if (notTls.test(code)) return failure(`${host} does not speak TLS (${code}): check whether its URL begins with http:// or https://.`);
  switch (code) {
    case "ENOTFOUND":
      return failure(`No host is named ${host}: check the base URL.`);
    case "EAI_AGAIN":
      return failure(`The name ${host} cannot be looked up now: check this machine's connection.`);
    case "ECONNREFUSED":
      return failure(`${host} refuses connections: check the base URL and its port, and whether it is running.`);
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return failure(`${host} does not take connections: check the base URL and the connection.`);
    default:
      return failure(
        `${host} cannot be reached (${code || (error instanceof Error ? error.message : String(error))}): check the connection and the base URL.`,
      );
  }
};

export const privateAddress = (host: string): ProviderFailure => ({
  kind: "network",
  message: `${host} leads to a private address, which only an account's own base URL may, so nothing was fetched from there. If it is a server of your own, enter it as the account's base URL; else ask the provider why it sends there.`,
  unsent: true,
});

/** The process stood still, or lost those who keep its leases, before the request was on its way. */
export const notOurs = (host: string): ProviderFailure => ({
  kind: "network",
  message: `Nothing was sent to ${host}: another process may have taken this over meanwhile, and goes on with it. If none does, try again.`,
  unsent: true,
});

/** Of a question that follows a request which was sent and done. */
export const afterwards = ({ unsent: _, ...failure }: ProviderFailure): ProviderFailure => failure;

/** The status is that of the question where the request has led, and says nothing of the request itself. */
export const untold = (host: string, status: number): ProviderFailure => ({
  kind: "network",
  message: `The request was done, and ${host} does not say what has come of it (status ${status}): look there before it is sent again.`,
});

/** Who has asked there knows nothing of the host that failed. */
export const ledBy = (host: string, failure: ProviderFailure): ProviderFailure => ({
  ...failure,
  message: `${host} sends on to another host. ${failure.message}`,
});

/** `isUnsent`: it is an order that everybody has left to another, and nobody has done. */
export const goesRound = (host: string, isUnsent: boolean): ProviderFailure => ({
  kind: "provider",
  message: `${host} redirects again and again: check the base URL.`,
  ...(isUnsent ? { unsent: true } : {}),
});

/** A redirect that names no place, or of a kind that is not followed. */
export const leadsNowhere = (host: string, status: number): ProviderFailure => ({
  kind: "provider",
  message: `${host} answers with a redirect that leads nowhere (status ${status}): check the base URL.`,
});

export const tooSlow = (host: string, ms: number): ProviderFailure => ({
  kind: "timeout",
  message: `${host} did not answer within ${Number((ms / 1000).toFixed(1))} seconds: try again later, and check the connection if it stays so.`,
});

/** A connection that broke when a request may have been sent. */
export const broken = (host: string, error: unknown, idleMs: number): ProviderFailure => {
  const code = codeOf(error);
  if (timedOut.has(code)) return tooSlow(host, idleMs);
  if (code === "UND_ERR_HEADERS_OVERFLOW" || (error as Error).name === "HTTPParserError") {
    return { kind: "provider", message: `${host} does not speak HTTP: check the base URL.` };
  }
  return { kind: "network", message: `The connection to ${host} broke (${code || "closed early"}). If that goes on, check the base URL.` };
};

export const ofFile = (error: unknown): ProviderFailure | undefined =>
  storage.has(codeOf(error))
    ? { kind: "storage", message: `The file cannot be written (${codeOf(error)}): free space or check the data folder's permissions.` }
    : undefined;

export const notUrl: ProviderFailure = {
  kind: "provider",
  message: "The provider names an address that is no http or https URL: check the base URL, and try again.",
};

/** ms from now that an answer's Retry-After (seconds or a date) names; a date is held against the answer's own. */
export const retryAfterOf = (headers: Readonly<Record<string, string>>): number | undefined => {
  const after = headers["retry-after"];
  if (after === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(after.trim())) return Number(after) * 1000;
  const until = Date.parse(after) - Date.parse(headers["date"] ?? "");
  return Number.isFinite(until) ? Math.max(0, until) : undefined;
};
