// Keeps the player's own files in the browser, so that it opens without a network, and a story that lies beside it plays on without one.
// Media of a server are none of its business: their addresses expire.
const name = "pixsim-player";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const stored = async (request, response) => {
  if (response.status === 200) await (await caches.open(name)).put(request, response.clone());
  return response;
};

/** What never changes under its name. */
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
  const { href } = new URL(request.url);
  const { scope } = self.registration;
  if (request.method !== "GET" || !href.startsWith(scope) || request.headers.has("range")) return;
  event.respondWith(href.startsWith(`${scope}assets/`) ? kept(request) : fresh(request));
});
