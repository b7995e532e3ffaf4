const BASE = 36;

/** Makes ids that are unique in this process and, by the text that starts them, among processes. Not a secret. */
export function createRequestIds(processName: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${processName}-${count.toString(BASE)}`;
  };
}
