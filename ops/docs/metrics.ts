// The table of metrics as a page of Markdown, made from the catalogue alone. Pure: the same catalogue makes the same page.
import { catalogue, type MetricSpec } from "#runtime/observe/catalogue.ts";

export const metricsFile = new URL("metrics.md", import.meta.url);

/** A table as the formatter of this project writes it: columns as wide as their widest cell. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
};

export const metricsPage = (): string => {
  const rows = Object.entries<MetricSpec>(catalogue).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    (labels ?? []).map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  return `# Metrics

\`GET /metrics\` answers the figures of one process in the text format of Prometheus. This page is made by \`npm run docs\` from
\`runtime/observe/catalogue.ts\`.

${table([["metric", "type", "labels", "meaning"], ...rows])}
`;
};
