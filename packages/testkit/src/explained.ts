const HELP = / \(help: https?:\/\/[^ )]+\/-\/help\/errors#[a-z-]+\)$/;

/** Matches a refusal's text when it is followed by the address of the page that explains it; for `toEqual`. */
export function explained(text: string): unknown {
  return {
    asymmetricMatch: (actual: unknown) =>
      typeof actual === "string" && HELP.test(actual) && actual.replace(HELP, "") === text,
    toString: () => `explained(${text})`,
    // How the test runner knows one of these.
    $$typeof: Symbol.for("jest.asymmetricMatcher"),
    toAsymmetricMatcher: () => `explained(${JSON.stringify(text)})`,
  };
}
