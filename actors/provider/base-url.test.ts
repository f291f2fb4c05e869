import { expect, test } from "vitest";
import { comfyui } from "./comfyui.ts";
import { fal } from "./fal.ts";
import { openaiVideos } from "./openai-videos.ts";
import { pixverse } from "./pixverse.ts";
import { replicate } from "./replicate.ts";

test.each([comfyui, fal, openaiVideos, pixverse, replicate].map(({ id, account }) => [id, account!.settings] as const))(
  "%s: an address may be pasted with blanks around it, and one that is none is refused in a sentence",
  (_, settings) => {
    expect(settings.parse({ baseUrl: " https://gateway.example/v1 \n" })).toMatchObject({ baseUrl: "https://gateway.example/v1" });
    for (const wrong of ["", "gateway.example", "ftp://gateway.example", "https://"]) {
      expect(settings.safeParse({ baseUrl: wrong }).error?.issues).toMatchObject([
        { path: ["baseUrl"], message: expect.stringMatching(/^Enter the whole address/) },
      ]);
    }
    for (const more of [
      "https://me:secret@gateway.example/v1",
      "https://me@gateway.example",
      "https://gateway.example/?key=1",
      "https://gateway.example/v1#a",
    ]) {
      const { issues } = settings.safeParse({ baseUrl: more }).error ?? {};
      expect(issues).toMatchObject([{ path: ["baseUrl"], message: expect.stringMatching(/^Enter the address alone/) }]);
      expect(JSON.stringify(issues)).not.toContain("secret");
    }
  },
);
