// The comments that stand on schemas and their fields in protocol/, by place: `Job.rev`, `jobs.calls.create.input.count`. Schemas do
// not carry them at run time, and writing each twice would let them drift.
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";

const protocol = new URL("../../protocol/", import.meta.url);
const files = [
  ...readdirSync(protocol)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort(),
  "wire/limits.ts",
  ...["check/problem.ts", "edit.ts", "file.ts", "rule.ts", "scene.ts", "value.ts"].map((name) => `scene/${name}`),
];

/** The text of the comment directly before a node, or undefined. */
const commentOf = (source: ts.SourceFile, node: ts.Node): string | undefined => {
  const last = ts.getLeadingCommentRanges(source.text, node.getFullStart())?.at(-1);
  if (last === undefined) return undefined;
  const text = source.text.slice(last.pos, last.end);
  if (!text.startsWith("/**")) return undefined;
  return text
    .slice(3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trim())
    .join(" ")
    .trim();
};

export const protocolComments = (): ReadonlyMap<string, string> => {
  const comments = new Map<string, string>();
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(new URL(file, protocol), "utf8"), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node, place: string): void => {
      let inner = place;
      if (ts.isPropertyAssignment(node) && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))) {
        inner = `${place}.${node.name.text}`;
        const comment = commentOf(source, node);
        if (comment !== undefined) comments.set(inner, comment);
      }
      ts.forEachChild(node, (child) => visit(child, inner));
    };
    for (const statement of source.statements) {
      const declaration = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : undefined;
      if (declaration === undefined || !ts.isIdentifier(declaration.name)) continue;
      const comment = commentOf(source, statement);
      if (comment !== undefined) comments.set(declaration.name.text, comment);
      visit(declaration, declaration.name.text);
    }
  }
  return comments;
};
