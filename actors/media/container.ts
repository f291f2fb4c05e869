// Opens video files with the codecs registered. Only for media children. Playlists are never opened: they name other
// files and addresses, which an upload could use to read the server's disk or network.
import { registerMediabunnyServer } from "@mediabunny/server";
import { FilePathSource, Input, type InputAudioTrack, type InputVideoTrack, MATROSKA, MP4, QTFF, WEBM } from "mediabunny";
import { unsupported } from "./failure.ts";

// Software codecs only: the same result on each machine, and no probing of graphics drivers.
registerMediabunnyServer({ hardwareContext: null });

export interface OpenVideo {
  readonly input: Input;
  readonly video: InputVideoTrack;
  readonly audio: InputAudioTrack | null;
}

/** The sound, if there is one that can be decoded. */
export const decodable = async (audio: InputAudioTrack | null): Promise<InputAudioTrack | null> =>
  audio !== null && (await audio.canDecode()) ? audio : null;

/** Opens a file, gives its tracks to `use` and closes it. Throws MediaFailure `unsupported` if there is no video track. */
export const withVideo = async <T>(path: string, use: (open: OpenVideo) => Promise<T>): Promise<T> => {
  const input = new Input({ source: new FilePathSource(path), formats: [MP4, QTFF, WEBM, MATROSKA] });
  try {
    const video = await input.getPrimaryVideoTrack();
    if (video === null) throw unsupported("The file has no video track.");
    const audio = await input.getPrimaryAudioTrack();
    return await use({ input, video, audio });
  } finally {
    input.dispose();
  }
};
