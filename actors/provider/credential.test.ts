import * as fc from "fast-check";
import { expect, test } from "vitest";
import { comfyui } from "./comfyui.ts";
import { fal } from "./fal.ts";
import { openaiVideos } from "./openai-videos.ts";
import { pixverse } from "./pixverse.ts";
import { replicate } from "./replicate.ts";

const filled = [comfyui, fal, openaiVideos, pixverse, replicate].flatMap(({ id, account }) =>
  account === null ? [] : Object.keys(account.secrets.shape).map((field) => [id, field, account.secrets] as const),
);

test.each(filled)(
  "%s: its %s may be pasted with what cannot be seen around it and inside, and is a value that a header holds",
  (_, field, secrets) => {
    for (const pasted of [" sk-1\n", "\ufeffsk-1", "sk\u200b-1\u00a0", "\u202ask-1\u202c\t"]) {
      expect(secrets.parse({ [field]: pasted })).toEqual({ [field]: "sk-1" });
    }
    for (const copied of [
      '"sk-1"',
      "Bearer sk-1",
      "Authorization: Key sk-1",
      "export SOME_API_KEY='sk-1'",
      "SOME_TOKEN=sk-1",
      "x-api-key: sk-1",
    ]) {
      expect(secrets.parse({ [field]: copied })).toEqual({ [field]: "sk-1" });
    }
    for (const whole of ["sk_key=1", 'sk"1"', "key:secret=="]) expect(secrets.parse({ [field]: whole })).toEqual({ [field]: whole });
    for (const wrong of ["sk -1", "sk\n-1", "sk-\u00e41", "sk-\u20131", "sk-\u0000", "„sk-1“"]) {
      expect(secrets.safeParse({ [field]: wrong }).error?.issues).toMatchObject([
        { path: [field], message: expect.stringMatching(/copy it again/) },
      ]);
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (entered) => {
        const read = secrets.safeParse({ [field]: entered });
        if (!read.success) return;
        const headers = new Headers({ authorization: `Bearer ${String(read.data[field])}` });
        expect(headers.get("authorization")).toBe(`Bearer ${String(read.data[field])}`.trim());
      }),
    );
  },
);
