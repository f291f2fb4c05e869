// What the compositor shows, picture by picture, as the browser's own debugger hands it out.
import type { CDPSession, Page } from "playwright-core";
import sharp from "sharp";
import { type Read, readPicture } from "./clips.ts";

/** A picture, since when it is shown. */
export interface Shown {
  /** ms since 1970. */
  readonly at: number;
  readonly read: Read | "black" | null;
}

const width = 160;
const height = 90;

export interface Screencast {
  /** What was shown so far, in order. */
  readonly stop: () => Promise<ReadonlyArray<Shown>>;
}

const decode = async (jpeg: string): Promise<Shown["read"]> => {
  const { data, info } = await sharp(Buffer.from(jpeg, "base64")).greyscale().raw().toBuffer({ resolveWithObject: true });
  return readPicture((x, y) => data[(Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels]!);
};

export const startScreencast = async (page: Page): Promise<Screencast> => {
  const session: CDPSession = await page.context().newCDPSession(page);
  // Decoded afterwards: meanwhile the machine is for the browser.
  const pictures: Array<{ readonly at: number; readonly jpeg: string }> = [];
  session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    pictures.push({ at: (metadata.timestamp ?? 0) * 1000, jpeg: data });
    // It is not waited for.
    void session.send("Page.screencastFrameAck", { sessionId }).catch(() => {});
  });
  await session.send("Page.startScreencast", { format: "jpeg", quality: 60, maxWidth: width, maxHeight: height, everyNthFrame: 1 });
  return {
    stop: async () => {
      await session.send("Page.stopScreencast");
      await session.detach();
      const shown: Array<Shown> = [];
      for (const { at, jpeg } of pictures.toSorted((a, b) => a.at - b.at)) shown.push({ at, read: await decode(jpeg) });
      return shown;
    },
  };
};
