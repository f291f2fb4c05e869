// postgres.js 3.4.9 with faults mended that lose a process, a transaction or an answer when a connection breaks. Its source is corrected as
// it is loaded, so this must be the only place that imports it. Where a correction does not fit, the program does not start: look
// at what a new version has mended itself (github.com/porsager/postgres: #1133, #1154, #1189, #1208, #1216 and their requests).
import { registerHooks } from "node:module";
import type postgresJs from "postgres";

interface Correction {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const corrections: ReadonlyArray<Correction> = [
  // A write after the close throws where nobody can catch it: the process ends.
  {
    file: "connection.js",
    from: "const x = socket.write(chunk, fn)",
    to: "if (socket === null) { chunk = nextWriteTimer = null; return false }\n    const x = socket.write(chunk, fn)",
  },
  // What was about to be written is kept, goes before the start-up message of the next connection, and that waits for ever.
  {
    file: "connection.js",
    from: "clearImmediate(nextWriteTimer)\n    socket.removeListener('data', data)",
    to: "clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener('data', data)",
  },
  // Statements sent between an error of the socket and its close never end, the next connection meets the last one's error, and
  // statements are taken while there is no socket.
  {
    file: "connection.js",
    from: "!hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))",
    to: [
      ";(query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))",
      "query = results = errorResponse = null",
      "result = new Result()",
      "terminated = true",
    ].join("\n    "),
  },
  // A connection that breaks while it asks for the types rejects a promise that nobody has: the process ends.
  { file: "connection.js", from: "return fetchArrayTypes()", to: "return fetchArrayTypes().catch(noop)" },
  // A BEGIN that fills the pipeline or the socket's buffer is sent without its connection being reserved: what others send there
  // falls into a transaction that nobody commits.
  {
    file: "connection.js",
    from: `return write(toBuffer(q))
        && !q.describeFirst
        && !q.cursorFn
        && sent.length < max_pipeline
        && (!q.options.onexecute || q.options.onexecute(connection))`,
    to: `const room = write(toBuffer(q)) && !q.describeFirst && !q.cursorFn && sent.length < max_pipeline
      return q.options.onexecute ? q.options.onexecute(connection) : room`,
  },
  // The rest of a transaction whose connection was lost is run on the next one: outside of it, or inside of somebody else's.
  { file: "index.js", from: ", prepare = null\n\n    try {", to: ", prepare = null\n      , lost = null\n\n    try {" },
  {
    file: "index.js",
    from: "new Promise((_, reject) => connection.onclose = reject)",
    to: "new Promise((_, reject) => connection.onclose = e => { lost = e; while (queries.length) queries.shift().reject(e); reject(e) })",
  },
  {
    file: "index.js",
    from: "q.catch(e => uncaughtError || (uncaughtError = e))\n",
    to: "q.catch(e => uncaughtError || (uncaughtError = e))\n        if (lost) return q.reject(lost)\n",
  },
  // Who takes connections and closes them, as what stands before a server that is away, is dialled again at once for ever, and the
  // statement that waits for it never ends.
  {
    file: "connection.js",
    from: "if (initial)\n      return reconnect()",
    to: "if (initial && (terminated || options.host[1]))\n      return reconnect()\n    initial && error(Errors.connection('CONNECTION_CLOSED', options, socket))",
  },
  // A connection that is cut off without a word takes statements, and leaves them unanswered, until the system gives it up: after a
  // quarter of an hour. An option more, `silence`: s without a byte while an answer is owed, after which it is closed. (What came
  // while the process stood still is read first.)
  { file: "index.js", from: "keep_alive      : 60,\n", to: "keep_alive      : 60,\n    silence         : null,\n" },
  {
    file: "connection.js",
    from: ", connectTimer = timer(connectTimedOut, options.connect_timeout)",
    to: `, connectTimer = timer(connectTimedOut, options.connect_timeout)
      , silence = timer(() => {
          const cut = socket, heard = cut && cut.bytesRead
          cut && setImmediate(() => cut === socket && cut.bytesRead === heard && cut.destroy(Errors.connection('ETIMEDOUT', options, cut)))
        }, options.silence)`,
  },
  { file: "connection.js", from: ": (query = q, query.active = true)", to: ": (query = q, query.active = true, silence.start())" },
  { file: "connection.js", from: "function data(x) {\n", to: "function data(x) {\n    silence.start()\n" },
  {
    file: "connection.js",
    from: "remaining = 0\n      incomings = null\n    }\n  }",
    to: "remaining = 0\n      incomings = null\n    }\n    query || sent.length || silence.cancel()\n  }",
  },
  {
    file: "connection.js",
    from: "connectTimer.cancel()\n\n    socket.remove",
    to: "connectTimer.cancel()\n    silence.cancel()\n\n    socket.remove",
  },
];

const mend = (file: string, source: string): string =>
  corrections
    .filter((correction) => correction.file === file)
    .reduce((text, { from, to }) => {
      if (text.split(from).length !== 2)
        throw new Error(`postgres.js is not the version that db/client/postgres-mended.ts corrects: ${file} has no single "${from}".`);
      return text.replace(from, () => to);
    }, source);

const hooks = registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const file = /\/node_modules\/postgres\/src\/(\w+\.js)$/.exec(url)?.[1];
    if (file === undefined || loaded.source === undefined || loaded.source === null) return loaded;
    const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: mend(file, source.replaceAll("\r\n", "\n")) };
  },
});

const { default: mended } = (await import("postgres")) as { readonly default: typeof postgresJs };
hooks.deregister();

export const postgres = mended;
