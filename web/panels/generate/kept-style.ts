// A style of which an earlier release kept no texts: they are read once, so that its variables are asked for.
import { createEffect, on } from "solid-js";
import type { Client } from "#web/store/client.ts";
import type { Form } from "./form.ts";

export const readKeptStyle = (client: Client, form: Pick<Form, "style" | "setStyle">): void => {
  /** By their versions; some have only a negative prompt. */
  const read = new Set<string>();
  createEffect(
    on(form.style, (style) => {
      if (style === null || style.text !== "" || read.has(style.versionId)) {
        return;
      }
      const { versionId } = style;
      read.add(versionId);
      client.call("prompts.version", { id: versionId }).then(
        ({ version: { text, negative } }) => {
          const now = form.style();
          if (now?.versionId === versionId) {
            form.setStyle({ ...now, text, negative });
          }
        },
        // What is missing is then said by the server; chosen once more, it is read once more.
        () => read.delete(versionId),
      );
    }),
  );
};
