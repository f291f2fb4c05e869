// The reference of the protocol as one page, made from the contract alone: what can be asked, what is answered, what can go wrong.
// Pure: the same contract makes the same page, to the letter.
import { readFileSync } from "node:fs";
import type * as z from "zod";
import { contract } from "#protocol/contract.ts";
import type { Access, CallSpec, DomainSpec, StreamSpec, TopicSpec } from "#protocol/define.ts";
import { closeCodes, shouldReconnect } from "#protocol/wire/close.ts";
import { errorCatalogue, type ErrorCode } from "#protocol/wire/errors.ts";
import { protocolVersions } from "#protocol/wire/frames.ts";
import { defaultLimits } from "#protocol/wire/limits.ts";
import { protocolComments } from "./comments.ts";
import { type Html, html, join, prose, raw } from "./html.ts";
import { describeNamed, describeSchema, fieldLine, namedTypes, typeAnchor } from "./schema.ts";

/** Where the page lies; the server shows it at `/docs`. */
export const referenceFile = new URL("reference.html", import.meta.url);

const asset = (name: string): Html => raw(readFileSync(new URL(name, import.meta.url), "utf8"));

const accessWords: Readonly<Record<Access, string>> = {
  anonymous: "everyone, also without sign-in",
  player: "who came by a link to a story, and everyone who is signed in",
  guest: "guests and above",
  user: "users and admins",
  admin: "admins",
};

/** Codes that any call, stream or topic may answer, beyond those it lists. */
const commonErrors = [
  "bad_frame",
  "unknown_call",
  "invalid_input",
  "unauthenticated",
  "token_expired",
  "session_revoked",
  "forbidden",
  "rate_limited",
  "overloaded",
  "unavailable",
  "deadline_exceeded",
  "cancelled",
  "internal",
] as const satisfies ReadonlyArray<ErrorCode>;

const errorLink = (code: ErrorCode): Html => html`<a href="#error-${code}"><code>${code}</code></a>`;

const example = (title: string, frames: ReadonlyArray<object>): Html =>
  html`<figure>
    <figcaption>${title}</figcaption>
    <pre><code>${join(
      frames.map((frame) => JSON.stringify(frame, null, 2)),
      "\n",
    )}</code></pre>
  </figure>`;

interface Part {
  readonly title: string;
  readonly schema: z.ZodType;
  readonly io: "input" | "output";
  /** Property of the declaration in the contract. */
  readonly property: string;
}

interface Entry {
  readonly kind: "call" | "stream" | "topic";
  readonly name: string;
  readonly place: string;
  readonly spec: { readonly summary: string; readonly access: Access; readonly errors: ReadonlyArray<ErrorCode> };
  readonly mutation: boolean;
  readonly parts: ReadonlyArray<Part>;
  readonly examples: ReadonlyArray<Html>;
}

