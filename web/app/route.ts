// The few addresses there are: all stand after the `#`, since the server knows one page. Pure.

export type Route =
  | { readonly kind: "welcome"; readonly token: string }
  | { readonly kind: "job"; readonly id: string }
  | { readonly kind: "asset"; readonly id: string };

export const parseRoute = (hash: string): Route | null => {
  const url = URL.parse(hash.replace(/^#/, ""), "http://page");
  const [, kind, id = ""] = url?.pathname.split("/") ?? [];
  if (kind === "welcome") {
    const token = url?.searchParams.get("token") ?? "";
    return token === "" ? null : { kind, token };
  }
  return (kind === "job" || kind === "asset") && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? { kind, id } : null;
};

/** An address that opens it, for sharing. */
export const linkTo = (kind: "job" | "asset", id: string): string => `${location.origin}${location.pathname}#/${kind}/${id}`;
