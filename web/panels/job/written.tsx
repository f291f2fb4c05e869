// What the words of a job were made from: as they were written, and which versions of the library they, their style and their lists are.
import { createMemo, createResource, For, type Component } from "solid-js";
import type { JobTemplate } from "#protocol/job.ts";
import { isPlain } from "#protocol/template/parse.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { openPanel } from "#web/dock/panel.ts";
import { brought } from "#web/store/brought.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Facts } from "#web/ui/facts.tsx";

interface Source {
  /** What it is to the words. */
  readonly part: string;
  readonly versionId: string;
}

const sourcesOf = ({ versionId, styleVersionId, lists }: JobTemplate): ReadonlyArray<Source> => [
  ...(versionId === null ? [] : [{ part: "Prompt", versionId }]),
  ...(styleVersionId === null ? [] : [{ part: "Style", versionId: styleVersionId }]),
  ...Object.entries(lists).map(([name, id]) => ({ part: `List ${name}`, versionId: id })),
];

export const Written: Component<{ readonly template: JobTemplate }> = (props) => {
  // Compared by content: with each step of the job its template comes anew.
  const sources = createMemo(() => sourcesOf(props.template), undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const isDrawn = () => props.template.styleVersionId !== null || !isPlain(props.template.text) || !isPlain(props.template.negative);
  return (
    <>
      <h3>Written</h3>
      <Facts
        facts={[
          { name: "Text", value: props.template.text },
          { name: "Negative prompt", value: props.template.negative === "" ? null : props.template.negative },
          ...Object.entries(props.template.variables).map(([name, value]) => ({ name: `\${${name}}`, value })),
          { name: "Choices drawn by", value: isDrawn() ? String(props.template.seed) : null },
        ]}
      />
      <For each={sources()}>{(source) => <FromLibrary source={source} />}</For>
    </>
  );
};

/** Leads to the version, unless it is no longer kept. */
const FromLibrary: Component<{ readonly source: Source }> = (props) => {
  const { client } = useWorkspace();
  const [read] = createResource(
    () => props.source.versionId,
    (id) =>
      client.call("prompts.version", { id }).then(
        (found) => found,
        (error: unknown) => (error instanceof CallError && error.code === "not_found" ? "gone" : "unread"),
      ),
  );
  const version = () => {
    const found = brought(read);
    return typeof found === "object" ? found : undefined;
  };
  const words = () => {
    const found = brought(read);
    switch (found) {
      case undefined:
        return "…";
      case "gone":
        return "no longer in the library";
      case "unread":
        return "could not be read";
      default:
        return `“${found.prompt.title}”, version ${found.version.number}`;
    }
  };
  const open = () => {
    const found = version();
    if (found !== undefined) {
      openPanel("prompts", { promptId: found.prompt.id, versionId: found.version.id });
    }
  };
  return (
    <p class="job-source">
      {props.source.part}:{" "}
      <button type="button" class="ui-link" disabled={version() === undefined} onClick={open}>
        {words()}
      </button>
    </p>
  );
};
