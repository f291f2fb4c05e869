// The few addresses there are: all stand after the `#`, since the server knows one page. Pure.

export type Route =
  | { readonly kind: "welcome"; readonly token: string }
  | { readonly kind: "play"; readonly link: string }
  | { readonly kind: "job"; readonly id: string }
  | { readonly kind: "asset"; readonly id: string };

export const parseRoute = (hash: string): Route | null => {
  const url = URL.parse(hash.replace(/^#/, ""), "http://page");
  const [, kind, id = ""] = url?.pathname.split("/") ?? [];
  if (kind === "welcome") {
    const token = url?.searchParams.get("token") ?? "";
    return token === "" ? null : { kind, token };
  }
  if (kind === "play") {
    const link = url?.searchParams.get("link") ?? "";
    return /^[A-Za-z0-9_-]{1,100}$/.test(link) ? { kind, link } : null;
  }
  return (kind === "job" || kind === "asset") && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? { kind, id } : null;
};

/** Where who has come by this link plays, and goes on with what they have played. */
export const playerAt = (link: string): string => `/play/#link=${link}`;

/** An address that opens it, for sharing. */
export const linkTo = (kind: "job" | "asset", id: string): string => `${location.origin}${location.pathname}#/${kind}/${id}`;
