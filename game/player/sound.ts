// Sound of the pieces, through one audio graph: what goes and what comes are faded into one another at the very moment of the cut.

/** Of a crossfade, s: shorter ones click. */
const fade = 0.015;
/** Sound that runs this far from the picture is brought back to it, s. */
const drift = 0.09;

interface Voice {
  readonly source: AudioBufferSourceNode;
  readonly gain: GainNode;
  /** Of the audio clock, when it begins. */
  readonly begins: number;
  /** Of the audio clock, when the buffer's beginning would have been heard. */
  readonly origin: number;
  readonly buffer: AudioBuffer;
}

export class Sound {
  readonly context: AudioContext;
  readonly #master: GainNode;
  #voice: Voice | null = null;
  #rate = 1;

  constructor(context: AudioContext) {
    this.context = context;
    this.#master = context.createGain();
    this.#master.connect(context.destination);
  }

  /** What is heard of everything. */
  get output(): AudioNode {
    return this.#master;
  }

  /** 0 to 1. */
  set volume(volume: number) {
    this.#master.gain.setTargetAtTime(volume, this.context.currentTime, fade);
  }

  set rate(rate: number) {
    this.#rate = rate;
  }

  /** Crosses over to this sound. `from`: where in it, s. `inSeconds`: from now. Null: to silence. */
  cross(buffer: AudioBuffer | null, from: number, inSeconds = 0): void {
    const at = this.context.currentTime + Math.max(0, inSeconds);
    this.#fadeOut(at);
    if (buffer === null || from >= buffer.duration) return;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.playbackRate.value = this.#rate;
    const gain = this.context.createGain();
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(1, at + fade);
    source.connect(gain).connect(this.#master);
    source.start(at, Math.max(0, from));
    this.#voice = { source, gain, begins: at, origin: at - from / this.#rate, buffer };
    source.onended = () => gain.disconnect();
  }

  /** Where the picture is, s: brings the sound there if it is somewhere else. */
  follow(position: number): void {
    const voice = this.#voice;
    // While the clock stands, nothing is heard anywhere.
    if (voice === null || this.context.state !== "running") return;
    const heard = (this.context.currentTime - voice.origin) * this.#rate;
    if (heard < 0 || heard > voice.buffer.duration || Math.abs(heard - position) < drift * this.#rate) return;
    this.cross(voice.buffer, position);
  }

  #fadeOut(at: number): void {
    const voice = this.#voice;
    this.#voice = null;
    if (voice === null) return;
    // Of one that has not begun nothing is to be heard: until the browser has a device, or lets itself be heard, all begin at one moment.
    const level = Math.min(1, (at - voice.begins) / fade);
    if (level <= 0) {
      voice.source.stop();
      voice.source.disconnect();
      voice.gain.disconnect();
      return;
    }
    voice.gain.gain.cancelScheduledValues(at);
    voice.gain.gain.setValueAtTime(level, at);
    voice.gain.gain.linearRampToValueAtTime(0, at + fade);
    voice.source.stop(at + fade);
  }
}
