// Subtitles of a clip in the language that is shown: a WebVTT file that is taken from the disk, or written here.
import { createSignal, Show, type Component } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import { Subtitles } from "#protocol/scene/subtitles.ts";
import { Button } from "#web/ui/button.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { languageTitle } from "./languages.ts";

/** Of one video: they are sent in one call, which leaves room in a frame. Bytes as JSON. */
const mostTogether = 150_000;
const utf8 = new TextEncoder();
const bytesOf = (all: ReadonlyArray<Subtitles>): number => utf8.encode(JSON.stringify(all)).length;

export const SubtitlesField: Component<{
  readonly subtitles: Subtitles;
  /** Of the other pieces of the video. */
  readonly beside: ReadonlyArray<Subtitles>;
  readonly language: string;
  readonly onChange: (subtitles: Subtitles) => void;
}> = (props) => {
  let picker: HTMLInputElement | undefined;
  const [refusal, setRefusal] = createSignal<string>();
  const put = (file: string): void => {
    const { [props.language]: _, ...others } = props.subtitles;
    const next = Subtitles.safeParse(file.trim() === "" ? others : { ...others, [props.language]: file });
    if (!next.success) {
      setRefusal(next.error.issues[0]?.message ?? "These are no subtitles.");
      return;
    }
    const bytes = bytesOf([...props.beside, next.data]);
    // What makes them shorter is taken, however long they are still.
    const isTooLong = bytes > mostTogether && bytes > bytesOf([...props.beside, props.subtitles]);
    setRefusal(
      isTooLong ? `The subtitles of one video have room for ${mostTogether / 1000} kB in all its pieces and languages.` : undefined,
    );
    if (!isTooLong) props.onChange(next.data);
  };
  return (
    <div class="scene-subtitles">
      <TextField
        label={`Subtitles, ${languageTitle(props.language)}`}
        multiline
        value={props.subtitles[props.language] ?? ""}
        maxLength={sceneLimits.subtitles}
        placeholder={"WEBVTT\n\n00:00.000 --> 00:02.000\nHello."}
        error={refusal()}
        onInput={put}
      />
      <Button size="s" onClick={() => picker?.click()}>
        From a WebVTT file
      </Button>
      <Show when={props.subtitles[props.language] !== undefined}>
        <Button size="s" onClick={() => put("")}>
          Take them out
        </Button>
      </Show>
      <input
        ref={(element) => (picker = element)}
        type="file"
        hidden
        accept=".vtt,text/vtt"
        aria-label="Subtitles file"
        onChange={(event) => {
          void event.currentTarget.files?.[0]?.text().then(put);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
};
