// Which web pages may open a socket: those of this server, and those the settings name. Pure.

/**
 * `origin`: the Origin header, empty where there is none: then it is no browser, and the token alone decides. The scheme does not
 * count for the own origin: a proxy may speak TLS in front of the server.
 */
export const mayConnect = (origin: string, host: string, allowed: ReadonlyArray<string>): boolean => {
  if (origin === "") return true;
  if (allowed.includes(origin)) return true;
  const separator = origin.indexOf("://");
  return separator !== -1 && host !== "" && origin.slice(separator + 3).toLowerCase() === host.toLowerCase();
};
