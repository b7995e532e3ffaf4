/** How a command ends. These numbers do not change. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a text for a person and an exit code. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** The server's error code, or one of ours: `usage`, `unreachable`, `refused`. */
  readonly code: string;

  constructor(exitCode: ExitCode, message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "CommandFailure";
    this.exitCode = exitCode;
    this.code = options.code ?? DEFAULT_CODES[exitCode];
  }
}

const DEFAULT_CODES: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: "done",
  [EXIT.refused]: "refused",
  [EXIT.usage]: "usage",
  [EXIT.unreachable]: "unreachable",
};

/** Makes the failure of a command that was written wrongly. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
