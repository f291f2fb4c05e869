// A small collector of traces for tests: takes what a server exports by OTLP over HTTP as JSON.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  /** 1: ok, 2: error */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Which process it comes from. */
  readonly instance: unknown;
}

export interface Collector {
  readonly url: string;
  /** All that has come so far. */
  readonly spans: ReadonlyArray<CollectedSpan>;
  /** Headers of the last request. */
  readonly headers: () => Readonly<Record<string, unknown>>;
  readonly stop: () => Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Exported {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: ReadonlyArray<Attribute> };
    readonly scopeSpans: ReadonlyArray<{
      readonly spans: ReadonlyArray<{
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly kind: number;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status: { readonly code: number };
        readonly attributes: ReadonlyArray<Attribute>;
      }>;
    }>;
  }>;
}

const fieldsOf = (attributes: ReadonlyArray<Attribute>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

const spansOf = ({ resourceSpans }: Exported): ReadonlyArray<CollectedSpan> =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        name: span.name,
        kind: span.kind,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        status: span.status.code,
        attributes: fieldsOf(span.attributes),
        instance: fieldsOf(resource.attributes)["service.instance.id"],
      })),
    ),
  );

export const startCollector = async (): Promise<Collector> => {
  const spans: Array<CollectedSpan> = [];
  let headers: Readonly<Record<string, unknown>> = {};
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (text: string) => (body += text));
    request.on("end", () => {
      headers = request.headers;
      if (request.url === "/v1/traces") spans.push(...spansOf(JSON.parse(body) as Exported));
      response.writeHead(request.url === "/v1/traces" ? 200 : 404, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    headers: () => headers,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The spans that lead from `from` through children of these names, in order; undefined where one is missing. */
export const pathOf = (
  spans: ReadonlyArray<CollectedSpan>,
  from: string,
  names: ReadonlyArray<string>,
): ReadonlyArray<CollectedSpan> | undefined => {
  const [name, ...rest] = names;
  if (name === undefined) return [];
  for (const span of spans) {
    if (span.parentSpanId !== from || span.name !== name) continue;
    const after = pathOf(spans, span.spanId, rest);
    if (after !== undefined) return [span, ...after];
  }
  return undefined;
};
