// Keeps the player's own files in the browser, so that it opens without a network, and a story that lies beside it plays on without one.
// Media of a server are none of its business: their addresses expire.
const name = "pixsim-player";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const isMine = ({ url, method, headers }) => method === "GET" && url.startsWith(self.registration.scope) && !headers.has("range");
/** What never changes under its name. */
const isForGood = ({ url }) => url.startsWith(`${self.registration.scope}assets/`);

const stored = async (request, response) => {
  if (response.status === 200) await (await caches.open(name)).put(request, response.clone());
  return response;
};

const kept = async (request) => (await caches.match(request)) ?? stored(request, await fetch(request));

/** What may change: only without a network it is as it was. */
const fresh = async (request) => {
  try {
    return await stored(request, await fetch(request));
  } catch (error) {
    const known = await caches.match(request);
    if (known === undefined) throw error;
    return known;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (isMine(request)) event.respondWith(isForGood(request) ? kept(request) : fresh(request));
});

/** What a page has loaded before this worker was there, and what it may still need: one that is not to be had is passed over. */
self.addEventListener("message", (event) => {
  const requests = event.data.keep.map((url) => new Request(url)).filter(isMine);
  event.waitUntil(Promise.allSettled(requests.map(kept)));
});
