/** A value that is read at most once in a while, however many ask for it; they share one reading. */
export type Cached<T> = {
  (): Promise<T>;
  /** The next one who asks has it read anew. */
  forget(): void;
  /** It was read by somebody else just now. */
  put(value: T): void;
};

export function cached<T>(forMs: number, read: () => Promise<T>): Cached<T> {
  let atMs = Number.NEGATIVE_INFINITY;
  let value: Promise<T> | null = null;
  const get = () => {
    if (value !== null && performance.now() - atMs < forMs) return value;
    atMs = performance.now();
    const reading = read();
    value = reading;
    // A failure is not kept.
    reading.catch(() => {
      if (value === reading) value = null;
    });
    return reading;
  };
  const forget = () => {
    value = null;
  };
  const put = (seen: T) => {
    atMs = performance.now();
    value = Promise.resolve(seen);
  };
  return Object.assign(get, { forget, put });
}