const entriesOf = (domain: DomainSpec): ReadonlyArray<Entry> => [
  ...Object.entries(domain.calls).map(([key, spec]: [string, CallSpec]): Entry => {
    const name = `${domain.name}.${key}`;
    return {
      kind: "call",
      name,
      place: `${domain.name}.calls.${key}`,
      spec,
      mutation: spec.mutation,
      parts: [
        { title: "Input", schema: spec.input, io: "input", property: "input" },
        { title: "Answer", schema: spec.output, io: "output", property: "output" },
      ],
      examples: [
        example("Client", [{ t: "call", id: 1, call: name, input: spec.example.input, ...(spec.mutation ? { key: "01JD2Y6K3Q" } : {}) }]),
        example("Server", [{ t: "ok", id: 1, r: spec.example.output }]),
      ],
    };
  }),
  ...Object.entries(domain.streams).map(([key, spec]: [string, StreamSpec]): Entry => {
    const name = `${domain.name}.${key}`;
    return {
      kind: "stream",
      name,
      place: `${domain.name}.streams.${key}`,
      spec,
      mutation: false,
      parts: [
        { title: "Input", schema: spec.input, io: "input", property: "input" },
        { title: "Item", schema: spec.item, io: "output", property: "item" },
      ],
      examples: [
        example("Client", [{ t: "open", id: 1, stream: name, input: spec.example.input, credit: 32 }]),
        example("Server", [
          { t: "item", id: 1, d: spec.example.item },
          { t: "end", id: 1 },
        ]),
      ],
    };
  }),
  ...Object.entries(domain.topics).map(([key, spec]: [string, TopicSpec]): Entry => {
    const name = `${domain.name}.${key}`;
    return {
      kind: "topic",
      name,
      place: `${domain.name}.topics.${key}`,
      spec,
      mutation: false,
      parts: [
        { title: "Parameters", schema: spec.params, io: "input", property: "params" },
        { title: "Snapshot", schema: spec.snapshot, io: "output", property: "snapshot" },
        { title: "Change", schema: spec.delta, io: "output", property: "delta" },
      ],
      examples: [
        example("Client", [{ t: "sub", id: 1, topic: name, params: spec.example.params }]),
        example("Server", [
          { t: "snap", id: 1, pos: "k3f9:41", d: spec.example.snapshot },
          { t: "delta", id: 1, pos: "k3f9:42", d: [spec.example.delta] },
        ]),
      ],
    };
  }),
];

const partOf = ({ title, schema, io, property }: Part, place: string, comments: ReadonlyMap<string, string>): Html => {
  const { type, notes, fields } = describeSchema(schema, io, `${place}.${property}`, comments);
  return html`<h4>${title}</h4>
    ${fields ?? (type.text === "object" ? html`<p class="none">No fields.</p>` : html`<p><code class="type">${type}</code> ${notes}</p>`)}`;
};

const entry = ({ kind, name, place, spec, mutation, parts, examples }: Entry, comments: ReadonlyMap<string, string>): Html =>
  html`<article id="${name}" data-search="${`${name} ${spec.summary} ${spec.errors.join(" ")}`.toLowerCase()}">
    <h3>
      <a href="#${name}">${name}</a> <span class="badge ${kind}">${kind}</span>
      ${mutation ? html`<span class="badge mutation" title="Changes something: may carry an idempotency key">mutation</span>` : undefined}
      <span class="badge access">${spec.access}</span>
    </h3>
    <p>${prose(spec.summary)} <span class="notes">For ${accessWords[spec.access]}.</span></p>
    <div class="columns">
      <div>
        ${parts.map((part) => partOf(part, place, comments))}
        <h4>Errors</h4>
        <p>
          ${
            spec.errors.length === 0
              ? html`Only <a href="#common-errors">those of every call</a>.`
              : html`${join(spec.errors.map(errorLink), ", ")}, and <a href="#common-errors">those of every call</a>.`
          }
        </p>
      </div>
      <div class="examples">${examples}</div>
    </div>
  </article>`;

const typeEntry = (name: string, comments: ReadonlyMap<string, string>): Html => {
  const { type, notes, fields } = describeNamed(name, comments);
  const words = comments.get(name);
  return html`<article id="${typeAnchor(name)}" data-search="${`${name} ${words ?? ""}`.toLowerCase()}">
    <h3><a href="#${typeAnchor(name)}">${name}</a></h3>
    ${words === undefined ? undefined : html`<p>${prose(words)}</p>`}
    ${fields ?? html`<p><code class="type">${type}</code> <span class="notes">${notes}</span></p>`}
  </article>`;
};

const row = (id: string, search: string, cells: ReadonlyArray<Html>): Html =>
  html`<tr id="${id}" data-search="${search.toLowerCase()}">
    ${cells.map((cell, index) => (index === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}
  </tr>`;

const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<Html>): Html =>
  html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;

const link = (anchor: string, text: string): Html => html`<li data-search="${text.toLowerCase()}"><a href="#${anchor}">${text}</a></li>`;

