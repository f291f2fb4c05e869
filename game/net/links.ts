// What is gone on with by each link, as the browser keeps it.
const prefix = "pixsim.link.";

/** Where the playthrough is kept that a link goes on with. */
export const linkKey = (link: string): string => `${prefix}${link}`;

export interface KeptLink {
  readonly link: string;
  /** The playthrough that it goes on with. */
  readonly begun: string;
}

export const linksKept = (): ReadonlyArray<KeptLink> =>
  Object.entries(localStorage).flatMap(([key, begun]) =>
    key.startsWith(prefix) ? [{ link: key.slice(prefix.length), begun: String(begun) }] : [],
  );
