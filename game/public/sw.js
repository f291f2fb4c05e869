// Keeps the player's own files in the browser, so that it opens without a network, and a story that lies beside it plays on without one.
// Media of a server are none of its business: their addresses expire.
const name = "pixsim-player";
/** The player plays larger files from their address, in pieces, which are never answered from here; bytes. */
const largestKept = 24 * 2 ** 20;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const assets = `${self.registration.scope}assets/`;
const isMine = ({ url, method, headers }) => method === "GET" && url.startsWith(self.registration.scope) && !headers.has("range");
/** What never changes under its name. */
const isForGood = ({ url }) => url.startsWith(assets);

/** The answer is given on as it comes, and kept beside that. Where it was given up, or there is no room, it is only not there without a network. */
const stored = (event, request, response) => {
  if (response.status === 200 && Number(response.headers.get("content-length") ?? 0) <= largestKept) {
    const copy = response.clone();
    const keeping = caches.open(name).then((cache) => cache.put(request, copy));
    event.waitUntil(keeping.catch(() => {}));
  }
  return response;
};

/** By then a page has heard of an answer, and given up what it asked for besides, ms: before, it would be told that this failed. */
const heardMs = 1000;

/** Requests that are not answered yet, by their address, oldest first. */
const open = new Map();

/**
 * A page asks once more, past the browser's cache, for what stalls. That it then gives the first request up is told to no worker: it would hold
 * one of the few connections to the host for as long as it stalls.
 */
const fetched = async (request) => {
  const { url, cache, mode } = request;
  // Of the request for a page itself browsers make no other.
  if (mode === "navigate") return fetch(request);
  const before = open.get(url) ?? [];
  const abort = new AbortController();
  open.set(url, [...before, abort]);
  try {
    const response = await fetch(request, { signal: abort.signal });
    if (cache === "reload") setTimeout(() => before.forEach((one) => one.abort()), heardMs);
    return response;
  } finally {
    const left = open.get(url).filter((one) => one !== abort);
    if (left.length > 0) open.set(url, left);
    else open.delete(url);
  }
};

const kept = async (event, request) => (await caches.match(request)) ?? stored(event, request, await fetched(request));

/** What may change: only without a network it is as it was. */
const fresh = async (event, request) => {
  try {
    return stored(event, request, await fetched(request));
  } catch (error) {
    const known = await caches.match(request);
    if (known === undefined) throw error;
    return known;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (isMine(request)) event.respondWith(isForGood(request) ? kept(event, request) : fresh(event, request));
});

/** Files of earlier builds, which no page asks for any more. */
const dropOld = async (needed) => {
  const cache = await caches.open(name);
  const old = (await cache.keys()).filter((request) => isForGood(request) && !needed.has(request.url));
  await Promise.all(old.map((request) => cache.delete(request)));
};

/** What a page has loaded before this worker was there, and what it may still need: one that is not to be had is passed over. */
self.addEventListener("message", (event) => {
  const requests = event.data.keep.map((url) => new Request(url)).filter(isMine);
  // Nobody reads these. That this is said is not waited for: it is answered once the copy has been read.
  const had = requests.map(async (request) => void (await kept(event, request)).body?.cancel().catch(() => {}));
  event.waitUntil(Promise.allSettled([dropOld(new Set(requests.map(({ url }) => url))), ...had]));
});
