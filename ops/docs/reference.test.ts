import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { calls, streams, topics } from "#protocol/contract.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { errorCatalogue } from "#protocol/wire/errors.ts";
import { startGateway } from "#runtime/gateway/testing.ts";
import { html, prose } from "./html.ts";
import { referenceFile, referencePage } from "./reference.ts";

const page = referencePage();

test("the reference is up to date: `npm run docs` writes it anew", () => {
  // The pages themselves would drown the message.
  expect(readFileSync(referenceFile, "utf8") === page).toBe(true);
});

test("it has every call, stream, topic, error and close code, once", () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(
    expect.arrayContaining([
      ...calls.keys(),
      ...streams.keys(),
      ...topics.keys(),
      ...Object.keys(errorCatalogue).map((code) => `error-${code}`),
      ...Object.values(closeCodes).map(({ code }) => `close-${code}`),
    ]),
  );
});

test("its links lead somewhere, and it needs nothing from elsewhere", () => {
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const targets = Array.from(page.matchAll(/ href="([^"]*)"/g), ([, target]) => target!);
  expect(targets.filter((target) => !target.startsWith("#") || !ids.has(target.slice(1)))).toEqual([]);
  expect(page).not.toMatch(/ (src|action)=|@import|url\(/);
});

test("the server shows it, and lets it run its own script and nothing else", async () => {
  const gateway = await startGateway({ http: { docs: fileURLToPath(referenceFile) } });
  try {
    const answer = await gateway.fetch("/docs");
    expect(await answer.text()).toBe(readFileSync(referenceFile, "utf8"));
    const policy = answer.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'unsafe-inline';");
  } finally {
    await gateway.close();
  }
});

test("fields carry the words that stand on them in the contract", () => {
  const [job] = page.split('id="type-Job"').slice(1);
  expect(job).toContain("Expected end, or null where nothing is known.");
  const [create] = page.split('<article id="jobs.create"').slice(1);
  expect(create!.slice(0, create!.indexOf("</article>"))).toContain("1 to 100");
});

test("what is put into the page cannot break out of it", () => {
  expect(html`<p title="${'"<b>'}">${"<script>"}${["&", 1]}</p>`.text).toBe('<p title="&quot;&lt;b&gt;">&lt;script&gt;&amp;1</p>');
  expect(prose("a `b<c` d").text).toBe("a <code>b&lt;c</code> d");
});
