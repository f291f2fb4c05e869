// What a person at the terminal is told; the log has the rest. On stderr, so that stdout holds log lines only.

let spoken = false;

export const say = (line: string): void => {
  spoken = true;
  process.stderr.write(`${line}\n`);
};

/** Said by who sees to it that the process does not end without a word where one is due. */
export const willSpeak = (): void => {
  spoken = true;
};

export const hasSpoken = (): boolean => spoken;
