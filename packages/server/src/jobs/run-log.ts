/** Lines kept of one attempt, characters of one line, and names that may be counted. */
const LINES_MAX = 10_000;
const LINE_CHARACTERS_MAX = 2_000;
const COUNTS_MAX = 50;

/** What is to be written of a run. */
export interface RunRecord {
  lines: ReadonlyArray<{ line: number; at: number; text: string }>;
  /** JSON of all counts. */
  counts: string;
}

/** Collects what a run says until it is saved. */
export class RunLog {
  readonly #now: () => number;
  readonly #counts: Map<string, number>;
  #unsaved: Array<{ line: number; at: number; text: string }> = [];
  #lastLine: number;
  #savedCounts: string;

  constructor(now: () => number, start: { line: number; counts: Readonly<Record<string, number>> }) {
    this.#now = now;
    this.#lastLine = start.line;
    this.#counts = new Map(Object.entries(start.counts));
    this.#savedCounts = this.#countsJson();
  }

  get isDirty(): boolean {
    return this.#unsaved.length > 0 || this.#countsJson() !== this.#savedCounts;
  }

  log(text: string): void {
    if (this.#lastLine > LINES_MAX) return;
    const line = ++this.#lastLine;
    const isLast = line > LINES_MAX;
    // PostgreSQL takes no NUL in text.
    const shown = isLast
      ? `Only ${LINES_MAX} lines are kept.`
      : text.replaceAll("\0", "").slice(0, LINE_CHARACTERS_MAX);
    this.#unsaved.push({ line, at: this.#now(), text: shown });
  }

  count(name: string, by: number): void {
    if (!this.#counts.has(name) && this.#counts.size >= COUNTS_MAX) return;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** What is to be saved now; stays unsaved until {@link markSaved} is called with it. */
  record(): RunRecord {
    return { lines: [...this.#unsaved], counts: this.#countsJson() };
  }

  markSaved(record: RunRecord): void {
    this.#unsaved = this.#unsaved.slice(record.lines.length);
    this.#savedCounts = record.counts;
  }

  #countsJson(): string {
    return JSON.stringify(Object.fromEntries(this.#counts));
  }
}
