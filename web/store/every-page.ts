/** All pages of what a call lists, from the first. Rejects as the call does. */
export const everyPage = async <Page extends { readonly next: string | null }>(
  read: (after: { readonly cursor?: string }) => Promise<Page>,
): Promise<ReadonlyArray<Page>> => {
  const pages = [await read({})];
  for (let cursor = pages[0]!.next; cursor !== null; cursor = pages.at(-1)!.next) pages.push(await read({ cursor }));
  return pages;
};