export const referencePage = (): string => {
  const comments = protocolComments();
  const domains: ReadonlyArray<DomainSpec> = Object.values(contract);
  const errors = Object.entries(errorCatalogue).map(([code, spec]) =>
    row(`error-${code}`, `${code} ${spec.summary}`, [
      html`<code>${code}</code>`,
      html`${spec.summary}`,
      html`${spec.retryable ? "yes" : "no"}`,
      "details" in spec ? fieldLine(spec.details) : html``,
    ]),
  );
  const closes = Object.entries(closeCodes).map(([name, { code, summary }]) =>
    row(`close-${code}`, `${code} ${name} ${summary}`, [
      html`${code}`,
      html`<code>${name}</code>`,
      html`${summary}`,
      html`${shouldReconnect(code) ? "reconnect" : "stop"}`,
    ]),
  );
  const limits = Object.entries(defaultLimits).map(([name, value]) =>
    row(`limit-${name}`, name, [
      html`<code>${name}</code>`,
      html`${value.toLocaleString("en")}`,
      prose(comments.get(`Limits.${name}`) ?? ""),
    ]),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>PixSim protocol reference</title>
        <style>
          ${asset("reference.css")}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the reference</a>
        <header>
          <h1>PixSim <span>protocol ${join(protocolVersions, ", ")}</span></h1>
          <input type="search" id="search" placeholder="Search" aria-label="Search the reference" autocomplete="off" spellcheck="false" />
          <kbd aria-hidden="true">/</kbd>
          <button type="button" id="theme" aria-label="Light or dark"></button>
        </header>
        <nav aria-label="Contents">
          ${domains.map(
            (domain) =>
              html`<section>
                <h2><a href="#${domain.name}">${domain.name}</a></h2>
                <ul>
                  ${entriesOf(domain).map(({ name }) => link(name, name))}
                </ul>
              </section>`,
          )}
          <section>
            <h2>everywhere</h2>
            <ul>
              ${link("common-errors", "Errors")}${link("close-codes", "Close codes")}${link("limits", "Limits")}
            </ul>
          </section>
          <section>
            <h2><a href="#types">types</a></h2>
            <ul>
              ${[...namedTypes.keys()].map((name) => link(typeAnchor(name), name))}
            </ul>
          </section>
        </nav>
        <main id="main" tabindex="-1">
          <p class="lead">
            All that a client can ask of a PixSim server. It travels over one WebSocket at <code>/ws</code>; how, says
            <code>protocol/WIRE.md</code> in the sources. This page is made from the contract that server and clients are built from.
          </p>
          <p id="nothing" hidden>Nothing here has these words.</p>
          ${domains.map(
            (domain) =>
              html`<section id="${domain.name}" class="domain">
                <h2>${domain.name}</h2>
                <p>${prose(domain.summary)}</p>
                ${entriesOf(domain).map((one) => entry(one, comments))}
              </section>`,
          )}
          <section id="common-errors" class="domain">
            <h2>Errors</h2>
            <p>
              Every call, stream and topic may answer ${join(commonErrors.map(errorLink), ", ")}; the others where they are listed. “Again”:
              the same request may succeed later without being changed.
            </p>
            ${table(["Code", "Meaning", "Again", "Details"], errors)}
          </section>
          <section id="close-codes" class="domain">
            <h2>Close codes</h2>
            ${table(["Code", "Name", "Meaning", "Client"], closes)}
          </section>
          <section id="limits" class="domain">
            <h2>Limits</h2>
            <p>As told in the welcome; these are the defaults.</p>
            ${table(["Limit", "Default", "Meaning"], limits)}
          </section>
          <section id="types" class="domain">
            <h2>Types</h2>
            ${[...namedTypes.keys()].map((name) => typeEntry(name, comments))}
          </section>
        </main>
        <script>
          ${asset("reference.js")};
        </script>
      </body>
    </html> `.text;
};
