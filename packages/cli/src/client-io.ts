/** What a client command may touch of the world. */
export interface ClientIo {
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  homeFolder: string;
  /** The folder that the command was called in. */
  folder: string;
  /** Whether somebody sits at standard input and can be asked. */
  isInteractive: boolean;
  /** Reads standard input to its end. */
  readInput(): Promise<string>;
  /** Asks for one line; a hidden one is not shown while it is typed. */
  ask(question: string, options: { hidden: boolean }): Promise<string>;
  /** Takes results, line breaks included. */
  out(text: string): void;
  /** Takes complaints and remarks, line breaks included. */
  err(text: string): void;
  fetch: typeof fetch;
}
