// What a person at the terminal is told; the log has the rest. On stderr, so that stdout holds log lines only.

export const say = (line: string): void => void process.stderr.write(`${line}\n`);
